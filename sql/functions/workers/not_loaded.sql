create or replace function almanac_private.not_loaded(task_identifier text) returns text
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select format('Its task %s could not be loaded, so its runs fail: %s', t.identifier, t.problem)
  from almanac_private.known_tasks t where t.identifier = not_loaded.task_identifier and t.problem is not null
$$;
comment on function almanac_private.not_loaded(text) is
  'Says that runs of a task fail as a worker could not load its file; null: it could.';
grant execute on function almanac_private.not_loaded(text) to almanac_viewer;
