-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones() returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_added integer;
begin
  insert into almanac_private.timezones (name)
  select z.name from pg_timezone_names z
  where z.name not like 'posix/%' and z.name not like 'right/%' and z.name not in ('posixrules', 'localtime', 'Factory')
    -- `at time zone` takes these for abbreviations, without the summer time that the zones of these names have.
    and z.name not in ('CET', 'EET', 'MET', 'WET')
  on conflict do nothing;
  get diagnostics v_added = row_count;
  return v_added;
end
$$;
comment on function almanac_private.refresh_timezones() is
  'Adds zones that the server has learnt; returns how many. None is taken away: schedules may use it.';
grant execute on function almanac_private.refresh_timezones() to almanac_worker;
