--! Previous: sha1:6487b399c27dd06ca18b46e010372db8f05fdfcd
--! Hash: sha1:b072141471efacf86fb6752aada5e48708e025ff
--! Message: A worker ends beside its heartbeat

-- A worker that ends while its heartbeat is under way no longer deadlocks with it: both lock its row first.
--! Included functions/stop_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.stop_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Its row first, as heartbeat() does: the other way round one that comes at the same time would wait for this, and this for it.
  update almanac.workers w set status = 'stopped', stopped_at = clock_timestamp()
  where w.id = stop_worker.worker_id and w.status in ('active', 'draining');
  delete from almanac_private.leases l where l.worker_id = stop_worker.worker_id;
end
$$;
comment on function almanac_private.stop_worker(bigint) is 'Notes that a worker has ended in good order, and gives up its lead.';
grant execute on function almanac_private.stop_worker(bigint) to almanac_worker;
--! EndIncluded functions/stop_worker.sql
--! Included functions/give_up_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.give_up_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Its row first, as heartbeat() does.
  update almanac.workers w set last_heartbeat_at = '-infinity' where w.id = give_up_worker.worker_id and w.status in ('active', 'draining');
  delete from almanac_private.leases l where l.worker_id = give_up_worker.worker_id;
  perform almanac_private.reap_workers();
end
$$;
comment on function almanac_private.give_up_worker(bigint) is
  'Called by a worker whose pool has failed, as its last words: it is lost from now on, and what it holds is taken up at once instead of after 15 s.';
grant execute on function almanac_private.give_up_worker(bigint) to almanac_worker;
--! EndIncluded functions/give_up_worker.sql
