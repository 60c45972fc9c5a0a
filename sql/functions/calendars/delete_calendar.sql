-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.delete_calendar(calendar text) returns almanac.exclusion_calendars
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(delete_calendar.calendar, true);
begin
  delete from almanac.exclusion_calendars c where c.id = v_calendar.id;
  return v_calendar;
end
$$;
comment on function almanac.delete_calendar(text) is 'Deletes a calendar and its entries, unless a schedule uses it.';
grant execute on function almanac.delete_calendar(text) to almanac_operator;
