-- Called by reconcile, with its rights and its settings.
create or replace function almanac_private.reconcile_schedules(within interval)
returns table (repair text, schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_until timestamptz := case when reconcile_schedules.within < '100 years'
    then statement_timestamp() + reconcile_schedules.within else 'infinity' end;
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
  v_idle bigint[];
begin
  -- Schedule rows first, then their jobs; what someone else holds locked is being seen to.
  v_replanned := array(
    select s.id from almanac.schedules s
    where reconcile_schedules.within is null and s.next_run_at is null and s.status = 'active' and s.kind <> 'manual'
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
      else format('Its job was for %s.', almanac_private.recorded_time(v_found.run_at)) end
      || format(' It is due on %s.', almanac_private.spoken_time(v_found.next_run_at, 'UTC'));
    return next;
  end loop;

  if reconcile_schedules.within is null then
    -- Anyone who changes one arms it, or leaves that to the job that is there.
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
end
$$;
comment on function almanac_private.reconcile_schedules(interval) is
  'The part of reconcile() that looks at schedules: plans, arms and disarms them, and returns what it did.';
