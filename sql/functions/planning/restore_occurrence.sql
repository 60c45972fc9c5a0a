-- Definer: writes overrides; the caller's right to do so is checked first.
create or replace function almanac.restore_occurrence(schedule text, occurrence timestamptz) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(restore_occurrence.schedule);
  v_override almanac.occurrence_overrides;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.resolve_before_change(array[v_schedule.id]);
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = restore_occurrence.occurrence;
  if v_override.schedule_id is null then
    raise exception using errcode = 'AL016', message = 'The occurrence is neither moved nor skipped.',
      detail = format('occurrence: %s.', coalesce(restore_occurrence.occurrence::text, 'null')),
      hint = 'See: select * from almanac.occurrence_overrides.';
  elsif v_override.done_at is not null or v_override.is_owed then
    raise exception using errcode = 'AL016',
      message = case when v_override.is_owed and v_override.done_at is null
        then 'The nominal time of the occurrence is in the past.' else 'The occurrence already has an outcome.' end,
      detail = format('occurrence: %s, moved to: %s.', v_override.scheduled_for,
        coalesce(v_override.moved_to::text, 'nowhere')),
      hint = 'One that is still upcoming can be moved again, or skipped.';
  end if;
  delete from almanac.occurrence_overrides o where o.schedule_id = v_override.schedule_id
    and o.scheduled_for = v_override.scheduled_for;
  perform almanac_private.replan(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.restore_occurrence(text, timestamptz) is
  'Takes back what move_occurrence() or skip_occurrence() did to an occurrence that is still upcoming.';
grant execute on function almanac.restore_occurrence(text, timestamptz) to almanac_operator;
