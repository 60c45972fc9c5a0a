create or replace function almanac.register_task(
  identifier text, label text default null, description text default null, payload_schema jsonb default null,
  task_group text default null, depends_on text[] default null
) returns almanac.tasks
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
  v_wrong text[];
begin
  perform almanac_private.check_admin('register_task');
  if not almanac_private.nests_too_deeply(register_task.payload_schema) then
    select s.wrong into v_wrong from almanac_private.read_schema(register_task.payload_schema) s;
  end if;
  if v_wrong <> '{}' then
    raise exception using errcode = 'AL019', column = 'payload_schema', message = 'This is not a JSON Schema.',
      detail = array_to_string(v_wrong[:5], '; ') || '.',
      hint = 'Write it as draft 2020-12 defines it: {"type": "object", "properties": {"name": {"type": "string"}}}.';
  end if;
  insert into almanac_private.known_tasks as t (identifier, label, description, payload_schema, task_group, depends_on)
  values (register_task.identifier, register_task.label, register_task.description, register_task.payload_schema,
    register_task.task_group, coalesce(register_task.depends_on, '{}'))
  on conflict on constraint tasks_pkey do update
  set label = coalesce(excluded.label, t.label), description = coalesce(excluded.description, t.description),
    payload_schema = coalesce(excluded.payload_schema, t.payload_schema),
    task_group = coalesce(excluded.task_group, t.task_group),
    depends_on = coalesce(register_task.depends_on, t.depends_on);
  select t.* into v_task from almanac.tasks t where t.identifier = register_task.identifier;
  if v_task.schema_problems <> '{}' and register_task.payload_schema is not null then
    raise warning using errcode = 'AL022',
      message = format('Task %s is registered, but not all of its JSON Schema is checked.', v_task.identifier),
      detail = array_to_string(v_task.schema_problems[:5], '; ') || '.',
      hint = 'docs/payloads.md says what is. Parts that are not checked accept every payload.';
  end if;
  return v_task;
end
$$;
comment on function almanac.register_task(text, text, text, jsonb, text, text[]) is
  'Registers a task before any worker has it, so that schedules can name it. What a worker says of it later takes '
  'its place. payload_schema: JSON Schema, draft 2020-12, that payloads are checked by (AL006); AL022 warns of what is '
  'not checked of it, AL019 refuses what is not a schema. depends_on: tasks that must have succeeded before it where '
  'its task_group, or all tasks, run; AL035 refuses unknown ones and cycles. Null leaves what is there.';
grant execute on function almanac.register_task(text, text, text, jsonb, text, text[]) to almanac_viewer;
