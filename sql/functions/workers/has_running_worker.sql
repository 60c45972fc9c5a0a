create or replace function almanac_private.has_running_worker() returns boolean
language sql stable
return exists (select from almanac.workers w
  where w.status = 'active' and w.last_heartbeat_at > clock_timestamp() - almanac_private.worker_lease());
comment on function almanac_private.has_running_worker() is
  'Whether any worker takes jobs: its last heartbeat is younger than worker_lease(), and it was not asked to stop.';
grant execute on function almanac_private.has_running_worker() to almanac_viewer;
