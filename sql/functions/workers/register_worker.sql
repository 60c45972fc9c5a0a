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
  values (left(register_worker.name, 200), left(register_worker.host, 255), register_worker.pid,
    left(register_worker.version, 100), register_worker.concurrency,
    case when register_worker.tasks is not null then array(
      select left(t.task, 128) from unnest(register_worker.tasks) with ordinality t(task, n)
      where t.n <= 10000 order by t.n) end)
  returning id into v_id;
  return v_id;
end
$$;
comment on function almanac_private.register_worker(text, text, integer, text, integer, text[]) is
  'Records a worker process that starts, and the tasks that it has in addition to the built-in ones; returns its id. '
  'What is too long is cut.';
grant execute on function almanac_private.register_worker(text, text, integer, text, integer, text[]) to almanac_worker;
