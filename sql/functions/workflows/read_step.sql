create or replace function almanac_private.read_step(given jsonb, nth bigint, goes_on boolean) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known constant text[] := '{name,task,payload,needs,join,max_attempts,timeout,resource_group}';
  v_name text;
  v_bad text;
  v_needs jsonb;
  v_on jsonb;
  v_timeout interval;
begin
  if jsonb_typeof(given) <> 'object' or jsonb_typeof(given -> 'task') is distinct from 'string' then
    perform almanac_private.refuse_workflow(format('Step %s has no task.', nth), left(given::text, 200),
      'Each step is an object: {"name": "load", "task": "load_orders", "needs": ["extract"]}.');
  end if;
  v_name := coalesce(given ->> 'name', given ->> 'task');
  if v_name !~ '^[_a-zA-Z][_a-zA-Z0-9:/.-]{0,99}$' then
    perform almanac_private.refuse_workflow(format('Step %s has a name that cannot be used.', nth),
      format('name: %L.', left(v_name, 200)), 'Use up to 100 letters, digits and _ : / . -, a letter or _ first.');
  end if;
  v_bad := (select k.key from jsonb_object_keys(given) k(key) where k.key <> all (v_known) order by 1 limit 1);
  if v_bad is not null then
    perform almanac_private.refuse_workflow(format('Step %s has %L, which is not known.', v_name, left(v_bad, 200)),
      format('Known are %s.', array_to_string(v_known, ', ')),
      concat('Remove it.', almanac_private.perhaps(v_bad, v_known)));
  end if;
  if not exists (select from almanac_private.known_tasks t where t.identifier = given ->> 'task') then
    perform almanac_private.refuse_workflow(format('Step %s has the task %L, which is not known.', v_name,
      left(given ->> 'task', 200)), 'Neither a worker nor an admin has announced it.',
      concat('Start a worker that has it, or announce it: select almanac.register_task(…).',
        almanac_private.perhaps(given ->> 'task', array(
          select t.identifier from almanac_private.known_tasks t order by t.is_builtin, t.identifier limit 1000))));
  elsif given ->> 'task' = 'almanac:tasks' or almanac_private.is_statement_task(given ->> 'task') then
    -- A statement has the rights of a schedule's role, and a schedule belongs to others than a workflow.
    perform almanac_private.refuse_workflow(format('Step %s cannot have the task %s.', v_name, given ->> 'task'),
      'It stands for other steps, or runs a statement with the rights of the schedule.',
      'Use a task of your own, or a schedule of that task.');
  end if;
  perform almanac_private.check_task_use(given ->> 'task');
  if jsonb_typeof(coalesce(given -> 'needs', '[]')) <> 'array' then
    perform almanac_private.refuse_workflow(format('The needs of step %s are not a list.', v_name),
      format('They are of type %s.', jsonb_typeof(given -> 'needs')), 'For example ["extract"].');
  end if;
  select (n.need #> '{}')::text into v_bad
  from jsonb_array_elements(given -> 'needs') n(need)
  where not case jsonb_typeof(n.need) when 'string' then true
    when 'object' then jsonb_typeof(n.need -> 'step') is not distinct from 'string'
      and n.need ->> 'on' in ('success', 'failure', 'end') and n.need - array['step', 'on'] = '{}'
    else false end limit 1;
  if v_bad is not null then
    perform almanac_private.refuse_workflow(format('Step %s has a need that cannot be read.', v_name),
      left(v_bad, 200),
      'It is the name of a step, or {"step": "load", "on": "failure"}; on is success, failure or end.');
  end if;
  select coalesce(jsonb_agg(x.step order by x.nth), '[]'),
    jsonb_object_agg(x.step, x."on") filter (where x."on" <> 'success'), min(x.step) filter (where x.is_twice)
  into v_needs, v_on, v_bad
  from (
    select y.*, count(*) over (partition by y.step) > 1 as is_twice
    from (
      select coalesce(n.need ->> 'step', n.need #>> '{}') as step, coalesce(n.need ->> 'on', 'success') as "on", n.nth
      from jsonb_array_elements(given -> 'needs') with ordinality n(need, nth)) y) x;
  if v_bad is not null then
    perform almanac_private.refuse_workflow(format('Step %s needs %s twice.', v_name, v_bad),
      (given -> 'needs')::text, 'Name each once; {"step": …, "on": "end"} is for either end.');
  end if;
  if coalesce(given ->> 'join', 'all') not in ('all', 'any') then
    perform almanac_private.refuse_workflow(format('Step %s has a join that is not known.', v_name),
      format('join: %s.', left((given -> 'join')::text, 200)), 'all: it needs all of its needs; any: one is enough.');
  elsif jsonb_typeof(coalesce(given -> 'payload', '{}')) <> 'object' then
    perform almanac_private.refuse_workflow(format('The payload of step %s is not a JSON object.', v_name),
      format('It is of type %s.', jsonb_typeof(given -> 'payload')), 'Wrap it: {"value": …}.');
  elsif given ? 'max_attempts' and (case when jsonb_typeof(given -> 'max_attempts') = 'number'
    then (given -> 'max_attempts')::numeric between 1 and 1000 and (given -> 'max_attempts')::numeric % 1 = 0
    end) is not true then
    perform almanac_private.refuse_workflow(format('Step %s has max_attempts that cannot be used.', v_name),
      format('max_attempts: %s.', left((given -> 'max_attempts')::text, 200)), 'It is a number from 1 to 1000.');
  end if;
  if given ? 'timeout' then
    begin
      v_timeout := (given ->> 'timeout')::interval;
    exception when invalid_datetime_format or datetime_field_overflow or interval_field_overflow then
      v_timeout := null;
    end;
    if almanac_private.is_length(v_timeout, interval '0', interval '10 years') is not true then
      perform almanac_private.refuse_workflow(format('Step %s has a timeout that cannot be used.', v_name),
        format('timeout: %s.', left((given -> 'timeout')::text, 200)), 'For example "5 minutes"; "0" sets none.');
    end if;
  end if;
  if given ? 'resource_group' then
    perform almanac_private.find_resource_group(given ->> 'resource_group', 'definition');
  end if;
  return jsonb_build_object('name', v_name, 'task', given -> 'task', 'needs', v_needs)
    || (given - array['name', 'task', 'needs', 'join'])
    || case when v_on is null then '{}' else jsonb_build_object('on', v_on) end
    || case when given ->> 'join' = 'any' then '{"join": "any"}'::jsonb else '{}' end
    || case when not goes_on and v_on is null then '{"stops": true}'::jsonb else '{}' end;
end
$$;
comment on function almanac_private.read_step(jsonb, bigint, boolean) is
  'A step of a definition as graphs keep it; goes_on: also after another step has failed. Raises AL036 where it is '
  'wrong, AL033 for a task that the caller may not use.';
grant execute on function almanac_private.read_step(jsonb, bigint, boolean) to almanac_operator;
