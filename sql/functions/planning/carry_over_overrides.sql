-- Definer: writes overrides; the caller's right to change both schedules is checked first.
create or replace function almanac_private.carry_over_overrides(
  was almanac.schedules, new_id bigint, occurrence timestamptz, moved_to timestamptz, since timestamptz
) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_original almanac.schedules;
  v_new almanac.schedules;
  v_lost timestamptz[];
  v_carried integer;
  v_engine text;
begin
  select s.* into v_original from almanac.schedules s where s.id = was.id;
  select s.* into v_new from almanac.schedules s where s.id = carry_over_overrides.new_id;
  if not almanac_private.may_change(v_original.owner_user, v_original.run_as_key) then
    perform almanac_private.refuse_change(v_original.id);
  elsif not almanac_private.may_change(v_new.owner_user, v_new.run_as_key) then
    perform almanac_private.refuse_change(v_new.id);
  end if;
  with after as materialized (
    select o.*, a.new_scheduled_for
    from almanac_private.overrides_after(was, v_new, carry_over_overrides.occurrence, carry_over_overrides.moved_to,
      carry_over_overrides.since) a
    join almanac.occurrence_overrides o on o.schedule_id = was.id and o.scheduled_for = a.scheduled_for
  ), carried as (
    insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, reason, created_by,
      created_at)
    select v_new.id, a.new_scheduled_for, a.action, a.moved_to, a.reason, a.created_by, a.created_at
    from after a where a.new_scheduled_for is not null
    on conflict do nothing
    returning scheduled_for
  )
  select (select count(*) from carried), array(
    select a.scheduled_for from after a where a.new_scheduled_for is null order by a.scheduled_for)
  into v_carried, v_lost;
  if v_carried > 0 then
    v_engine := almanac_private.enter_engine();
    update almanac.schedules s set has_overrides = true where s.id = v_new.id and not s.has_overrides;
    perform almanac_private.leave_engine(v_engine);
    perform almanac_private.replan(array[v_new.id]);
  end if;
  if v_lost <> '{}' then
    perform almanac_private.warn_lost_overrides(was, v_lost);
  end if;
end
$$;
comment on function almanac_private.carry_over_overrides(
  almanac.schedules, bigint, timestamptz, timestamptz, timestamptz
) is
  'Moves and skips the occurrences of a new rule, or of a new schedule, in place of those of the old one that were '
  'moved or skipped, from since on; warns (AL030) of those that have no successor.';
grant execute on function almanac_private.carry_over_overrides(
  almanac.schedules, bigint, timestamptz, timestamptz, timestamptz
) to almanac_operator;
