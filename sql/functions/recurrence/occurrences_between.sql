create or replace function almanac_private.occurrences_between(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count bigint
) returns setof timestamptz
language plpgsql stable parallel safe rows 1000 set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz :=
    almanac_private.next_occurrence(schedule, occurrences_between.range_start - interval '1 microsecond');
  v_end timestamptz := least(occurrences_between.range_end, schedule.ends_at);
  v_left bigint := coalesce(occurrences_between.max_count, 9223372036854775807);
begin
  if schedule.max_runs is not null then
    v_left := least(v_left, schedule.max_runs - schedule.fired_runs);
  end if;
  if v_at is null or v_at >= v_end or v_left <= 0 then
    return;
  end if;
  -- The first one comes from next_occurrence, which knows the bounds; dense rules then have a quicker way on.
  if schedule.kind = 'cron' then
    return query
    select o.at
    from almanac_private.cron_between(schedule.rule, schedule.timezone,
      v_at - interval '1 microsecond', v_end, v_left) o(at);
  elsif schedule.kind = 'interval' and extract(epoch from justify_hours(schedule.every)) < 86400
    and v_end < 'infinity' then
    return query
    select o.at from generate_series(v_at, v_end - interval '1 microsecond', schedule.every) o(at) limit v_left;
  else
    while v_at < v_end and v_left > 0 loop
      return next v_at;
      v_left := v_left - 1;
      v_at := almanac_private.next_occurrence(schedule, v_at);
    end loop;
  end if;
end
$$;
comment on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, bigint) is
  'Nominal times of a schedule in [range_start, range_end), at most max_count (null: all) and at most what max_runs '
  'leaves; by its rule and bounds alone.';
grant execute on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, bigint)
  to almanac_viewer;
