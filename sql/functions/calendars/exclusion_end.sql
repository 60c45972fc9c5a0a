create or replace function almanac_private.exclusion_end(
  starts_at timestamptz, duration interval, timezone text, rule almanac_private.compiled_cron
) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_local timestamp;
  v_planned timestamp;
begin
  if duration = make_interval(secs => date_part('epoch', duration)) and date_part('day', duration) = 0
    and date_part('month', duration) = 0 then
    return starts_at + duration;
  end if;
  v_local := starts_at at time zone timezone;
  -- A start that the clock skips is meant as written in the calendar: midnight, not one o'clock.
  v_planned := (starts_at at time zone 'UTC')
    + ((starts_at - interval '25 hours') at time zone timezone - (starts_at - interval '25 hours') at time zone 'UTC');
  if v_planned <> v_local and almanac_private.local_instant(v_planned, timezone) = starts_at
    and not (rule.hours >> date_part('hour', v_local)::integer & 1 = 1
      and rule.minutes >> date_part('minute', v_local)::integer & 1 = 1)
  then
    v_local := v_planned;
  end if;
  return almanac_private.local_instant(v_local + duration, timezone);
end
$$;
comment on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron) is
  'End of a recurring window: days and months by the zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron)
  to almanac_viewer;
