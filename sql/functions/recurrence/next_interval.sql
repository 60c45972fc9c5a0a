create or replace function almanac_private.next_interval(
  every interval, anchor timestamptz, timezone text, after timestamptz
) returns timestamptz
language plpgsql stable strict parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_months integer;
  v_days integer;
  v_step bigint;
  v_start bigint;
  v_local timestamp;
  v_k bigint;
  v_next timestamptz;
begin
  if after < anchor then
    return anchor;
  elsif after >= '290000-01-01Z' then
    return null;
  end if;
  v_months := date_part('year', every) * 12 + date_part('month', every);
  v_days := date_part('day', every);
  if v_months = 0 and v_days = 0 then
    v_step := extract(epoch from every) * 1000000;
    v_start := extract(epoch from anchor) * 1000000; -- numeric: a double has no microseconds after 2255
    v_k := ((extract(epoch from after) * 1000000)::bigint - v_start) / v_step + 1;
    return anchor + make_interval(secs => v_k * (v_step / 1000000));
  end if;

  v_local := anchor at time zone timezone;
  if v_months <> 0 then
    v_k := ((date_part('year', after at time zone timezone) - date_part('year', v_local)) * 12
      + date_part('month', after at time zone timezone) - date_part('month', v_local)) / v_months - 2;
  else
    v_k := ((after at time zone timezone)::date - v_local::date) / v_days - 2;
  end if;
  v_k := greatest(v_k, 0);
  loop
    v_next := almanac_private.interval_occurrence(every, anchor, timezone, v_k);
    if v_next > after then
      return v_next;
    end if;
    v_k := v_k + 1;
  end loop;
end
$$;
comment on function almanac_private.next_interval(interval, timestamptz, text, timestamptz) is
  'First occurrence of an interval strictly after a moment.';
grant execute on function almanac_private.next_interval(interval, timestamptz, text, timestamptz) to almanac_viewer;
