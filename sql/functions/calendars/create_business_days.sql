create or replace function almanac.create_business_days(
  name text default 'business days', timezone text default null, weekend text default 'SAT,SUN'
)
returns almanac.exclusion_calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.exclusion_calendars := almanac.create_calendar(
    create_business_days.name, create_business_days.timezone,
    'Business days: excludes weekends and the holidays entered here.');
begin
  perform almanac.exclude_recurring(v_calendar.name, format('0 0 * * %s', create_business_days.weekend),
    interval '1 day', 'weekend');
  return v_calendar;
end
$$;
comment on function almanac.create_business_days(text, text, text) is
  'Creates a calendar that excludes weekends; add holidays by exclude_dates(), exclude_recurring() or an .ics '
  'file. weekend: days of the week as in cron.';
grant execute on function almanac.create_business_days(text, text, text) to almanac_operator;
