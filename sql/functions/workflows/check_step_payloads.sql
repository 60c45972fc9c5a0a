create or replace function almanac_private.check_step_payloads(
  target almanac.schedule_target, task_group text, payload jsonb
) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_tasks text[] := almanac_private.tasks_of(check_step_payloads.target, check_step_payloads.task_group);
  v_own jsonb := check_step_payloads.payload -> 'payloads';
  v_wrong record;
  v_task text;
begin
  if v_own is not null and jsonb_typeof(v_own) <> 'object' then
    raise exception using errcode = 'AL006', column = 'payload',
      message = 'payloads says for each task what else it gets, by its name.',
      detail = format('It is of type %s.', jsonb_typeof(v_own)),
      hint = 'With the target group or all: {"payloads": {"load": {"file": "a.csv"}}}. What is next to payloads each '
        'task gets.';
  end if;
  select o.task, jsonb_typeof(o.own) as type, o.task = any (v_tasks) as is_there into v_wrong
  from jsonb_each(v_own) o(task, own)
  where o.task <> all (v_tasks) or jsonb_typeof(o.own) <> 'object' order by o.task limit 1;
  if v_wrong.task is not null then
    raise exception using errcode = 'AL006', column = 'payload',
      message = case when v_wrong.is_there then format('What payloads has for %s is not a JSON object.', v_wrong.task)
        else format('payloads names %L, which is not one of its tasks.', left(v_wrong.task, 200)) end,
      detail = case when v_wrong.is_there then format('It is of type %s.', v_wrong.type)
        else format('Its tasks: %s.', coalesce(left(nullif(array_to_string(v_tasks, ', '), ''), 1000), 'none')) end,
      hint = concat('For each task an object: {"payloads": {"load": {"file": "a.csv"}}}.',
        case when not v_wrong.is_there then almanac_private.perhaps(v_wrong.task, v_tasks) end);
  end if;
  foreach v_task in array v_tasks loop
    perform almanac_private.check_payload_fits(v_task,
      almanac_private.step_payload(check_step_payloads.payload, v_task));
  end loop;
end
$$;
comment on function almanac_private.check_step_payloads(almanac.schedule_target, text, jsonb) is
  'Raises AL006 where payloads is not an object for each of some tasks, or what a task would get does not fit it.';
grant execute on function almanac_private.check_step_payloads(almanac.schedule_target, text, jsonb) to almanac_viewer;
