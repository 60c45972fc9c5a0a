create or replace function almanac_private.interval_occurrence(
  every interval, anchor timestamptz, timezone text, k bigint
) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer := date_part('year', every) * 12 + date_part('month', every);
  v_days integer := date_part('day', every);
begin
  if k = 0 then
    return anchor;
  elsif v_months <> 0 then
    return almanac_private.local_instant((anchor at time zone timezone)
      + make_interval(months => (v_months * k)::integer), timezone);
  elsif v_days <> 0 then
    return almanac_private.local_instant((anchor at time zone timezone) + make_interval(days => (v_days * k)::integer),
      timezone);
  end if;
  return anchor + every * k;
end
$$;
comment on function almanac_private.interval_occurrence(interval, timestamptz, text, bigint) is
  'Occurrence k of an interval, counted from its anchor and never from the previous one: months and days by the '
  'zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.interval_occurrence(interval, timestamptz, text, bigint) to almanac_viewer;
