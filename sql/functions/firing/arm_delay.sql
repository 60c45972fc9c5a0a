create or replace function almanac_private.arm_delay() returns interval
language sql stable parallel safe
return case
  when not exists (select from almanac_private.leases l where l.name = 'ticker' and l.expires_at > now())
    and exists (select from almanac.workers w
      where w.status = 'active' and w.last_heartbeat_at > now() - almanac_private.worker_lease())
  then interval '0'
  else (select make_interval(secs => (s.value #>> '{}')::float8 / 1000) from almanac_private.settings s
    where s.key = 'arm_delay_ms')
end;
comment on function almanac_private.arm_delay() is
  'How long after its due time a schedule''s job wakes it, if no ticker did: armed for the due time itself, hundreds '
  'of wake-up jobs would crowd out the runs. No delay while workers are running but no ticker fires: then the wake-up '
  'jobs are all there is.';
