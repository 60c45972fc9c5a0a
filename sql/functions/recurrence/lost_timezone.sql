create or replace function almanac_private.lost_timezone(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.knows_timezone(schedule.timezone) then
    return schedule.timezone;
  elsif schedule.calendars = '{}' then
    return null;
  end if;
  return (
    select min(z.timezone)
    from (
      select c.timezone from almanac.exclusion_calendars c where c.name = any (schedule.calendars)
      union
      select e.timezone from almanac.exclusion_calendars c join almanac.calendar_entries e on e.calendar_id = c.id
      where c.name = any (schedule.calendars)
    ) z
    where not almanac_private.knows_timezone(z.timezone));
end
$$;
comment on function almanac_private.lost_timezone(almanac.schedules) is
  'The time zone of a schedule, or of one of its calendars, that the server does not know (or no longer); null: it '
  'knows all.';
grant execute on function almanac_private.lost_timezone(almanac.schedules) to almanac_viewer;
