create or replace function almanac.overrides_for_move(
  schedule text, occurrence timestamptz, moved_to timestamptz, max_count integer default 1000
) returns table (scheduled_for timestamptz, action almanac.override_action, was_moved_to timestamptz,
  new_scheduled_for timestamptz)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(overrides_for_move.schedule);
  v_changes jsonb;
  v_earlier bigint;
begin
  perform almanac_private.checked_count(overrides_for_move.max_count);
  select r.changes, r.earlier into v_changes, v_earlier
  from almanac.rule_for_move(overrides_for_move.schedule, overrides_for_move.occurrence,
    overrides_for_move.moved_to) r;
  if v_changes is null then
    return;
  end if;
  if v_earlier > 0 then
    v_changes := jsonb_build_object('starts_at', overrides_for_move.moved_to) || v_changes;
  end if;
  return query
  select o.scheduled_for, o.action, o.was_moved_to, o.new_scheduled_for
  from almanac_private.overrides_after(v_schedule,
    almanac_private.prepare_schedule(almanac_private.read_definition(v_changes, v_schedule)),
    overrides_for_move.occurrence, overrides_for_move.moved_to,
    case when v_earlier > 0 then overrides_for_move.occurrence else '-infinity' end) o
  limit overrides_for_move.max_count;
end
$$;
comment on function almanac.overrides_for_move(text, timestamptz, timestamptz, integer) is
  'Where the moved and skipped occurrences of a schedule go when an occurrence and those that follow it move: '
  'new_scheduled_for is the one that is then moved or skipped in its place, null where there is none. was_moved_to: '
  'where one was moved to, null for one that is skipped.';
grant execute on function almanac.overrides_for_move(text, timestamptz, timestamptz, integer) to almanac_viewer;
