-- Definer: workers have no right to write tables.
create or replace function almanac_private.announce_tasks(tasks jsonb, withdrawn text[] default '{}') returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into almanac.tasks as t
    (identifier, label, description, payload_schema, task_group, depends_on, default_timeout, default_max_attempts, available, last_seen_at)
  select a.identifier, a.label, a.description, a.payload_schema, a.task_group, coalesce(a.depends_on, '{}'), a.default_timeout, a.default_max_attempts,
    true, clock_timestamp()
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, label text, description text, payload_schema jsonb, task_group text,
    depends_on text[], default_timeout interval, default_max_attempts integer)
  order by a.identifier
  on conflict (identifier) do update
  set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, task_group = excluded.task_group,
    depends_on = excluded.depends_on, default_timeout = excluded.default_timeout, default_max_attempts = excluded.default_max_attempts,
    available = true, last_seen_at = excluded.last_seen_at
  where not t.is_builtin;
  get diagnostics v_count = row_count;
  -- Every worker has them.
  update almanac.tasks t set available = true, last_seen_at = clock_timestamp() where t.is_builtin and not t.available;
  update almanac.tasks t set available = false where t.identifier = any (announce_tasks.withdrawn) and not t.is_builtin and t.available;
  return v_count;
end
$$;
comment on function almanac_private.announce_tasks(jsonb, text[]) is
  'What a worker says of its tasks at its start: an array of rows of almanac.tasks, and the identifiers whose files are gone, which stay known but unavailable.';
grant execute on function almanac_private.announce_tasks(jsonb, text[]) to almanac_worker;
