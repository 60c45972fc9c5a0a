create or replace function almanac_private.unsaved_schedule(as_of timestamptz) returns almanac.schedules
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  v_schedule.timezone := 'UTC';
  v_schedule.target := 'task';
  v_schedule.payload := '{}';
  v_schedule.overlap_policy := 'skip';
  v_schedule.calendars := '{}';
  v_schedule.exclusion_policy := 'skip';
  v_schedule.fired_runs := 0;
  v_schedule.has_overrides := false;
  v_schedule.created_at := unsaved_schedule.as_of;
  return v_schedule;
end
$$;
comment on function almanac_private.unsaved_schedule(timestamptz) is
  'A schedule before anything of it is said: the defaults of the columns that decide when it would run.';
grant execute on function almanac_private.unsaved_schedule(timestamptz) to almanac_viewer;
