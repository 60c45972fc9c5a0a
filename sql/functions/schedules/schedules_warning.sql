create or replace function almanac.schedules_warning(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lacks text := almanac_private.lacks_tasks(schedule);
begin
  return case
    when schedule.deleted_at is not null or schedule.archived_at is not null or schedule.status = 'disabled' then null
    when schedule.status <> 'completed' and v_lacks is not null then v_lacks
    -- One that is done is so rightly, unless it never had a time.
    when schedule.status = 'completed' and schedule.fired_runs > 0 then null
    when schedule.status = 'completed' then almanac_private.never_runs(schedule, schedule.created_at)
    else almanac_private.never_runs(schedule, schedule.cursor_at)
  end;
exception when invalid_parameter_value then
  return almanac_private.lost_timezone_note(schedule);
end
$$;
comment on function almanac.schedules_warning(almanac.schedules) is
  'Why the schedule will never run as it is: no date matches its rule, or its bounds, max_runs or calendars leave '
  'nothing, or the server does not know its time zone, or its group has no task, or there is none at all. Null: '
  'it will run, or has run and is done, or is not meant to run by itself.';
grant execute on function almanac.schedules_warning(almanac.schedules) to almanac_viewer;
