create or replace function almanac_private.excluded_range(
  schedule almanac.schedules, as_of timestamptz, out first timestamptz, out last timestamptz, out count bigint
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := almanac_private.next_occurrence(schedule, schedule.cursor_at);
  v_end timestamptz;
  v_known_until timestamptz;
begin
  if v_at is null or v_at > excluded_range.as_of then
    return;
  end if;
  -- What ends after as_of may end later still.
  select upper(r), e.known_until into v_end, v_known_until
  from almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at,
    least(excluded_range.as_of, v_at + interval '24 hours'), schedule.exclusion_policy = 'move',
    almanac_private.most_windows()) e
  cross join lateral unnest(e.excluded) r
  where r @> v_at;
  if v_end is null or schedule.has_overrides and exists (
    select from almanac.occurrence_overrides o
    where o.schedule_id = (excluded_range.schedule).id and o.scheduled_for >= v_at
      and o.scheduled_for < least(v_end, excluded_range.as_of))
  then
    return;
  end if;

  -- Where excluded ones move, all but the last are merged into it; the last hundred are left, to have a row each.
  select g.first, g.last, g.count into excluded_range.first, excluded_range.last, excluded_range.count
  from almanac_private.rule_range(schedule,
    least(v_end, v_known_until, excluded_range.as_of + interval '1 microsecond'), null,
    case when schedule.exclusion_policy = 'skip' or v_end = 'infinity' then 0 else 100 end) g;
  if excluded_range.count < 100 then
    first := null;
    last := null;
    count := null;
  end if;
end
$$;
comment on function almanac_private.excluded_range(almanac.schedules, timestamptz) is
  'Where a hundred occurrences or more after the cursor of a schedule lie in one exclusion: the first, the last and '
  'their number; otherwise null.';
