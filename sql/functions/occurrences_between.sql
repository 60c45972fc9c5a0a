create or replace function almanac_private.occurrences_between(
  schedule almanac.schedules, range_start timestamptz, range_end timestamptz, max_count integer
) returns setof timestamptz
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := occurrences_between.range_start - interval '1 microsecond';
  v_left bigint := occurrences_between.max_count;
begin
  if schedule.max_runs is not null then
    v_left := least(v_left, schedule.max_runs - schedule.total_runs);
  end if;
  while v_left > 0 loop
    v_at := almanac_private.next_occurrence(schedule, v_at);
    exit when v_at is null or v_at >= occurrences_between.range_end;
    return next v_at;
    v_left := v_left - 1;
  end loop;
end
$$;
comment on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, integer) is
  'Coming nominal times of a schedule in [range_start, range_end), at most max_count and at most what max_runs leaves.';
grant execute on function almanac_private.occurrences_between(almanac.schedules, timestamptz, timestamptz, integer) to almanac_viewer;
