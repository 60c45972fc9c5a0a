create or replace function almanac.register_task(
  identifier text, label text default null, description text default null, payload_schema jsonb default null
) returns almanac.tasks
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
begin
  perform almanac_private.check_admin('register_task');
  insert into almanac_private.known_tasks as t (identifier, label, description, payload_schema)
  values (register_task.identifier, register_task.label, register_task.description, register_task.payload_schema)
  on conflict on constraint tasks_pkey do update
  set label = coalesce(excluded.label, t.label), description = coalesce(excluded.description, t.description),
    payload_schema = coalesce(excluded.payload_schema, t.payload_schema);
  select t.* into v_task from almanac.tasks t where t.identifier = register_task.identifier;
  return v_task;
end
$$;
comment on function almanac.register_task(text, text, text, jsonb) is
  'Registers a task before any worker has it, so that schedules can name it. What a worker says of it later takes '
  'its place.';
grant execute on function almanac.register_task(text, text, text, jsonb) to almanac_viewer;
