-- Definer: writes Graphile Worker's jobs.
create or replace function almanac_private.take_back_runs(run_ids bigint[], scheduled_fors timestamptz[])
returns table (run_id bigint, is_due boolean)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like begin_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
begin
  -- One that someone holds locked, for example to cancel it, is taken at its own time: all of a worker waits for this.
  return query
  with asked as materialized (
    select a.id as run_id, w.id as job_id, r.queued_at
    from unnest(take_back_runs.run_ids, take_back_runs.scheduled_fors) a(id, at)
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
    join graphile_worker._private_jobs w on w.key = 'run:' || a.id
      and w.flags ?| '{almanac:waits_for_slot,almanac:waits_for_group}'
    where r.status in ('queued', 'retrying') and r.queued_at is not null
  ), free as materialized (
    select a.run_id, w.id as job_id, a.queued_at
    from asked a join graphile_worker._private_jobs w on w.id = a.job_id and w.key = 'run:' || a.run_id
    for no key update of w skip locked
  ), due as materialized (
    -- Before what was queued after them.
    select f.run_id
    from free f cross join lateral graphile_worker.reschedule_jobs(array[f.job_id], run_at => f.queued_at) j
  )
  select a.run_id, d.run_id is not null
  from asked a left join free f on f.run_id = a.run_id left join due d on d.run_id = a.run_id
  where d.run_id is not null or f.run_id is null;
end
$$;
comment on function almanac_private.take_back_runs(bigint[], timestamptz[]) is
  'There is room again for runs that were put back as their role, or their group, had none: their jobs are due now, as '
  'of when they were queued. is_due: false for those that someone holds locked, which are passed over. Those that '
  'another worker has, or that wait no longer, do not come back.';
grant execute on function almanac_private.take_back_runs(bigint[], timestamptz[]) to almanac_worker;
