create or replace function almanac.create_calendar(
  name text, timezone text default null, description text default null
) returns almanac.exclusion_calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars;
begin
  perform almanac_private.check_calendar_name_is_free(create_calendar.name);
  insert into almanac.exclusion_calendars as c (name, timezone, description)
  values (create_calendar.name, create_calendar.timezone, create_calendar.description)
  returning c.* into v_calendar;
  return v_calendar;
end
$$;
comment on function almanac.create_calendar(text, text, text) is
  'Creates an empty exclusion calendar. Without a time zone, its dates are read in the zone of each schedule that '
  'uses it.';
grant execute on function almanac.create_calendar(text, text, text) to almanac_operator;
