-- Definer: writes the ledger.
create or replace function almanac_private.resolve_long_exclusion(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason
)
returns timestamptz
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_unlimited almanac.schedules := schedule;
  v_at timestamptz := almanac_private.next_occurrence(schedule, schedule.cursor_at);
  v_range_end timestamptz;
  v_range record;
begin
  if v_at is null or v_at > resolve_long_exclusion.as_of then
    return schedule.cursor_at;
  end if;
  v_range_end := (
    select upper(r)
      from unnest(almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_at + interval '24 hours')) r
      where r @> v_at);
  if v_range_end is null or schedule.has_overrides and exists (
    select from almanac.occurrence_overrides o
    where o.schedule_id = (resolve_long_exclusion.schedule).id and o.scheduled_for >= v_at
      and o.scheduled_for < least(v_range_end, resolve_long_exclusion.as_of))
  then
    return schedule.cursor_at;
  end if;

  v_unlimited.max_runs := null;
  select count(*) as count, min(n.at) as first, max(n.at) as last into v_range
  from (
    -- Where excluded ones move, all but the last are merged into it; the last hundred are left, to have a row each.
    select o.at, row_number() over (order by o.at desc) as nth
    from almanac_private.occurrences_between(v_unlimited, v_at,
      least(v_range_end, resolve_long_exclusion.as_of + interval '1 microsecond'), null) o(at)
  ) n
  where n.nth > case when schedule.exclusion_policy = 'skip' or v_range_end = 'infinity' then 0 else 100 end;
  if v_range.count < 100 then
    return schedule.cursor_at;
  end if;
  perform almanac_private.record_omission(schedule.id, schedule.name, v_range.first, v_range.last, v_range.count,
    coalesce(resolve_long_exclusion.omit_as, 'excluded'), schedule.cursor_at, resolve_long_exclusion.as_of);
  return v_range.last;
end
$$;
comment on function almanac_private.resolve_long_exclusion(almanac.schedules, timestamptz, almanac.omission_reason) is
  'Where hundreds of occurrences after the cursor lie in one exclusion: records them at once and returns the cursor '
  'behind them; else the cursor as it is.';
