-- Definer: workers have no right to write tables.
create or replace function almanac_private.register_worker(
  name text, host text, pid integer, version text, concurrency integer, tasks text[] default null
) returns bigint
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  insert into almanac.workers (name, host, pid, version, concurrency, tasks)
  values (register_worker.name, register_worker.host, register_worker.pid, register_worker.version, register_worker.concurrency, register_worker.tasks)
  returning id into v_id;
  return v_id;
end
$$;
comment on function almanac_private.register_worker(text, text, integer, text, integer, text[]) is
  'Notes a worker process that starts, and the tasks that it has besides the built-in ones; returns its number.';
grant execute on function almanac_private.register_worker(text, text, integer, text, integer, text[]) to almanac_worker;
