create or replace function almanac_private.a_worker_lives() returns boolean
language sql stable
return exists (select from almanac.workers w
  where w.status = 'active' and w.last_heartbeat_at > clock_timestamp() - interval '15 seconds');
comment on function almanac_private.a_worker_lives() is
  'Whether any worker takes work: it was heard of in the last 15 seconds, and was not asked to stop.';
grant execute on function almanac_private.a_worker_lives() to almanac_viewer;
