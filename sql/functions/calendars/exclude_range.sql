create or replace function almanac.exclude_range(
  calendar text, starts_at timestamptz, ends_at timestamptz, label text default null
)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(exclude_range.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, starts_at, ends_at, label)
  values (v_calendar.id, exclude_range.starts_at, exclude_range.ends_at, exclude_range.label)
    returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_range(text, timestamptz, timestamptz, text) is
  'Adds a blackout to a calendar: [starts_at, ends_at).';
grant execute on function almanac.exclude_range(text, timestamptz, timestamptz, text) to almanac_operator;
