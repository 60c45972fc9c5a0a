-- Definer: writes the ledger.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null, as_of timestamptz default clock_timestamp()
) returns table (run_id bigint, schedule_id bigint, started boolean, attempt integer, task_identifier text, timeout_ms double precision, run_as name)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
  with asked as (
    select a.id, a.scheduled_for, a.job_id from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, scheduled_for, job_id)
    order by a.id
  ), locked as (
    select r.id, r.scheduled_for, a.job_id
    from asked a
    cross join lateral (
      -- Found by key and looked at afterwards: with its status as a condition here, all of a partition may be read for the few that are queued.
      select x.id, x.scheduled_for, x.status, x.worker_id, x.job_id
      from almanac.runs x where x.id = a.id and x.scheduled_for = a.scheduled_for offset 0 for no key update
    ) r
    -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
    where r.status in ('queued', 'retrying')
      or r.status = 'running' and r.worker_id = begin_runs.worker_id and r.job_id = a.job_id
  ), begun as (
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer, started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id, job_id = l.job_id
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
    returning r.id, r.schedule_id, r.attempt, r.task_identifier, r.timeout, r.run_as
  )
  select b.id, b.schedule_id, true, b.attempt, b.task_identifier, extract(epoch from b.timeout)::float8 * 1000, b.run_as from begun b
  union all
  -- Not a join: without hash joins it would compare each with each.
  select a.id, null, false, null, null, null, null from asked a where a.id not in (select b.id from begun b);
end
$$;
comment on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) is
  'Marks runs as running. A run that is not queued (cancelled, taken by another worker) comes back with started = false and must not be run. Asked again for the same job, it gives the same answer.';
grant execute on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) to almanac_worker;
