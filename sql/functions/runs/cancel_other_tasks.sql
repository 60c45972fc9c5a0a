-- Called by tg_arm_schedules, with its rights.
create or replace function almanac_private.cancel_other_tasks(schedule_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
begin
  select array_agg(r.id), array_agg(r.scheduled_for) into v_runs, v_times
  from almanac_private.live_runs l
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  join almanac.schedules s on s.id = l.schedule_id
  where l.schedule_id = any (cancel_other_tasks.schedule_ids) and r.status in ('waiting', 'queued', 'retrying')
    and r.task_identifier <> s.task_identifier;
  if almanac_private.cancel_unbegun(v_runs, v_times, 'its schedule now has another task') > 0 then
    perform almanac_private.release_waiting(cancel_other_tasks.schedule_ids);
  end if;
end
$$;
comment on function almanac_private.cancel_other_tasks(bigint[]) is
  'Cancels the runs of schedules that have not started and whose schedule no longer has their task: they would block '
  'those that are.';
