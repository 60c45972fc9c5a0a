-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac.reconcile(within interval default null)
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
  -- A partition may be younger than its statistics.
  set enable_seqscan to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_until timestamptz := case when reconcile.within < '100 years' then statement_timestamp() + reconcile.within
    else 'infinity' end;
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
  v_freed bigint[];
  v_idle bigint[];
begin
  perform almanac_private.check_admin('reconcile', true);
  -- Schedule rows first, then their jobs; what someone else holds locked is being seen to.
  v_replanned := array(
    select s.id from almanac.schedules s
    where reconcile.within is null and s.next_run_at is null and s.status = 'active' and s.kind <> 'manual'
      and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update skip locked);
  if v_replanned <> '{}' then
    perform almanac_private.replan(v_replanned);
    return query
    select 'planned', s.id, s.name, null::bigint,
      format('It was active without a next run; now %s.', coalesce(s.next_run_at::text, s.status::text))
    from almanac.schedules s where s.id = any (v_replanned) order by s.id;
  end if;

  for v_found in
    with candidates as (
      select s.id from almanac.schedules s
      where s.next_run_at <= v_until and not exists (
        select from graphile_worker.jobs j
        where j.key = 'schedule:' || s.id and almanac_private.is_own_job(j.key, j.task_identifier)
          and (j.locked_at is not null
          or j.run_at <= greatest(s.next_run_at, v_now) + v_delay + interval '70 seconds'
            and j.attempts < j.max_attempts))
    )
    select s.id, s.name, s.next_run_at, j.run_at, j.key is not null and j.attempts >= j.max_attempts as is_dead,
      j.key is not null and not almanac_private.is_own_job(j.key, j.task_identifier) as is_hosts
    from candidates c join almanac.schedules s on s.id = c.id left join graphile_worker.jobs j
      on j.key = 'schedule:' || s.id
    where s.next_run_at is not null
    order by s.id for no key update of s skip locked
  loop
    -- Its schedule is woken when it is free, or armed by the next call.
    continue when almanac_private.held_jobs(array['schedule:' || v_found.id]) <> '{}';
    schedule_id := v_found.id;
    schedule_name := v_found.name;
    run_id := null;
    if v_found.is_hosts then
      repair := 'blocked';
      detail := format('The job schedule:%s is not Almanac''s and was left alone. Rename its key. While it is '
        'there, only a ticker fires the schedule.', v_found.id);
      return next;
      continue;
    end if;
    if v_found.is_dead then
      -- It would lose its key to the new one, and stay.
      perform graphile_worker.remove_job('schedule:' || v_found.id);
    end if;
    perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_found.id, v_found.next_run_at, v_delay)]);
    repair := 'armed';
    detail := case when v_found.run_at is null then 'It had no job.'
      when v_found.is_dead then 'Its job had used up its attempts.'
      else format('Its job was for %s.', v_found.run_at) end || format(' It is due at %s.', v_found.next_run_at);
    return next;
  end loop;

  if reconcile.within is null then
    -- Whoever changes one arms it, or leaves that to the job that is there.
    v_idle := array(
      select s.id from graphile_worker.jobs j join almanac.schedules s on 'schedule:' || s.id = j.key
      where j.key ~ '^schedule:[0-9]+$' and s.next_run_at is null
      order by s.id for no key update of s skip locked);
    for v_found in
      select j.key, split_part(j.key, ':', 2) as id, s.id as schedule_id, s.name
      from graphile_worker.jobs j
      left join almanac.schedules s on s.id::text = split_part(j.key, ':', 2)
      where j.key ~ '^schedule:[0-9]+$' and almanac_private.is_own_job(j.key, j.task_identifier) and j.locked_at is null
        and s.next_run_at is null and (s.id is null or s.id = any (v_idle))
      order by j.key
    loop
      continue when almanac_private.held_jobs(array[v_found.key]) <> '{}';
      perform graphile_worker.remove_job(v_found.key);
      repair := 'disarmed';
      schedule_id := v_found.schedule_id;
      schedule_name := v_found.name;
      run_id := null;
      detail := format('Job %s existed, but nothing was due.', v_found.key);
      return next;
    end loop;
  end if;

  -- A job that lost its key to the one after it, and then failed, and those of attempts that failed while their worker
  -- ended: Graphile Worker deletes none. To find them all jobs are read: where there are many, only when a worker
  -- starts.
  if reconcile.within is null
    or (select c.reltuples from pg_class c where c.oid = 'graphile_worker._private_jobs'::regclass) < 100000 then
    perform graphile_worker.complete_jobs(array(
      select w.id from graphile_worker._private_jobs w where w.id = any (array(
        select j.id from graphile_worker.jobs j
        where j.attempts >= j.max_attempts and j.locked_at is null and case
            when j.task_identifier = 'almanac:wake' then j.key is null
            when j.task_identifier like 'almanac-run:%'
              then not exists (select from almanac_private.live_runs l where 'run:' || l.run_id = j.key)
          end))
      order by w.id for update skip locked));
  end if;

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
    where r.status = 'running' and r.attempt_started_at < v_now - almanac_private.worker_lease()
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
comment on function almanac.reconcile(interval) is
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing '
  'or wrong (after a restore from a dump, or when jobs were deleted manually). Returns what it repaired: planned, '
  'armed, disarmed, queued, ended (an attempt that no worker has), failed (no running worker has had its task for an '
  'hour), or forgotten (a run that was deleted before it finished); blocked: a host''s job has the key of a '
  'schedule''s, and was left alone. within: only what is due that soon. Jobs that have failed for good are deleted. '
  'Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_viewer;
