-- Invoker: pg_stat_activity shows statements and times to whom it should. It reads no table while someone waits.
create or replace function almanac.blockers()
returns table (
  pid integer, role_name text, application_name text, transaction_since timestamptz, query text, blocks text,
  blocked_since timestamptz
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return query
  with recursive engine as materialized (
    select a.pid, a.application_name from pg_stat_activity a
    where a.datname = current_database() and a.application_name like 'almanac %'
      and (pg_has_role(a.usesysid, 'almanac_worker', 'member') or pg_has_role(a.usesysid, 'almanac_server', 'member'))
  ), chain(pid, blocks, since) as (
    select b.pid, e.application_name, coalesce(w.waitstart, clock_timestamp())
    from pg_locks w join engine e on e.pid = w.pid cross join unnest(pg_blocking_pids(w.pid)) b(pid)
    where not w.granted
    union
    select b.pid, c.blocks, c.since from chain c cross join unnest(pg_blocking_pids(c.pid)) b(pid)
  )
  select c.pid, coalesce(a.usename::text, 'a prepared transaction'), nullif(a.application_name, ''), a.xact_start,
    nullif(left(a.query, 1000), '<insufficient privilege>'), string_agg(distinct c.blocks, ', '), min(c.since)
  from chain c left join pg_stat_activity a on a.pid = c.pid
  where c.pid not in (select e.pid from engine e)
  group by c.pid, a.usename, a.application_name, a.xact_start, a.query
  order by min(c.since), c.pid;

  if not found then
    -- Locked rows are passed over, so no one waits for their holders. A worker that locks them is firing.
    return query
    select h.pid, a.usename::text, nullif(a.application_name, ''), a.xact_start,
      nullif(left(a.query, 1000), '<insufficient privilege>'),
      format(case count(*) when 1 then 'a run of %2$L, which cannot start or end'
        else '%1$s runs that cannot start or end, the first of %2$L' end,
        count(*), (array_agg(h.schedule_name order by h.held_since))[1]), min(h.held_since)
    from almanac_private.holders_of_runs() h
    join pg_stat_activity a on a.pid = h.pid
    where not (a.datname = current_database() and a.application_name like 'almanac %'
      and (pg_has_role(a.usesysid, 'almanac_worker', 'member')
        or pg_has_role(a.usesysid, 'almanac_server', 'member')))
    group by h.pid, a.usename, a.application_name, a.xact_start, a.query
    order by min(h.held_since), h.pid;

    return query
    select l.pid, a.usename::text, nullif(a.application_name, ''), a.xact_start,
      nullif(left(a.query, 1000), '<insufficient privilege>'),
      format(case count(*) when 1 then 'schedule %2$L, which is due'
        else '%1$s schedules that are due, the first %2$L' end,
        count(*), (array_agg(s.name order by s.next_run_at))[1]), min(s.next_run_at)
    from almanac.schedules s
    cross join lateral almanac_private.lock_holders(s.xmax) x
    join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted
    join pg_stat_activity a on a.pid = l.pid
    where s.next_run_at < clock_timestamp() - interval '2 seconds'
      and not (a.datname = current_database() and a.application_name like 'almanac %'
        and (pg_has_role(a.usesysid, 'almanac_worker', 'member')
          or pg_has_role(a.usesysid, 'almanac_server', 'member')))
    group by l.pid, a.usename, a.application_name, a.xact_start, a.query
    order by min(s.next_run_at), l.pid;
  end if;
end
$$;
comment on function almanac.blockers() is
  'Sessions that keep Almanac waiting: they hold locks that its workers, servers or migrate wait for, rows of '
  'schedules that are due, or runs that are to begin or end. transaction_since and query are null where the caller may '
  'not see them.';
grant execute on function almanac.blockers() to almanac_viewer, almanac_server;
