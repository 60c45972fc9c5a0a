create or replace function almanac_private.course_between(
  was almanac.schedules, resolved almanac.schedules
) returns almanac_private.course
language sql immutable parallel safe
return row((resolved).id, (resolved).cursor_at, (resolved).next_scheduled_for, (resolved).next_run_at,
  (resolved).has_overrides, (resolved).last_run_at,
  ((resolved).fired_runs - (was).fired_runs)::integer)::almanac_private.course;
comment on function almanac_private.course_between(almanac.schedules, almanac.schedules) is
  'What has to be written for a schedule to be as it was resolved to.';
