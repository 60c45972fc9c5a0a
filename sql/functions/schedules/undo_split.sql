create or replace function almanac.undo_split(
  schedule_id bigint, split_id bigint, ends_at timestamptz, expected_updated_at timestamptz,
  split_updated_at timestamptz
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_first almanac.schedules;
  v_second almanac.schedules;
  v_override almanac.occurrence_overrides;
begin
  -- In the order in which all lock them.
  perform from almanac.schedules s where s.id in (undo_split.schedule_id, undo_split.split_id)
    order by s.id for no key update;
  perform almanac_private.check_unchanged(undo_split.schedule_id, undo_split.expected_updated_at);
  perform almanac_private.check_unchanged(undo_split.split_id, undo_split.split_updated_at);
  select s.* into v_first from almanac.schedules s where s.id = undo_split.schedule_id;
  select s.* into v_second from almanac.schedules s where s.id = undo_split.split_id;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = undo_split.split_id and o.created_at > undo_split.split_updated_at
  order by o.created_at desc limit 1;
  if v_override.schedule_id is not null then
    raise exception using errcode = 'AL029', column = 'created_at',
      message = format('%s has %s an occurrence of schedule %s since, on %s.', v_override.created_by,
        case v_override.action when 'skip' then 'skipped' else 'moved' end, v_second.name,
        almanac_private.recorded_time(v_override.created_at)),
      detail = format('occurrence: %s.', almanac_private.spoken_time(v_override.scheduled_for, v_second.timezone)),
      hint = 'Check its current state, then change that or leave it as it is.';
  elsif v_second.total_runs > 0 then
    raise exception using errcode = 'AL016',
      message = format('Schedule %s has run since.', v_second.name),
      detail = format('%s runs.', v_second.total_runs),
      hint = 'Change the ends of both: almanac.update_schedule().';
  end if;
  perform almanac.unschedule(v_second.name);
  return almanac_private.save_schedule(jsonb_build_object('ends_at', undo_split.ends_at), v_first.id);
end
$$;
comment on function almanac.undo_split(bigint, bigint, timestamptz, timestamptz, timestamptz) is
  'Takes back what split_schedule() did, unless someone has changed either schedule since (AL029) or the new one has '
  'run: deletes that, and the first one ends where it did before. Both have the updated_at of the schedule '
  'that split_schedule() returned, as long as no one changes them.';
grant execute on function almanac.undo_split(bigint, bigint, timestamptz, timestamptz, timestamptz) to almanac_operator;
