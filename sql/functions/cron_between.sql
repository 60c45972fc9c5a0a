create or replace function almanac_private.cron_between(
  rule_seconds bigint, rule_minutes bigint, rule_hours integer, rule_first_time integer, rule_weekdays integer, rule_months integer,
  rule_days bit varying, rule_running boolean, timezone text, after timestamptz, range_end timestamptz, max_count bigint default null
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := cron_between.after;
  v_left bigint := coalesce(cron_between.max_count, 9223372036854775807);
  v_times interval[];
  v_midnight timestamptz;
  v_count bigint;
begin
  -- Worth it only where a day has many.
  if bit_count(rule_hours::bit(24)) * bit_count(rule_minutes::bit(60)) * bit_count(rule_seconds::bit(60)) > 8 then
    v_times := array(
      select make_interval(hours => h, mins => m, secs => s)
      from generate_series(0, 23) h, generate_series(0, 59) m, generate_series(0, 59) s
      where rule_hours >> h & 1 = 1 and rule_minutes >> m & 1 = 1 and rule_seconds >> s & 1 = 1
      order by h, m, s
    );
  end if;
  while v_left > 0 loop
    v_at := almanac_private.next_cron(rule_seconds, rule_minutes, rule_hours, rule_first_time, rule_weekdays, rule_months, rule_days, rule_running,
      timezone, v_at);
    exit when v_at is null or v_at >= cron_between.range_end;
    v_midnight := date_trunc('day', v_at, timezone);
    if v_times is not null
      and (v_midnight - interval '25 hours') at time zone timezone = v_midnight at time zone timezone - interval '25 hours'
      and (v_midnight + interval '25 hours') at time zone timezone = v_midnight at time zone timezone + interval '25 hours'
    then
      -- No clock changes near this day: all of its times at once.
      return query
      select v_midnight + t.at from unnest(v_times) t(at)
      where v_midnight + t.at >= v_at and v_midnight + t.at < cron_between.range_end
      limit v_left;
      get diagnostics v_count = row_count;
      v_at := v_midnight + interval '86399 seconds';
    else
      return next v_at;
      v_count := 1;
    end if;
    v_left := v_left - v_count;
  end loop;
end
$$;
comment on function almanac_private.cron_between(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint) is
  'The occurrences of a compiled rule strictly after a moment and before range_end, at most max_count: those of next_cron, a whole day at once where the rule has many and no clock changes near by.';
grant execute on function almanac_private.cron_between(bigint, bigint, integer, integer, integer, integer, bit varying, boolean, text, timestamptz, timestamptz, bigint) to almanac_viewer;
