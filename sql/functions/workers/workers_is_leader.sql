create or replace function almanac.workers_is_leader(worker almanac.workers) returns boolean
language sql stable set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.leases l where l.name = 'ticker' and l.worker_id = worker.id
    and l.expires_at > now())
$$;
comment on function almanac.workers_is_leader(almanac.workers) is
  'Whether this worker is the leader: its ticker fires schedules.';
grant execute on function almanac.workers_is_leader(almanac.workers) to almanac_viewer;
