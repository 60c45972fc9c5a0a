create or replace function almanac.payload_errors(task text, payload jsonb)
returns table (path text, message text)
language plpgsql stable rows 10 set search_path to pg_catalog, pg_temp
as $$
begin
  perform almanac_private.check_task_is_known(payload_errors.task);
  perform almanac_private.check_payload_size(payload_errors.payload);
  return query
    select e.path, almanac_private.error_text(e.found, e.wanted)
    from unnest(almanac_private.task_errors(payload_errors.task, payload_errors.payload)) e;
end
$$;
comment on function almanac.payload_errors(text, jsonb) is
  'Where a payload does not fit the JSON Schema of a task: path is a JSON Pointer, '''' for the whole payload, message '
  'what is there and what is wanted. No rows: it fits, or the task has no schema. Some ten places at most. Saving and '
  'triggering check the same. An unknown task (AL005) and a payload that is too large (AL019) are refused.';
grant execute on function almanac.payload_errors(text, jsonb) to almanac_viewer;
