create or replace function almanac.exclude_dates(
  calendar text, starts_on date, ends_on date default null, label text default null
)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(exclude_dates.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, starts_on, ends_on, label)
  values (v_calendar.id, exclude_dates.starts_on, exclude_dates.ends_on, exclude_dates.label)
    returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_dates(text, date, date, text) is
  'Adds a date, or the dates from starts_on to ends_on, to a calendar: from local midnight to the midnight after.';
grant execute on function almanac.exclude_dates(text, date, date, text) to almanac_operator;
