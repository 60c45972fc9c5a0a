create or replace function almanac_private.course_between(
  was almanac.schedules, settled almanac.schedules
) returns almanac_private.course
language sql immutable parallel safe
return row((settled).id, (settled).cursor_at, (settled).next_scheduled_for, (settled).next_run_at,
  (settled).has_overrides, (settled).last_run_at,
  ((settled).fired_runs - (was).fired_runs)::integer)::almanac_private.course;
comment on function almanac_private.course_between(almanac.schedules, almanac.schedules) is
  'What has to be written for a schedule to be as it was settled.';
