-- Definer: writes the ledger and Graphile Worker's jobs.
--
-- No lock is waited for: what someone else holds of a lost worker is left with it, and the worker keeps its pools, so
-- that the next call comes back. All else is taken over at once.
create or replace function almanac_private.reap_workers(
  as_of timestamptz default clock_timestamp(), lost_after interval default almanac_private.worker_lease(),
  blameless_worker bigint default null
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_workers bigint[];
  v_pools text[];
  v_jobs bigint[];
  v_keys text[];
  v_results jsonb;
  v_runs bigint[];
  v_schedules bigint[];
  v_kept text[];
  v_worker almanac.workers;
  v_held text;
  v_lost integer;
  v_free bigint[];
  v_queues integer[];
begin
  -- Those lost earlier of whom something was held, too.
  with dead as (
    select w.id, w.status from almanac.workers w
    where w.status in ('active', 'draining') and w.last_heartbeat_at < reap_workers.as_of - reap_workers.lost_after
      or w.status = 'lost' and w.pool_ids <> '{}'
    order by w.id for update skip locked
  ), lost as (
    update almanac.workers w
    set status = 'lost', stopped_at = case when d.status = 'lost' then w.stopped_at else reap_workers.as_of end
    from dead d where w.id = d.id
    returning w.id, w.pool_ids, d.status
  )
  select array_agg(distinct l.id), array_agg(distinct p.id), count(distinct l.id) filter (where l.status <> 'lost')
  into v_workers, v_pools, v_lost
  from lost l left join lateral unnest(l.pool_ids) p(id) on true;
  if v_workers is null then
    return 0;
  end if;

  v_free := array(
    select w.id from graphile_worker._private_jobs w where w.locked_by = any (v_pools)
    order by w.id for update skip locked);
  v_queues := array(
    select q.id from graphile_worker._private_job_queues q where q.locked_by = any (v_pools)
    order by q.id for update skip locked);
  select array_agg(j.id), array_agg(j.key) filter (where j.key is not null) into v_jobs, v_keys
  from graphile_worker.jobs j
  where j.id = any (v_free)
    and case
      when j.key is not null then almanac_private.is_own_job(j.key, j.task_identifier)
      -- What has lost its key to a job for later: a wake, and a failed attempt that is recorded and was not completed.
      else j.task_identifier = 'almanac:wake' or j.task_identifier like 'almanac-run:%' or j.id in (
        select r.job_id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
          and r.scheduled_for = l.scheduled_for)
    end;

  -- Attempts that were running are tried again at once. Only what may have ended the worker is counted: the run that
  -- is known to have, or else all.
  for v_worker in select w.* from almanac.workers w where w.id = any (v_workers) order by w.id loop
    select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for, 'status', 'failed') || case
          when r.id = v_worker.culprit_run_id and v_worker.end_reason is not null
            then jsonb_build_object('error', v_worker.end_reason)
          when r.id = v_worker.culprit_run_id
            then jsonb_build_object('isLost', true, 'error', 'The worker was lost while this run blocked its CPU'
            || coalesce(', at ' || v_worker.culprit_at, '') || '.')
          when v_worker.culprit_run_id is not null
            then jsonb_build_object('isReturned', true, 'error',
            format('The worker was lost because of run %s.', v_worker.culprit_run_id))
          when v_worker.id = reap_workers.blameless_worker
            then jsonb_build_object('isReturned', true, 'error', 'The worker was lost: ' || v_worker.end_reason)
          else jsonb_build_object('isLost', true, 'error', 'The worker was lost'
            || coalesce(': ' || v_worker.end_reason, '.')) end
        order by r.id), string_agg(format('%s (%s)', r.id, r.task_identifier), ', ' order by r.id)
      into v_results, v_held
      from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = v_worker.id;
    perform almanac_private.finish_runs(v_worker.id, v_results, reap_workers.as_of) where v_results is not null;
    -- What is known is told; a process that was killed, or had no memory left, could not say.
    update almanac.workers w
    set end_reason = format('Its last heartbeat was %s s earlier. ',
      extract(epoch from reap_workers.lost_after)::integer)
      || case
        when w.culprit_run_id is not null
          then format('Run %s blocked its CPU%s.', w.culprit_run_id, coalesce(', at ' || w.culprit_at, ''))
        when v_held is null then 'The cause is unknown; it was running nothing.'
        else format('The cause is unknown: it ran out of memory, crashed or was killed, or its machine failed. It was '
          'running %s.',
          left(v_held, 1000)) end
    where w.id = v_worker.id and w.end_reason is null;
  end loop;

  -- New jobs for what they had fetched but not begun. The old rows are still locked by the dead pools, so they lose
  -- their keys to the new ones.
  v_runs := array(select substr(k, 5)::bigint from unnest(v_keys) k where k like 'run:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger,
      r.task_identifier, r.payload, r.priority, null, r.lost_attempts)
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.run_id = any (v_runs) and r.status in ('queued', 'retrying')
      and not exists (select from graphile_worker.jobs f where f.key = 'run:' || r.id and f.locked_by is null)
    order by r.id
  ));
  v_schedules := array(select substr(k, 10)::bigint from unnest(v_keys) k where k like 'schedule:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, interval '0')
    from almanac.schedules s where s.id = any (v_schedules) and s.next_run_at is not null order by s.id
  ));
  -- As graphile_worker.force_unlock_workers does, which would wait.
  update graphile_worker._private_jobs w set locked_at = null, locked_by = null where w.id = any (v_free);
  update graphile_worker._private_job_queues q set locked_at = null, locked_by = null where q.id = any (v_queues);
  -- A job that its pool has handed back meanwhile is the only one that its run or schedule has.
  v_kept := array(
    select 'run:' || r.id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
      and r.scheduled_for = l.scheduled_for
    where l.run_id = any (v_runs) and r.status in ('queued', 'retrying')
    union all
    select 'schedule:' || s.id from almanac.schedules s where s.id = any (v_schedules) and s.next_run_at is not null
  );
  perform graphile_worker.complete_jobs(array(
    select j.id from graphile_worker.jobs j where j.id = any (v_jobs) and coalesce(j.key <> all (v_kept), true)));
  update almanac.workers w set pool_ids = '{}'
  where w.id = any (v_workers)
    and not exists (select from graphile_worker._private_jobs j where j.locked_by = any (w.pool_ids))
    and not exists (select from graphile_worker._private_job_queues q where q.locked_by = any (w.pool_ids))
    and not exists (
      select from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id
        and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = w.id);
  return v_lost;
end
$$;
comment on function almanac_private.reap_workers(timestamptz, interval, bigint) is
  'Marks workers without a heartbeat as lost: their running attempts end and are tried again at once, jobs that they '
  'had fetched go to others, their locks are released. What someone holds locked is not waited for, and left to the '
  'next call. Returns how many were lost. blameless_worker: one whose end is not a run''s fault.';
grant execute on function almanac_private.reap_workers(timestamptz, interval, bigint) to almanac_worker;
