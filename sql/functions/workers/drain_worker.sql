-- Definer: workers have no right to write tables.
create or replace function almanac_private.drain_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- A heartbeat that comes at the same time finds it draining, and does not make it the leader.
  update almanac.workers w set status = 'draining' where w.id = drain_worker.worker_id and w.status = 'active';
  perform almanac_private.end_lead(drain_worker.worker_id);
end
$$;
comment on function almanac_private.drain_worker(bigint) is
  'Records that a worker was asked to stop: it takes no new jobs, finishes what it runs, and is no longer the leader.';
grant execute on function almanac_private.drain_worker(bigint) to almanac_worker;
