-- Called by tg_arm_schedules, with its rights.
create or replace function almanac_private.cancel_other_tasks(schedule_ids bigint[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ended bigint[];
begin
  with locked as (
    select r.id, r.scheduled_for
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join almanac.schedules s on s.id = l.schedule_id
    where l.schedule_id = any (cancel_other_tasks.schedule_ids) and r.status in ('waiting', 'queued', 'retrying')
      and r.task_identifier <> s.task_identifier
    order by r.scheduled_for, r.id for no key update of r
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = 'its schedule now has another task', finished_at = now()
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
      and r.status in ('waiting', 'queued', 'retrying')
    returning r.id, r.schedule_id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = e.schedule_id and l.run_id = e.id
  )
  select array_agg(e.id) into v_ended from ended e;
  if v_ended is not null then
    perform almanac_private.remove_jobs(array(select 'run:' || e.id from unnest(v_ended) e(id)));
    perform almanac_private.release_waiting(cancel_other_tasks.schedule_ids);
  end if;
end
$$;
comment on function almanac_private.cancel_other_tasks(bigint[]) is
  'Cancels the runs of schedules that have not started and whose schedule no longer has their task: they would block '
  'those that are.';
