-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(
  schedule_id bigint, reason text, as_of timestamptz default now()
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  select array_agg(o.id), array_agg(o.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = cancel_live_runs.schedule_id and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r
  ) o;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, cancel_live_runs.reason, cancel_live_runs.as_of);
  return coalesce(cardinality(v_done.cancelled), 0) + coalesce(cardinality(v_done.asked), 0);
end
$$;
comment on function almanac_private.cancel_live_runs(bigint, text, timestamptz) is
  'Cancels the unfinished runs of a schedule: those that have not started, at once; for those that are running, the '
  'workers are asked to abort them. Manual runs are left alone, except those triggered with respect_overlap.';
