create or replace function almanac.undo_override(
  schedule text, occurrence timestamptz, made_at timestamptz, action almanac.override_action default null,
  moved_to timestamptz default null, reason text default null
) returns almanac.occurrence_overrides
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(undo_override.schedule);
  v_override almanac.occurrence_overrides;
begin
  -- Locked as every override locks it, so that what is compared is what is then changed.
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = undo_override.occurrence;
  if v_override.created_at is distinct from undo_override.made_at then
    raise exception using errcode = 'AL029', column = 'created_at',
      message = case
        when v_override.action is null then 'Someone has restored the occurrence since.'
        when v_override.action = 'skip' then format('%s skipped the occurrence on %s.',
          v_override.created_by, almanac_private.recorded_time(v_override.created_at, 'UTC'))
        else format('%s moved the occurrence to %s, on %s.', v_override.created_by,
          almanac_private.spoken_time(v_override.moved_to, v_schedule.timezone),
          almanac_private.recorded_time(v_override.created_at, 'UTC')) end,
      detail = format('occurrence: %s of schedule %s.',
        almanac_private.spoken_time(undo_override.occurrence, v_schedule.timezone), v_schedule.name),
      hint = 'Check its current state, then change that or leave it as it is.';
  end if;
  if undo_override.action is null then
    perform almanac.restore_occurrence(undo_override.schedule, undo_override.occurrence);
    return null;
  end if;
  return almanac_private.override_occurrence(undo_override.schedule, undo_override.occurrence, undo_override.action,
    undo_override.moved_to, undo_override.reason);
end
$$;
comment on function almanac.undo_override(
  text, timestamptz, timestamptz, almanac.override_action, timestamptz, text
) is
  'Takes back what move_occurrence(), skip_occurrence() or restore_occurrence() did to an occurrence, unless someone '
  'has changed it since (AL029). made_at: the created_at of the override that the change made, null if it restored the '
  'occurrence. action, moved_to: how it was moved or skipped before, null if it was not. '
  'Returns what is there now.';
grant execute on function almanac.undo_override(
  text, timestamptz, timestamptz, almanac.override_action, timestamptz, text
) to almanac_operator;
