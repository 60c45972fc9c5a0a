-- Definer: writes Graphile Worker's jobs.
create or replace function almanac_private.take_back_runs(run_ids bigint[], scheduled_fors timestamptz[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as begin_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_count bigint;
begin
  -- One that is held locked, as by whoever cancels it, is taken at its own time: all of a worker waits for this.
  with free as materialized (
    select w.id, r.queued_at
    from unnest(take_back_runs.run_ids, take_back_runs.scheduled_fors) a(id, at)
    join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
    join graphile_worker._private_jobs w on w.key = 'run:' || a.id and w.flags ? 'almanac:waits_for_slot'
    where r.status in ('queued', 'retrying') and r.queued_at is not null
    for no key update of w skip locked
  )
  -- Before what was queued after them.
  select count(j.id) into v_count
  from free f cross join lateral graphile_worker.reschedule_jobs(array[f.id], run_at => f.queued_at) j;
end
$$;
comment on function almanac_private.take_back_runs(bigint[], timestamptz[]) is
  'There is room again for runs that were put back as their role had none: their jobs are due now, as of when they '
  'were queued. Those that someone holds locked are passed over.';
grant execute on function almanac_private.take_back_runs(bigint[], timestamptz[]) to almanac_worker;
