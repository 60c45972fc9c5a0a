-- Called by tg_arm_schedules, with its rights.
create or replace function almanac_private.cancel_deleted(schedule_ids bigint[]) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
begin
  select array_agg(r.id), array_agg(r.scheduled_for) into v_runs, v_times
  from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  where l.schedule_id = any (cancel_deleted.schedule_ids) and r.status in ('waiting', 'queued');
  return almanac_private.cancel_unbegun(v_runs, v_times, 'its schedule was deleted');
end
$$;
comment on function almanac_private.cancel_deleted(bigint[]) is
  'Cancels the runs of deleted schedules that have not started. Those that have started continue, with further '
  'attempts.';
