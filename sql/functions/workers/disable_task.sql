-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.disable_task(task text, reason text default null) returns almanac.task_stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.task_stops;
begin
  perform almanac_private.check_admin('disable_task');
  perform almanac_private.check_task_is_known(disable_task.task);
  if disable_task.task in ('almanac:check_ledger', 'almanac:apply_retention') then
    raise exception using errcode = 'AL017', message = format('%s cannot be switched off.', disable_task.task),
      detail = 'A system schedule runs it.',
      hint = case disable_task.task when 'almanac:check_ledger' then 'Leave it on: it only reads.'
        else 'To keep all history: select almanac.set_retention(null).' end;
  end if;
  lock table almanac.task_stops in share row exclusive mode;
  select s.* into v_stop from almanac.task_stops s
  where s.task_identifier = disable_task.task and s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL013',
      message = format('The task %s is already switched off.', disable_task.task),
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')),
      hint = format('To switch it on: select almanac.enable_task(%L).', disable_task.task);
  end if;
  insert into almanac.task_stops as s (task_identifier, stopped_at, stopped_by, reason)
  values (disable_task.task, statement_timestamp(), almanac_private.actor(), disable_task.reason)
  returning s.* into v_stop;
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.disable_task(text, text) is
  'Switches a task off: its schedules no longer fire, its queued runs wait, and no one triggers it, until '
  'enable_task(). What is running continues. For admins.';
grant execute on function almanac.disable_task(text, text) to almanac_viewer;
