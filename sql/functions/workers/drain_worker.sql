-- Definer: workers have no right to write tables.
create or replace function almanac_private.drain_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- A heartbeat that comes at the same time finds it draining, and takes no lead.
  update almanac.workers w set status = 'draining' where w.id = drain_worker.worker_id and w.status = 'active';
  perform almanac_private.give_up_lead(drain_worker.worker_id);
end
$$;
comment on function almanac_private.drain_worker(bigint) is
  'Notes that a worker was asked to stop: it takes no new work, ends what it runs, and gives up its lead at once.';
grant execute on function almanac_private.drain_worker(bigint) to almanac_worker;
