-- Definer: writes tables that only the owner may; who may is checked first.
create or replace function almanac.enable_task(task text, catch_up boolean default false) returns almanac.task_stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_stop almanac.task_stops;
  v_ids bigint[];
  v_engine text;
begin
  perform almanac_private.check_admin('enable_task');
  update almanac.task_stops s set resumed_at = statement_timestamp(), resumed_by = almanac_private.actor(),
    catch_up = coalesce(enable_task.catch_up, false)
  where s.task_identifier = enable_task.task and s.resumed_at is null returning s.* into v_stop;
  if v_stop.id is null then
    raise exception using errcode = 'AL013',
      message = format('The task %s is not switched off.', coalesce(enable_task.task, 'null')),
      detail = 'There is nothing to switch on.',
      hint = 'See: select identifier, disabled_at from almanac.tasks where disabled_at is not null.';
  end if;
  v_engine := almanac_private.enter_engine();
  -- What someone else holds is due within the hour: it was put off.
  v_ids := array(
    select s.id from almanac_private.put_off p join almanac.schedules s on s.id = p.schedule_id
    where p.limit_name = 'task_is_off' and s.task_identifier = enable_task.task
    order by s.id for no key update of s skip locked);
  perform almanac_private.take_up(v_ids);
  perform almanac_private.leave_engine(v_engine);
  perform almanac_private.arm_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, almanac_private.arm_delay()) from almanac.schedules s
    where s.id = any (v_ids) and s.next_run_at is not null order by s.id));
  perform almanac_private.take_back_task(enable_task.task);
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.enable_task(text, boolean) is
  'Switches a task on again. What its schedules had due meanwhile is recorded as stopped, or, with catch_up, treated '
  'as each schedule''s missed_run_policy says; runs that waited begin.';
grant execute on function almanac.enable_task(text, boolean) to almanac_viewer;
