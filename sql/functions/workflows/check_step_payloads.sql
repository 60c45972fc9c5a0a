create or replace function almanac_private.check_step_payloads(payload jsonb, graph jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_names text[] := array(
    select almanac_private.step_name(g.step) from jsonb_array_elements(check_step_payloads.graph) g(step));
  v_own jsonb := check_step_payloads.payload -> 'payloads';
  v_wrong record;
  v_step jsonb;
begin
  if v_own is not null and jsonb_typeof(v_own) <> 'object' then
    raise exception using errcode = 'AL006', column = 'payload',
      message = 'payloads says for each step what else it gets, by its name.',
      detail = format('It is of type %s.', jsonb_typeof(v_own)),
      hint = 'With the target group, all or workflow: {"payloads": {"load": {"file": "a.csv"}}}. What is next to '
        'payloads each of them gets.';
  end if;
  select o.task, jsonb_typeof(o.own) as type, o.task = any (v_names) as is_there into v_wrong
  from jsonb_each(v_own) o(task, own)
  where o.task <> all (v_names) or jsonb_typeof(o.own) <> 'object' order by o.task limit 1;
  if v_wrong.task is not null then
    raise exception using errcode = 'AL006', column = 'payload',
      message = case when v_wrong.is_there then format('What payloads has for %s is not a JSON object.', v_wrong.task)
        else format('payloads names %L, which is not one of its steps.', left(v_wrong.task, 200)) end,
      detail = case when v_wrong.is_there then format('It is of type %s.', v_wrong.type)
        else format('Its steps: %s.', coalesce(left(nullif(array_to_string(v_names, ', '), ''), 1000), 'none')) end,
      hint = concat('For each step an object: {"payloads": {"load": {"file": "a.csv"}}}.',
        case when not v_wrong.is_there then almanac_private.perhaps(v_wrong.task, v_names) end);
  end if;
  for v_step in select g.step from jsonb_array_elements(check_step_payloads.graph) g(step) loop
    perform almanac_private.check_payload_fits(v_step ->> 'task',
      almanac_private.step_payload(check_step_payloads.payload, v_step));
  end loop;
end
$$;
comment on function almanac_private.check_step_payloads(jsonb, jsonb) is
  'Raises AL006 where payloads is not an object for each of some steps, or what a step would get does not fit its '
  'task.';
grant execute on function almanac_private.check_step_payloads(jsonb, jsonb) to almanac_viewer;
