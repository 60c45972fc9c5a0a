create or replace function almanac.split_schedule(
  schedule text, occurrence timestamptz, moved_to timestamptz, new_name text default null,
  expected_updated_at timestamptz default null, keep_rule boolean default false
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  -- The rule says all that follows, from here on.
  v_begins constant timestamptz :=
    case when split_schedule.keep_rule then split_schedule.occurrence else split_schedule.moved_to end;
  v_schedule almanac.schedules := almanac_private.find_schedule(split_schedule.schedule);
  v_changes jsonb;
  v_earlier bigint;
  v_note text;
  v_name text;
  v_new almanac.schedules;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.check_unchanged(v_schedule.id, split_schedule.expected_updated_at);
  select r.changes, r.earlier, r.note into v_changes, v_earlier, v_note
  from almanac.rule_for_move(split_schedule.schedule, split_schedule.occurrence, v_begins) r;
  if v_changes is null or v_earlier = 0 or split_schedule.moved_to <= statement_timestamp() then
    raise exception using errcode = 'AL016',
      message = format('Schedule %s cannot be split at this occurrence.', v_schedule.name),
      detail = coalesce(v_note, case when v_earlier = 0 then 'No upcoming occurrence comes before it.'
        else format('moved_to: %s, which is in the past.', split_schedule.moved_to) end),
      hint = case when v_note is null then 'Change its rule: almanac.update_schedule().'
        else 'Split it with keep_rule => true, or move only this one: almanac.move_occurrence().' end;
  end if;
  v_name := coalesce(split_schedule.new_name, almanac_private.next_free_name(v_schedule.name));
  -- They go where the occurrences go, below.
  perform set_config('almanac.keep_overrides', 'off', true);
  perform almanac_private.save_schedule(jsonb_build_object('ends_at', split_schedule.occurrence), v_schedule.id);
  perform set_config('almanac.keep_overrides', 'on', true);
  v_new := almanac_private.save_schedule((
    select jsonb_object_agg(d.key, d.value)
    from jsonb_each(to_jsonb(v_schedule)) d
    where d.value <> 'null' and d.key <> 'owner_user' and d.key = any (almanac_private.definition_columns())
  ) || jsonb_strip_nulls(jsonb_build_object('name', v_name, 'starts_at', v_begins,
    'max_runs', v_schedule.max_runs - v_schedule.fired_runs - v_earlier)) || v_changes);
  -- It may be an admin who splits it: what it runs stays its author's, with the author's rights.
  perform almanac_private.keep_author(v_new.id, v_schedule.id);
  perform almanac_private.carry_over_overrides(v_schedule, v_new.id, split_schedule.occurrence,
    v_begins, split_schedule.occurrence);
  if split_schedule.keep_rule and split_schedule.moved_to <> split_schedule.occurrence then
    perform almanac_private.override_occurrence(v_name, split_schedule.occurrence, 'move', split_schedule.moved_to,
      null);
  end if;
  select s.* into v_new from almanac.schedules s where s.id = v_new.id;
  return v_new;
end
$$;
comment on function almanac.split_schedule(text, timestamptz, timestamptz, text, timestamptz, boolean) is
  'Moves an occurrence and all that follow, and leaves those before it alone: the schedule ends before the occurrence, '
  'and a new one of the same definition begins with the new time, named like it with -2, or as given. It belongs to '
  'whom the first does, and what was moved or skipped of those stays so (overrides_for_move()). keep_rule: the new one '
  'has the same rule, of which only the first occurrence is moved: where no rule says what all should do. '
  'Returns the new one.';
grant execute on function almanac.split_schedule(text, timestamptz, timestamptz, text, timestamptz, boolean)
  to almanac_operator;
