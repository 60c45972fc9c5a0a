-- Called by reconcile, with its rights and its settings.
create or replace function almanac_private.reconcile_runs()
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_found record;
  v_freed bigint[];
begin
  for v_found in
    select r.*, j.key as found_job, case when j.attempts < j.max_attempts then j.run_at end as job_run_at
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    left join graphile_worker.jobs j on j.key = 'run:' || r.id
    where not l.is_waiting and r.status in ('queued', 'retrying')
      and coalesce(r.queued_at, r.attempt_started_at) < v_now - almanac_private.worker_lease()
      and (j.key is null or j.locked_at is null and almanac_private.is_own_job(j.key, j.task_identifier)
        and (j.attempts >= j.max_attempts or j.task_identifier <> almanac_private.run_identifier(r.task_identifier)))
    order by r.id for no key update of r skip locked
  loop
    continue when almanac_private.held_jobs(array[v_found.found_job]) <> '{}';
    perform graphile_worker.remove_job(v_found.found_job);
    perform graphile_worker.add_jobs(
      array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, v_found.job_run_at,
      v_found.lost_attempts)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and %s.', v_found.scheduled_for, v_found.status,
      case when v_found.found_job is null then 'had no job' when v_found.job_run_at is null
        then 'its job had used up its attempts'
        else 'its job was one that any worker takes' end);
    return next;
  end loop;

  -- Whatever kept its end from being recorded. One that runs for more than 4 hours has lost the lock of its job, and
  -- its worker still has it.
  for v_found in
    select r.id, r.schedule_id, r.schedule_name, r.scheduled_for, r.worker_id
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    -- No worker has a parent; it ends with its children.
    where r.status = 'running' and r.children is null and r.attempt_started_at < v_now - almanac_private.worker_lease()
      and not exists (
        select from graphile_worker.jobs j where j.locked_at is not null
          and case when r.job_id is null then j.key = 'run:' || r.id else j.id = r.job_id end)
      and not exists (
        select from almanac.workers w
        where w.id = r.worker_id and w.status in ('active', 'draining')
          and w.last_heartbeat_at > v_now - almanac_private.worker_lease() and r.id = any (w.run_ids))
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    perform almanac_private.finish_runs(v_found.worker_id,
      jsonb_build_array(jsonb_build_object('runId', v_found.id, 'scheduledFor', v_found.scheduled_for,
      'status', 'failed', 'isLost', true, 'error', 'It was running, but its job was gone, and no worker had it.')));
    repair := 'ended';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was running, but its job was gone, and no worker had it.', v_found.scheduled_for);
    return next;
  end loop;

  v_freed := '{}';
  for v_found in select e.* from almanac_private.end_lacking_runs() e loop
    v_freed := v_freed || v_found.schedule_id;
    repair := 'failed';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.run_id;
    detail := v_found.detail;
    return next;
  end loop;

  -- Of runs that ended otherwise, as their worker was lost.
  delete from almanac_private.held_runs h where not exists (
    select from almanac.runs r
    where r.id = h.run_id and r.scheduled_for = h.scheduled_for and r.finished_at is null);

  -- Of schedules that were changed, paused or deleted.
  delete from almanac_private.held_up h where h.schedule_id = any (array(
    select o.schedule_id from almanac_private.held_up o left join almanac.schedules s on s.id = o.schedule_id
    where s.next_run_at is distinct from o.due_at for update of o skip locked));

  -- A run that was deleted manually, or with its partition, would count as unfinished forever.
  for v_found in
    select l.schedule_id, l.run_id, l.scheduled_for, s.name
    from almanac_private.live_runs l left join almanac.schedules s on s.id = l.schedule_id
    where coalesce((select r.finished_at is not null from almanac.runs r
      where r.id = l.run_id and r.scheduled_for = l.scheduled_for), true)
    order by l.schedule_id, l.run_id for update of l skip locked
  loop
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.run_id;
    v_freed := v_freed || v_found.schedule_id;
    repair := 'forgotten';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.name;
    run_id := v_found.run_id;
    detail := format('Its run for %s has ended, or no longer exists.', v_found.scheduled_for);
    return next;
  end loop;
  if v_freed <> '{}' then
    perform almanac_private.release_waiting(v_freed);
  end if;
end
$$;
comment on function almanac_private.reconcile_runs() is
  'The part of reconcile() that looks at runs that have not ended: queues them again, ends or forgets them, and '
  'returns what it did.';
