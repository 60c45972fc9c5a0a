create or replace function almanac.payload_errors(task text, payload jsonb)
returns table (path text, message text)
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select e.path, almanac_private.error_text(e.found, e.wanted)
  from unnest(almanac_private.task_errors(payload_errors.task, payload_errors.payload)) e
$$;
comment on function almanac.payload_errors(text, jsonb) is
  'Where a payload does not fit the JSON Schema of a task: path is a JSON Pointer, '''' for the whole payload, message '
  'what is there and what is wanted. No rows: it fits, or the task has no schema. Some ten places at most. Saving and '
  'triggering check the same.';
grant execute on function almanac.payload_errors(text, jsonb) to almanac_viewer;
