-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.finish_runs(worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_count integer;
  v_queueing bigint[];
begin
  perform set_config('almanac.engine', 'on', true);
  with asked as (
    select a."runId" as id, a."scheduledFor" as scheduled_for, a.status, a.error, a.result
    from jsonb_to_recordset(finish_runs.results)
      a("runId" bigint, "scheduledFor" timestamptz, status almanac.run_status, error text, result jsonb)
    order by a."runId"
  ), locked as (
    select r.*, case when r.cancel_requested_at is not null and a.status in ('failed', 'timed_out') then 'cancelled' else a.status end as outcome, a.error as outcome_error, a.result as outcome_result
    from asked a
    cross join lateral (
      -- Found by key and looked at afterwards: with its status as a condition here, all of a partition is read for the few that run.
      select x.* from almanac.runs x where x.id = a.id and x.scheduled_for = a.scheduled_for offset 0 for no key update
    ) r
    where r.status = 'running' and r.worker_id = finish_runs.worker_id
  ), decided as materialized (
    select l.*, l.outcome in ('failed', 'timed_out') and l.attempt < l.max_attempts as retries,
      case when l.outcome in ('failed', 'timed_out') and l.attempt < l.max_attempts then
        finish_runs.as_of + least(
          coalesce(s.retry_ceiling, interval '1 hour'),
          coalesce(s.retry_delay, interval '5 seconds') * least(power(coalesce(s.retry_backoff, 2), l.attempt - 1), 1000000000)::float8)
      end as retry_at
    from locked l left join almanac.schedules s on s.id = l.schedule_id and l.outcome in ('failed', 'timed_out')
  ), ended as (
    update almanac.runs r
    set status = case when d.retries then 'retrying' else d.outcome end,
      error = coalesce(d.outcome_error, case when d.outcome = 'succeeded' then null else r.error end),
      result = d.outcome_result,
      finished_at = case when d.retries then null else finish_runs.as_of end
    from decided d where r.id = d.id and r.scheduled_for = d.scheduled_for
    returning r.id
  ), attempts as (
    insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
    select d.id, d.scheduled_for, d.attempt, d.outcome, d.attempt_started_at, finish_runs.as_of, d.worker_id, d.outcome_error from decided d
    on conflict do nothing
  ), dead as (
    delete from almanac_private.live_runs l using decided d
    where l.schedule_id = d.schedule_id and l.run_id = d.id and not d.retries
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(d.id, d.schedule_id, d.scheduled_for, d.attempt + 1, d.trigger, d.task_identifier, d.payload, d.priority, d.retry_at)
      from decided d where d.retries order by d.id
    ))
    where exists (select from decided d where d.retries)
  ), counted as (
    select d.schedule_id, count(*) filter (where d.outcome in ('failed', 'timed_out') and d.trigger = 'schedule') as failed, (array_agg(d.outcome order by d.id desc))[1] as last_status
    from decided d where not d.retries group by d.schedule_id
  ), stale as (
    select c.* from counted c join almanac.schedules s on s.id = c.schedule_id
    where c.failed > 0 or s.last_status is distinct from c.last_status
  ), free as (
    select t.* from stale t join almanac.schedules s on s.id = t.schedule_id order by s.id for no key update of s skip locked
  ), counters as (
    update almanac.schedules s set failed_runs = s.failed_runs + f.failed, last_status = f.last_status from free f where s.id = f.schedule_id
  ), kept as (
    insert into almanac_private.unsettled_counters (schedule_id, failed, last_status)
    select t.* from stale t where t.schedule_id not in (select f.schedule_id from free f)
  )
  select count(*), array_agg(distinct d.schedule_id) filter (where not d.retries and exists (
      select from almanac_private.live_runs w where w.schedule_id = d.schedule_id and w.is_waiting))
  into v_count, v_queueing
  from decided d, (select count(*) from added) a;

  perform set_config('almanac.engine', 'off', true);
  if v_queueing is not null then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  return v_count;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", "result"}]. Retries what has attempts left, and releases what waited. Counts only runs that this worker had running.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
