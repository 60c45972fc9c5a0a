-- Definer: anyone who watches may know what keeps runs from beginning. What it reads may be locked, as for overdue().
create or replace function almanac_private.runs_not_begun(as_of timestamptz default now()) returns jsonb
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  set jit to off
as $$
begin
  if not almanac_private.has_running_worker() then
    return null;
  end if;
  return (
    -- Once for each task, not for each run: it looks at all workers.
    with had as materialized (
      select t.identifier from almanac.tasks t where t.available
    ), live as materialized (
      select r.id, r.schedule_name, r.task_identifier, r.run_as, r.owner_user, r.status, r.queued_at, r.children
      from (select l.run_id, l.scheduled_for from almanac_private.live_runs l where not l.is_waiting limit 10000) l
      join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status in ('queued', 'running')
    ), late as materialized (
      select q.* from live q
      where q.status = 'queued' and q.queued_at < runs_not_begun.as_of - interval '30 seconds'
        and q.task_identifier in (select h.identifier from had h)
        -- What is caught up is spread, and its time is still ahead; what waits for a slot is taken again and again.
        and not exists (select from graphile_worker.jobs j
          where j.key = 'run:' || q.id and j.run_at > runs_not_begun.as_of
            and not coalesce(j.flags ? 'almanac:waits_for_slot', false))
    )
    select jsonb_build_object(
      -- A worker that begins others may be full again and again between its heartbeats.
      'isFault', min(l.queued_at) < runs_not_begun.as_of - interval '5 minutes'
        or bool_or(not almanac_private.waits_for_slot(l.id) and exists (
        select from almanac.workers w join almanac.tasks t on t.identifier = l.task_identifier
        where w.status = 'active' and w.last_heartbeat_at > runs_not_begun.as_of - almanac_private.worker_lease()
          and (w.tasks is null or t.is_builtin or t.identifier = any (w.tasks))
          and cardinality(w.run_ids) < w.concurrency
          and not exists (select from almanac.runs r
            where r.id = any (w.run_ids) and r.started_at > runs_not_begun.as_of - interval '30 seconds'))),
      'count', count(*), 'name', (array_agg(l.schedule_name order by l.queued_at, l.id))[1], 'since', min(l.queued_at),
      'slots', (select coalesce(sum(w.concurrency), 0) from almanac.workers w
        where w.status = 'active' and w.last_heartbeat_at > runs_not_begun.as_of - almanac_private.worker_lease()),
      'waiting', (
        select jsonb_agg(jsonb_build_object('role', w.account, 'count', w.count) order by w.count desc, w.account)
        from (
          select almanac_private.account_name(o.run_as, o.owner_user) as account, count(*) as count from late o
          group by o.run_as, o.owner_user order by count(*) desc, o.run_as, o.owner_user limit 3
        ) w),
      'holders', (
        select coalesce(jsonb_agg(jsonb_build_object('role', h.account, 'task', h.task_identifier, 'count', h.count)
          order by h.count desc, h.account, h.task_identifier), '[]')
        from (
          select almanac_private.account_name(g.run_as, g.owner_user) as account, g.task_identifier, count(*) as count
          from live g where g.status = 'running' and g.children is null
          group by g.run_as, g.owner_user, g.task_identifier
          order by count(*) desc, g.run_as, g.owner_user, g.task_identifier limit 3
        ) h))
    from late l having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.runs_not_begun(timestamptz) is
  'Runs that have been queued for 30 seconds though a worker has their task: how many, the schedule of the first and '
  'since when, of which roles, or users of the web client, most are, how many slots the workers have, and whose tasks '
  'hold most of them. Of more than 10,000 unfinished runs it looks at that many. isFault: a worker that has their task '
  'has a free slot and begins nothing, or the first has been queued for 5 minutes. Null: none, or no worker is '
  'running, or the runs are locked, and not known.';
grant execute on function almanac_private.runs_not_begun(timestamptz) to almanac_viewer, almanac_worker;
