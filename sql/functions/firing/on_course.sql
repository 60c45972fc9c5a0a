create or replace function almanac_private.on_course(
  schedule almanac.schedules, course almanac_private.course
) returns almanac.schedules
language plpgsql immutable set search_path to pg_catalog, pg_temp
as $$
begin
  schedule.cursor_at := course.cursor_at;
  schedule.next_scheduled_for := course.next_scheduled_for;
  schedule.next_run_at := course.next_run_at;
  schedule.has_overrides := course.has_overrides;
  schedule.last_run_at := course.last_run_at;
  schedule.fired_runs := schedule.fired_runs + course.fired;
  schedule.total_runs := schedule.total_runs + course.fired;
  return schedule;
end
$$;
comment on function almanac_private.on_course(almanac.schedules, almanac_private.course) is
  'A schedule as write_courses would have it, for anyone who writes the row itself.';
