create or replace function almanac.pause(
  schedule text, reason text default null, expected_updated_at timestamptz default null
) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(pause.schedule);
  v_saved almanac.schedules;
begin
  perform almanac_private.check_unchanged(v_schedule.id, pause.expected_updated_at);
  if v_schedule.status in ('completed', 'disabled') then
    raise exception using errcode = 'AL013', column = 'status',
      message = format('Schedule %s is %s and cannot be paused.', v_schedule.name, v_schedule.status),
      detail = 'Only an active schedule can be paused.', hint = 'It is not firing now.';
  end if;
  update almanac.schedules s set status = 'paused', pause_reason = coalesce(pause.reason, s.pause_reason)
    where s.id = v_schedule.id returning s.* into v_saved;
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.pause(text, text, timestamptz) is
  'Keeps a schedule from firing until it is resumed. Runs that are queued or running continue. '
  'expected_updated_at: as for update_schedule().';
grant execute on function almanac.pause(text, text, timestamptz) to almanac_operator;
