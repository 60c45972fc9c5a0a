create or replace function almanac_private.missed_range(
  schedule almanac.schedules, tolerated timestamptz, max_count integer,
  out first timestamptz, out last timestamptz, out count bigint
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  schedule.max_runs := null; -- what is missed does not count for it
  select min(n.at), max(n.at), count(*) into missed_range.first, missed_range.last, missed_range.count
  from (
    select o.at, lead(o.at) over (order by o.at) as next_at
    from almanac_private.occurrences_between(schedule, schedule.cursor_at + interval '1 microsecond',
      missed_range.tolerated, missed_range.max_count) o(at)
  ) n
  where n.next_at is not null;
end
$$;
comment on function almanac_private.missed_range(almanac.schedules, timestamptz, integer) is
  'Of a rule alone, whose latest run is all that is caught up: the first, the last and the number of the occurrences '
  'after its cursor that are missed whatever else is due. All that are later than tolerated but the last, which may '
  'be the latest; of more than max_count a part.';
