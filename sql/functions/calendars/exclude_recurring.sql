create or replace function almanac.exclude_recurring(
  calendar text, cron text, duration interval, label text default null, timezone text default null
)
returns almanac.calendar_entries
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac_private.find_calendar(exclude_recurring.calendar, true);
  v_entry almanac.calendar_entries;
begin
  insert into almanac.calendar_entries as e (calendar_id, cron_expression, duration, label, timezone)
  values (v_calendar.id, exclude_recurring.cron, exclude_recurring.duration, exclude_recurring.label,
    exclude_recurring.timezone) returning e.* into v_entry;
  return v_entry;
end
$$;
comment on function almanac.exclude_recurring(text, text, interval, text, text) is
  'Adds a window to a calendar that begins whenever cron says and lasts for duration: (''0 0 25 12 *'', ''1 day'') '
  'is every 25 December, (''0 22 * * *'', ''8 hours'') every night. timezone: whose clock cron reads; null: the '
  'calendar''s, or else each schedule''s.';
grant execute on function almanac.exclude_recurring(text, text, interval, text, text) to almanac_operator;
