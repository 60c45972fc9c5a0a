-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(
  schedule_id bigint, reason text, as_of timestamptz default now()
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ended bigint[];
  v_asked bigint[];
begin
  with locked as (
    select r.id, r.scheduled_for, r.status
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = cancel_live_runs.schedule_id and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_live_runs.reason,
      finished_at = cancel_live_runs.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
      and l.status in ('waiting', 'queued', 'retrying')
    returning r.id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = cancel_live_runs.schedule_id
      and l.run_id = e.id
  ), asked as (
    update almanac.runs r set cancel_requested_at = cancel_live_runs.as_of, reason = cancel_live_runs.reason
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status = 'running'
      and r.cancel_requested_at is null
    returning r.id
  )
  select (select array_agg(e.id) from ended e), (select array_agg(a.id) from asked a) into v_ended, v_asked;
  perform almanac_private.remove_jobs(array(select 'run:' || e.id from unnest(v_ended) e(id)));
  if v_asked is not null then
    perform pg_notify('almanac_cancels', to_json(v_asked::text[])::text);
  end if;
  return coalesce(cardinality(v_ended), 0) + coalesce(cardinality(v_asked), 0);
end
$$;
comment on function almanac_private.cancel_live_runs(bigint, text, timestamptz) is
  'Cancels the unfinished runs of a schedule: those that have not started, at once; for those that are running, the '
  'workers are asked to abort them. Manual runs are left alone, except those triggered with respect_overlap.';
