-- Definer: writes the ledger.
create or replace function almanac_private.settle_stretch(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason
)
returns timestamptz
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_unlimited almanac.schedules := schedule;
  v_at timestamptz := almanac_private.next_occurrence(schedule, schedule.cursor_at);
  v_stretch_end timestamptz;
  v_stretch record;
begin
  if v_at is null or v_at > settle_stretch.as_of then
    return schedule.cursor_at;
  end if;
  v_stretch_end := (
    select upper(r)
      from unnest(almanac_private.exclusions(schedule.calendars, schedule.timezone, v_at, v_at + interval '24 hours')) r
      where r @> v_at);
  if v_stretch_end is null or schedule.has_overrides and exists (
    select from almanac.occurrence_overrides o
    where o.schedule_id = (settle_stretch.schedule).id and o.scheduled_for >= v_at
      and o.scheduled_for < least(v_stretch_end, settle_stretch.as_of))
  then
    return schedule.cursor_at;
  end if;

  v_unlimited.max_runs := null;
  select count(*) as count, min(n.at) as first, max(n.at) as last into v_stretch
  from (
    -- Where excluded ones move, all but the last are merged into it; the last hundred are left, to have a row each.
    select o.at, row_number() over (order by o.at desc) as nth
    from almanac_private.occurrences_between(v_unlimited, v_at,
      least(v_stretch_end, settle_stretch.as_of + interval '1 microsecond'), null) o(at)
  ) n
  where n.nth > case when schedule.exclusion_policy = 'skip' or v_stretch_end = 'infinity' then 0 else 100 end;
  if v_stretch.count < 100 then
    return schedule.cursor_at;
  end if;
  perform almanac_private.record_omission(schedule.id, schedule.name, v_stretch.first, v_stretch.last, v_stretch.count,
    coalesce(settle_stretch.omit_as, 'excluded'), schedule.cursor_at, settle_stretch.as_of);
  return v_stretch.last;
end
$$;
comment on function almanac_private.settle_stretch(almanac.schedules, timestamptz, almanac.omission_reason) is
  'Where hundreds of occurrences after the cursor lie in one exclusion: records them at once and returns the cursor '
  'behind them; else the cursor as it is.';
