create or replace function almanac_private.refuse_computed(column_name text, schedule_name text) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'AL008', column = refuse_computed.column_name,
    message = format('%s is computed and cannot be written.', refuse_computed.column_name),
    detail = format('Schedule %s.', refuse_computed.schedule_name),
    hint = case
      when refuse_computed.column_name in ('next_run_at', 'next_scheduled_for', 'cursor_at')
        then 'Change the rule (cron_expression, every, run_at, timezone, starts_at), or call almanac.trigger_now().'
      when refuse_computed.column_name = 'status'
        then 'Almanac completes a schedule when no further run is possible. Use almanac.pause(), or set status to '
          'disabled.'
      when refuse_computed.column_name = 'paused_at' then 'Call almanac.pause() or almanac.resume().'
      when refuse_computed.column_name = 'has_overrides'
        then 'Call almanac.move_occurrence(), skip_occurrence() or restore_occurrence().'
      when refuse_computed.column_name in ('managed_by', 'managed_version')
        then 'Call almanac.apply_schedules(), or almanac.release_schedule().'
      when refuse_computed.column_name = 'run_as'
        then 'Call almanac.give_schedule(). A role that changes the task or the payload becomes its run_as, unless it '
          'is a member of the role that already is.'
      else 'Omit it.'
    end;
end
$$;
comment on function almanac_private.refuse_computed(text, text) is
  'Raises that a column of schedules is computed (AL008), with what to do in its place.';
grant execute on function almanac_private.refuse_computed(text, text) to almanac_operator;
