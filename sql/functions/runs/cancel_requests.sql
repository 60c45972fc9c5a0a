-- Definer: reads what only the engine may.
create or replace function almanac_private.cancel_requests(worker_id bigint) returns table (run_id bigint, reason text)
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select r.id, r.reason
  from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  where r.worker_id = cancel_requests.worker_id and r.status = 'running' and r.cancel_requested_at is not null;
end;
comment on function almanac_private.cancel_requests(bigint) is
  'Runs of a worker that are to be aborted, and why: for when the NOTIFY on almanac_cancels did not reach it.';
grant execute on function almanac_private.cancel_requests(bigint) to almanac_worker;
