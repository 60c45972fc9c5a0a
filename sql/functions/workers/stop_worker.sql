-- Definer: workers have no right to write tables.
create or replace function almanac_private.stop_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.workers w set status = 'stopped', stopped_at = clock_timestamp()
  where w.id = stop_worker.worker_id and w.status in ('active', 'draining');
  perform almanac_private.end_lead(stop_worker.worker_id);
end
$$;
comment on function almanac_private.stop_worker(bigint) is
  'Records that a worker has stopped in good order, and ends its lead.';
grant execute on function almanac_private.stop_worker(bigint) to almanac_worker;
