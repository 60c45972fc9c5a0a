-- Called by functions that have checked who may, with their rights.
create or replace function almanac_private.cancel_unbegun(
  run_ids bigint[], scheduled_fors timestamptz[], reason text
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ended bigint[];
  v_schedules bigint[];
begin
  with locked as (
    select r.id, r.scheduled_for
    from unnest(cancel_unbegun.run_ids, cancel_unbegun.scheduled_fors) u(id, at)
    join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
    where r.status in ('waiting', 'queued', 'retrying')
    order by r.scheduled_for, r.id for no key update of r
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_unbegun.reason, finished_at = clock_timestamp()
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
      and r.status in ('waiting', 'queued', 'retrying')
    returning r.id, r.schedule_id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = e.schedule_id and l.run_id = e.id
  )
  select array_agg(e.id), array_agg(distinct e.schedule_id) into v_ended, v_schedules from ended e;
  if v_ended is not null then
    perform almanac_private.remove_jobs(array(select 'run:' || e.id from unnest(v_ended) e(id)));
    perform almanac_private.notify_changed('almanac_runs', v_schedules);
  end if;
  return coalesce(cardinality(v_ended), 0);
end
$$;
comment on function almanac_private.cancel_unbegun(bigint[], timestamptz[], text) is
  'Cancels those of these runs that no worker has: their jobs go, their rows stay, with the reason. Returns how many.';
