-- Definer: the server's login may not read leases by itself.
create or replace function almanac_private.health(as_of timestamptz default clock_timestamp()) returns jsonb
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'workers', (
      select jsonb_build_object('running', count(*), 'takingJobs',
        count(*) filter (where w.takes_nothing_since is null))
      from almanac.workers w
      where w.status = 'active' and w.last_heartbeat_at >= health.as_of - almanac_private.worker_lease()),
    'isCopy', almanac.copied_from() is not null,
    'isStopped', almanac_private.is_stopped(),
    'overdue', (
      select jsonb_build_object('count', o.overdue -> 'count', 'since', o.overdue -> 'at')
      from almanac_private.overdue(health.as_of) o(overdue) where o.overdue is not null),
    'notBegun', (
      select jsonb_build_object('count', n.found -> 'count', 'since', n.found -> 'since',
        'isFault', n.found -> 'isFault')
      from almanac_private.runs_not_begun(health.as_of) n(found) where n.found is not null),
    -- Anyone may ask, so not of which roles.
    'limits', coalesce(almanac_private.limits_reached(), '[]'),
    'leader', exists (select from almanac_private.leases l where l.name = 'ticker' and l.expires_at > health.as_of),
    'ledger', (
      select jsonb_build_object('checkedAt', c.checked_at, 'isFresh', coalesce(c.stale_at >= health.as_of, false),
        'problems', c.found)
      from (values (true)) one left join (
        select l.checked_at, l.stale_at, l.found from almanac.ledger_checks l
          order by l.checked_at desc, l.id desc limit 1
      ) c on true),
    'blockers', (
      -- Anyone may ask, so not who they are.
      select coalesce(jsonb_agg(jsonb_build_object('pid', b.pid, 'since', b.blocked_since)
        order by b.blocked_since, b.pid), '[]')
      from almanac.blockers() b where b.blocked_since < health.as_of - interval '1 second'));
end;
comment on function almanac_private.health(timestamptz) is
  'What /healthz says: how many workers are running and take jobs, whether this is a copy that no one has adopted, '
  'whether all schedules are stopped, how many are overdue, how many runs do not begin, how many schedules are put '
  'off by which limits, whether a ticker leads and the last check of the ledger is fresh, and which processes of '
  'PostgreSQL keep Almanac waiting.';
grant execute on function almanac_private.health(timestamptz) to almanac_server;
