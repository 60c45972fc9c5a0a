create or replace function almanac_private.keep_overrides(
  was almanac.schedules, rule almanac.schedules, as_of timestamptz
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_from timestamptz[];
  v_to timestamptz[];
  v_lost timestamptz[];
begin
  select array_agg(c.scheduled_for) filter (where c.new_scheduled_for <> c.scheduled_for),
    array_agg(c.new_scheduled_for) filter (where c.new_scheduled_for <> c.scheduled_for),
    array_agg(c.scheduled_for) filter (where c.new_scheduled_for is null)
  into v_from, v_to, v_lost
  from almanac_private.carried_overrides(was, rule, keep_overrides.as_of) c;
  if v_from is not null then
    -- What an even earlier rule has left there gives way.
    delete from almanac.occurrence_overrides o where o.schedule_id = was.id and o.scheduled_for = any (v_to);
    update almanac.occurrence_overrides o set scheduled_for = c.new_scheduled_for
    from unnest(v_from, v_to) c(scheduled_for, new_scheduled_for)
    where o.schedule_id = was.id and o.scheduled_for = c.scheduled_for;
  end if;
  if v_lost is not null then
    perform almanac_private.warn_lost_overrides(was, v_lost);
  end if;
end
$$;
comment on function almanac_private.keep_overrides(almanac.schedules, almanac.schedules, timestamptz) is
  'Moves and skips, when the rule of a schedule changes, the occurrences that take the place of those that were moved '
  'or skipped; warns (AL030) of those that have no successor.';
