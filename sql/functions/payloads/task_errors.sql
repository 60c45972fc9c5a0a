create or replace function almanac_private.task_errors(task text, payload jsonb)
returns almanac_private.payload_error[]
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select e.errors
  from almanac_private.known_tasks t,
    -- Copies: what is stored compressed would be read again in each step.
    lateral (select jsonb_build_array(t.checked_schema, task_errors.payload) as both) c,
    lateral almanac_private.schema_errors(c.both -> 0, c.both -> 0, c.both -> 1) e
  where t.identifier = task_errors.task and t.checked_schema is not null
$$;
comment on function almanac_private.task_errors(text, jsonb) is
  'Where a payload does not fit the schema of a task; null if the task has none.';
grant execute on function almanac_private.task_errors(text, jsonb) to almanac_viewer;
