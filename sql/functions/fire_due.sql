-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the way
-- (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500, out fired integer, out next_due timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_done bigint[];
  v_stopped boolean;
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_settled almanac.schedules;
  v_delay interval := almanac_private.arm_delay();
begin
  fired := 0;
  select bool_or(s.resumed_at is null), max(s.resumed_at) filter (where not s.catch_up) into v_stopped, v_resumed from almanac.stops s;
  if v_stopped then
    return;
  end if;
  perform set_config('almanac.engine', 'on', true);

  -- A statement of its own: the next one's snapshot is then younger than these locks, so that it counts the runs of whoever held them before.
  v_ids := array(
    select s.id from almanac.schedules s
    where s.next_run_at <= fire_due.as_of
    order by s.next_run_at, s.id
    limit fire_due.max_count
    for no key update skip locked
  );

  with decided as materialized (
    -- What is behind by more than one occurrence, or out of line, is left to settle_schedule.
    select s.id, s.name, s.task_identifier, s.payload, s.priority, s.run_as, s.max_attempts, s.timeout, s.next_scheduled_for, s.next_run_at,
      coalesce(o.status, 'queued') as run_status, o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case when s.max_runs <= s.total_runs + (o.status is distinct from 'skipped')::integer then null else f.following end as then_scheduled_for,
      case
        when s.max_runs <= s.total_runs + (o.status is distinct from 'skipped')::integer then null
        when s.jitter is null then f.following
        else f.following
          + almanac_private.jitter_delay(s.id, f.following, s.jitter, f.following, almanac_private.next_occurrence(s, f.following))
      end as then_due
    from unnest(v_ids) u(id)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.next_occurrence(s, s.next_scheduled_for) as following offset 0) f
    left join lateral (
      select almanac_private.overlap_status(s.overlap_policy, s.max_concurrent, c.live, c.waiting) as status,
        almanac_private.overlap_reason(s.overlap_policy, s.max_concurrent, c.live, c.waiting) as reason
      from (
        select count(*) as live, count(*) filter (where l.is_waiting) as waiting
        from almanac_private.live_runs l where l.schedule_id = s.id and l.trigger = 'schedule'
      ) c
      where c.live > 0
    ) o on not (s.overlap_policy = 'allow' and s.max_concurrent is null)
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd in it.
    where coalesce(s.next_run_at, 'infinity') between greatest(fire_due.as_of - s.late_tolerance, v_resumed) and fire_due.as_of
      and s.calendars = '{}' and not s.has_overrides
      and (s.overlap_policy <> 'cancel_running' or not exists (select from almanac_private.live_runs l where l.schedule_id = s.id))
      and (f.following is null or f.following > fire_due.as_of)
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.next_scheduled_for, d.next_run_at, 'schedule', d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_due.as_of end, case when d.run_status = 'skipped' then fire_due.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, 'schedule', l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.next_scheduled_for, next_scheduled_for = d.then_scheduled_for, next_run_at = d.then_due,
      status = case when d.then_due is null then 'completed' else s.status end,
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else d.next_run_at end,
      total_runs = s.total_runs + case when d.run_status = 'skipped' then 0 else 1 end
    from decided d where s.id = any (array[d.id])
    returning s.id, s.next_run_at
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, 'schedule', l.task_identifier, l.payload, l.priority, null)
      from ledger l where l.status = 'queued'
      union all
      select almanac_private.arm_spec(m.id, m.next_run_at, v_delay) from moved m where m.next_run_at is not null
    ))
  ), removed as (
    -- The job of a schedule that is done. A worker that has it locked finds nothing to do.
    select graphile_worker.remove_job('schedule:' || m.id) from moved m where m.next_run_at is null
  )
  select array_agg(m.id), (select count(*) from ledger l where l.status <> 'skipped')
  into v_done, fired
  from moved m, (select count(*) from added) a, (select count(*) from removed) b;
  fired := coalesce(fired, 0);

  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
    order by s.id
  loop
    begin
      v_settled := almanac_private.settle_schedule(v_schedule, fire_due.as_of);
      perform almanac_private.write_settled(v_settled);
      if v_settled.next_run_at is null then
        perform graphile_worker.remove_job('schedule:' || v_schedule.id);
      else
        perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_run_at, v_delay)]);
      end if;
      fired := fired + (v_settled.total_runs - v_schedule.total_runs)::integer;
    exception when others then
      -- One that cannot be settled must not keep the others from firing.
      raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
    end;
  end loop;

  perform set_config('almanac.engine', 'off', true);
  next_due := (select min(s.next_run_at) from almanac.schedules s);
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due: ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it and when the next is due (which may be already; null: none is, or all are stopped).';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
