create or replace function almanac.move_series(
  schedule text, occurrence timestamptz, moved_to timestamptz, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(move_series.schedule);
  v_changes jsonb;
  v_note text;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.check_unchanged(v_schedule.id, move_series.expected_updated_at);
  select r.changes, r.note into v_changes, v_note
  from almanac.rule_for_move(move_series.schedule, move_series.occurrence, move_series.moved_to) r;
  if v_changes is null then
    raise exception using errcode = 'AL016',
      message = format('No rule can move this occurrence of schedule %s and all that follow.', v_schedule.name),
      detail = v_note, hint = 'Move only this one: almanac.move_occurrence().';
  end if;
  -- They go where the occurrences go, below.
  perform set_config('almanac.keep_overrides', 'off', true);
  perform almanac_private.save_schedule(v_changes, v_schedule.id);
  perform set_config('almanac.keep_overrides', 'on', true);
  perform almanac_private.carry_over_overrides(v_schedule, v_schedule.id, move_series.occurrence, move_series.moved_to,
    '-infinity');
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.move_series(text, timestamptz, timestamptz, timestamptz) is
  'Changes the rule of a schedule as rule_for_move() says, so that an occurrence and all others move as this one does; '
  'what was moved or skipped of them stays so (overrides_for_move()). expected_updated_at: as for update_schedule().';
grant execute on function almanac.move_series(text, timestamptz, timestamptz, timestamptz) to almanac_operator;
