create or replace function almanac_private.worker_lease() returns interval
language sql immutable security invoker parallel safe
return interval '15 seconds';
comment on function almanac_private.worker_lease() is
  'How long a heartbeat counts: a worker without one for longer is lost, and a leader without one no longer leads.';
grant execute on function almanac_private.worker_lease() to almanac_viewer;
