create or replace function almanac_private.exclusion_end(
  starts_at timestamptz, duration interval, timezone text, rule almanac_private.compiled_cron
) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_local timestamp;
  v_planned timestamp;
begin
  if exclusion_end.duration = make_interval(secs => date_part('epoch', exclusion_end.duration))
    and date_part('day', exclusion_end.duration) = 0
    and date_part('month', exclusion_end.duration) = 0 then
    return exclusion_end.starts_at + exclusion_end.duration;
  end if;
  v_local := exclusion_end.starts_at at time zone exclusion_end.timezone;
  -- A start that the clock skips is meant as written in the calendar: midnight, not one o'clock.
  v_planned := (exclusion_end.starts_at at time zone 'UTC')
    + ((exclusion_end.starts_at - interval '25 hours') at time zone exclusion_end.timezone
      - (exclusion_end.starts_at - interval '25 hours') at time zone 'UTC');
  if v_planned <> v_local and almanac_private.local_instant(v_planned, exclusion_end.timezone) = exclusion_end.starts_at
    and not (exclusion_end.rule.hours >> date_part('hour', v_local)::integer & 1 = 1
      and exclusion_end.rule.minutes >> date_part('minute', v_local)::integer & 1 = 1)
  then
    v_local := v_planned;
  end if;
  return almanac_private.local_instant(v_local + exclusion_end.duration, exclusion_end.timezone);
end
$$;
comment on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron) is
  'End of a recurring window: days and months by the zone''s calendar and clock, time by elapsed time.';
grant execute on function almanac_private.exclusion_end(timestamptz, interval, text, almanac_private.compiled_cron)
  to almanac_viewer;
