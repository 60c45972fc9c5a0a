--! Previous: sha1:6487b399c27dd06ca18b46e010372db8f05fdfcd
--! Hash: sha1:00759631a47f2c621501e79cb1277b6c391363ef
--! Message: Catching up in parts and bounded lengths of time

-- A worker that ends while its heartbeat is under way no longer deadlocks with it: both lock its row first.
--! Included functions/stop_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.stop_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Its row first, as heartbeat() does: the other way round one that comes at the same time would wait for this, and this for it.
  update almanac.workers w set status = 'stopped', stopped_at = clock_timestamp()
  where w.id = stop_worker.worker_id and w.status in ('active', 'draining');
  delete from almanac_private.leases l where l.worker_id = stop_worker.worker_id;
end
$$;
comment on function almanac_private.stop_worker(bigint) is 'Notes that a worker has ended in good order, and gives up its lead.';
grant execute on function almanac_private.stop_worker(bigint) to almanac_worker;
--! EndIncluded functions/stop_worker.sql
--! Included functions/give_up_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.give_up_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- Its row first, as heartbeat() does.
  update almanac.workers w set last_heartbeat_at = '-infinity' where w.id = give_up_worker.worker_id and w.status in ('active', 'draining');
  delete from almanac_private.leases l where l.worker_id = give_up_worker.worker_id;
  perform almanac_private.reap_workers();
end
$$;
comment on function almanac_private.give_up_worker(bigint) is
  'Called by a worker whose pool has failed, as its last words: it is lost from now on, and what it holds is taken up at once instead of after 15 s.';
grant execute on function almanac_private.give_up_worker(bigint) to almanac_worker;
--! EndIncluded functions/give_up_worker.sql

-- Lengths of time are bounded: an as_of less one of 100,000 years is no timestamp, and its schedule would never fire.
select set_config('almanac.engine', 'on', true);
update almanac.schedules s
set late_tolerance = least(s.late_tolerance, '10 years'), catchup_window = least(s.catchup_window, '10 years'),
  retry_delay = least(s.retry_delay, '10 years'), retry_ceiling = least(s.retry_ceiling, '10 years'), timeout = least(s.timeout, '10 years')
where greatest(s.late_tolerance, s.catchup_window, s.retry_delay, s.retry_ceiling, s.timeout) > interval '10 years';
select set_config('almanac.engine', 'off', true);
alter table almanac.schedules drop constraint if exists schedule_late_tolerance_is_at_most_10_years;
alter table almanac.schedules add constraint schedule_late_tolerance_is_at_most_10_years check (late_tolerance <= interval '10 years');
alter table almanac.schedules drop constraint if exists schedule_catchup_window_is_at_most_10_years;
alter table almanac.schedules add constraint schedule_catchup_window_is_at_most_10_years check (catchup_window <= interval '10 years');
alter table almanac.schedules drop constraint if exists schedule_retry_delay_is_at_most_10_years;
alter table almanac.schedules add constraint schedule_retry_delay_is_at_most_10_years check (retry_delay <= interval '10 years');
alter table almanac.schedules drop constraint if exists schedule_retry_ceiling_is_at_most_10_years;
alter table almanac.schedules add constraint schedule_retry_ceiling_is_at_most_10_years check (retry_ceiling <= interval '10 years');
alter table almanac.schedules drop constraint if exists schedule_timeout_is_at_most_10_years;
alter table almanac.schedules add constraint schedule_timeout_is_at_most_10_years check (timeout <= interval '10 years');

-- A run that was deleted by hand is forgotten.
--! Included functions/reconcile.sql
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
  v_until timestamptz := coalesce(statement_timestamp() + reconcile.within, 'infinity');
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
  v_freed bigint[];
begin
  -- Schedule rows first, then their jobs; what someone else holds locked is being seen to.
  v_replanned := array(
    select s.id from almanac.schedules s
    where reconcile.within is null and s.next_run_at is null and s.status = 'active' and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update skip locked);
  if v_replanned <> '{}' then
    perform almanac_private.replan(v_replanned);
    return query
    select 'planned', s.id, s.name, null::bigint, format('It was active without a next run; now %s.', coalesce(s.next_run_at::text, s.status::text))
    from almanac.schedules s where s.id = any (v_replanned) order by s.id;
  end if;

  for v_found in
    with candidates as (
      select s.id from almanac.schedules s
      where s.next_run_at <= v_until and not exists (
        select from graphile_worker.jobs j
        where j.key = 'schedule:' || s.id and almanac_private.is_own_job(j.key, j.task_identifier) and (j.locked_at is not null
          or j.run_at <= greatest(s.next_run_at, v_now) + v_delay + interval '70 seconds' and j.attempts < j.max_attempts))
    )
    select s.id, s.name, s.next_run_at, j.run_at, j.key is not null and j.attempts >= j.max_attempts as is_dead,
      j.key is not null and not almanac_private.is_own_job(j.key, j.task_identifier) as is_hosts
    from candidates c join almanac.schedules s on s.id = c.id left join graphile_worker.jobs j on j.key = 'schedule:' || s.id
    where s.next_run_at is not null
    order by s.id for no key update of s skip locked
  loop
    schedule_id := v_found.id;
    schedule_name := v_found.name;
    run_id := null;
    if v_found.is_hosts then
      repair := 'blocked';
      detail := format('The job schedule:%s is not Almanac''s and was left alone. Give it another key. While it is there, only a ticker fires the schedule.', v_found.id);
      return next;
      continue;
    end if;
    if v_found.is_dead then
      -- It would lose its key to the new one, and stay.
      perform graphile_worker.remove_job('schedule:' || v_found.id);
    end if;
    perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_found.id, v_found.next_run_at, v_delay)]);
    repair := 'armed';
    detail := case when v_found.run_at is null then 'It had no job.' when v_found.is_dead then 'Its job had used up its attempts.'
      else format('Its job was for %s.', v_found.run_at) end || format(' It is due at %s.', v_found.next_run_at);
    return next;
  end loop;

  if reconcile.within is null then
    for v_found in
      select j.key, split_part(j.key, ':', 2) as id, s.id as schedule_id, s.name
      from graphile_worker.jobs j
      left join almanac.schedules s on s.id::text = split_part(j.key, ':', 2)
      where j.key ~ '^schedule:[0-9]+$' and almanac_private.is_own_job(j.key, j.task_identifier) and j.locked_at is null and s.next_run_at is null
      order by j.key
    loop
      perform graphile_worker.remove_job(v_found.key);
      repair := 'disarmed';
      schedule_id := v_found.schedule_id;
      schedule_name := v_found.name;
      run_id := null;
      detail := format('The job %s was there, and nothing is due.', v_found.key);
      return next;
    end loop;
  end if;

  for v_found in
    select r.* from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where not l.is_waiting and r.status in ('queued', 'retrying') and coalesce(r.queued_at, r.attempt_started_at) < v_now - interval '15 seconds'
      and not exists (select from graphile_worker.jobs j where j.key = 'run:' || r.id)
    order by r.id for no key update of r skip locked
  loop
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, null)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and had no job.', v_found.scheduled_for, v_found.status);
    return next;
  end loop;

  -- A run deleted by hand, or with its partition, would count as going on for ever.
  v_freed := '{}';
  for v_found in
    select l.schedule_id, l.run_id, l.scheduled_for, s.name
    from almanac_private.live_runs l left join almanac.schedules s on s.id = l.schedule_id
    where coalesce((select r.finished_at is not null from almanac.runs r where r.id = l.run_id and r.scheduled_for = l.scheduled_for), true)
    order by l.schedule_id, l.run_id for update of l skip locked
  loop
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.run_id;
    v_freed := v_freed || v_found.schedule_id;
    repair := 'forgotten';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.name;
    run_id := v_found.run_id;
    detail := format('Its run for %s is not there any more.', v_found.scheduled_for);
    return next;
  end loop;
  if v_freed <> '{}' then
    perform almanac_private.release_waiting(v_freed);
  end if;
end
$$;
comment on function almanac.reconcile(interval) is
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing or wrong (after a restore from a dump, or when jobs were deleted by hand). Returns what it repaired: planned, armed, disarmed, queued, or forgotten (a run that was deleted while it was to come or going on); blocked: a host''s job has the key of a schedule''s, and was left alone. within: only what is due that soon. Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_admin, almanac_worker;
--! EndIncluded functions/reconcile.sql
--! Included functions/resume_all.sql
-- Definer: writes a table that only the owner may; the right to execute is the admins'.
create or replace function almanac.resume_all(catch_up boolean default false) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_stop almanac.stops;
begin
  update almanac.stops s set resumed_at = statement_timestamp(), resumed_by = almanac_private.actor(), catch_up = coalesce(resume_all.catch_up, false)
  where s.resumed_at is null returning s.* into v_stop;
  if v_stop.id is null then
    raise exception using errcode = 'AL013', message = 'The schedules are not stopped.', detail = 'There is nothing to resume.',
      hint = 'A single one that is paused is resumed by almanac.resume().';
  end if;
  -- Where no ticker lives their jobs fire them, which have been put off meanwhile.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, almanac_private.arm_delay()) from almanac.schedules s
    where s.next_run_at <= statement_timestamp() order by s.id));
  perform pg_notify('almanac_schedules', '{"op": "bulk", "ids": []}');
  return v_stop;
end
$$;
comment on function almanac.resume_all(boolean) is
  'Ends a stop of all schedules. What was due meanwhile is recorded as stopped, or, with catch_up, treated as each schedule''s missed_run_policy says.';
grant execute on function almanac.resume_all(boolean) to almanac_admin;
--! EndIncluded functions/resume_all.sql

-- What is far behind is caught up in parts, and whatever else is due fires between them.
--! Included functions/catchup_backlog.sql
-- Called by settle_schedule, with its rights and its settings.
create or replace function almanac_private.catchup_backlog(schedule almanac.schedules, as_of timestamptz) returns integer
language sql stable set search_path to pg_catalog, pg_temp
return case when schedule.missed_run_policy = 'run_all' and schedule.next_run_at < catchup_backlog.as_of - schedule.late_tolerance then coalesce((
  select ceil(extract(epoch from j.run_at - catchup_backlog.as_of) * schedule.catchup_per_minute / 60)::integer + 1
  from (
    select l.run_id from almanac_private.live_runs l
    where l.schedule_id = (catchup_backlog.schedule).id and l.trigger = 'schedule' and not l.is_waiting order by l.run_id desc limit 1
  ) l
  join graphile_worker.jobs j on j.key = 'run:' || l.run_id
  where j.run_at > catchup_backlog.as_of
), 0) else 0 end;
comment on function almanac_private.catchup_backlog(almanac.schedules, timestamptz) is
  'How many runs of a schedule that is being caught up are still to come at its pace, so that the next ones follow them.';
--! EndIncluded functions/catchup_backlog.sql
--! Included functions/settle_schedule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000, omit_as almanac.omission_reason default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_tolerated timestamptz := settle_schedule.as_of - schedule.late_tolerance;
  v_window timestamptz := settle_schedule.as_of - schedule.catchup_window;
  v_planned almanac_private.planned_occurrence[];
  v_moved almanac.occurrence_overrides[] := '{}';
  v_item almanac_private.planned_occurrence;
  v_next_moved integer := 1;
  v_is_complete boolean;
  v_latest timestamptz;
  v_follows timestamptz := schedule.cursor_at;
  v_first timestamptz;
  v_count bigint := 0;
  v_reason almanac.omission_reason;
  v_outcome almanac.omission_reason;
  v_run almanac.runs;
  v_marks timestamptz[] := '{}';
  v_caught_up integer := almanac_private.catchup_backlog(schedule, settle_schedule.as_of);
  v_stopped tstzmultirange := case when schedule.is_system then '{}' else almanac_private.stopped_times(least(schedule.cursor_at, schedule.next_run_at)) end;
  v_settled almanac.schedules := schedule;
begin
  if schedule.calendars <> '{}' then
    schedule.cursor_at := almanac_private.settle_stretch(schedule, settle_schedule.as_of, settle_schedule.omit_as);
    v_settled.cursor_at := schedule.cursor_at;
    v_follows := schedule.cursor_at;
  end if;
  if schedule.has_overrides then
    -- Overridden times that a stretch must not cover: they have outcomes of their own, also under a rule that does not name them any more.
    v_marks := array(select o.scheduled_for from almanac.occurrence_overrides o
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for > (settle_schedule.schedule).cursor_at order by o.scheduled_for);
    v_moved := array(select m from almanac_private.moved_occurrences(schedule) m where m.moved_to <= settle_schedule.as_of order by m.moved_to, m.scheduled_for);
  end if;
  v_planned := array(
    select p from almanac_private.planned_occurrences(schedule, schedule.cursor_at, settle_schedule.as_of + interval '1 microsecond',
      settle_schedule.max_steps, true) p);
  v_is_complete := cardinality(v_planned) < settle_schedule.max_steps;
  if not v_is_complete then
    -- Whatever is settled now is then not the latest.
    v_planned := trim_array(v_planned, 1);
  else
    v_latest := (
      select d.scheduled_for
      from (
        select p.scheduled_for, p.due_at from unnest(v_planned) p where p.outcome = 'run' and p.due_at <= settle_schedule.as_of
        union all
        select m.scheduled_for, m.moved_to from unnest(v_moved) m
      ) d
      where not v_stopped @> d.due_at
      order by d.due_at desc, d.scheduled_for desc limit 1);
  end if;

  for v_step in 1 .. cardinality(v_planned) + v_is_complete::integer loop
    v_item := v_planned[v_step]; -- after the last: null, for what else was moved
    exit when v_settled.max_runs <= v_settled.total_runs;
    if v_item.outcome = 'run' and v_item.due_at > settle_schedule.as_of then
      v_item := null; -- it is held back, and whatever comes after it
    end if;

    -- Moved ones whose time comes before this one's.
    while v_next_moved <= cardinality(v_moved) and (v_item is null or (v_item.outcome = 'run' and v_moved[v_next_moved].moved_to <= v_item.due_at)) loop
      exit when v_settled.max_runs <= v_settled.total_runs;
      if settle_schedule.omit_as is null and not v_stopped @> v_moved[v_next_moved].moved_to and almanac_private.is_fired_late(schedule.missed_run_policy,
        v_moved[v_next_moved].moved_to, v_moved[v_next_moved].scheduled_for is not distinct from v_latest, v_tolerated, v_window)
      then
        v_run := almanac_private.insert_run(v_settled, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].moved_to, 'schedule',
          schedule.payload, null, settle_schedule.as_of, case when v_moved[v_next_moved].moved_to < v_tolerated then v_caught_up end);
        v_caught_up := v_caught_up + (v_moved[v_next_moved].moved_to < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := v_moved[v_next_moved].moved_to;
        end if;
      else
        perform almanac_private.record_omission(schedule.id, schedule.name, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].scheduled_for, 1,
          coalesce(settle_schedule.omit_as, case when v_stopped @> v_moved[v_next_moved].moved_to then 'stopped' else 'missed' end::almanac.omission_reason), null, settle_schedule.as_of);
      end if;
      update almanac.occurrence_overrides o set done_at = settle_schedule.as_of
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_moved[v_next_moved].scheduled_for;
      v_next_moved := v_next_moved + 1;
    end loop;
    exit when v_item is null or v_settled.max_runs <= v_settled.total_runs;

    v_outcome := case
      when v_item.outcome = 'moved' then null
      when settle_schedule.omit_as is not null then settle_schedule.omit_as
      when v_item.outcome = 'excluded' then 'excluded'
      when v_item.outcome = 'run' and v_stopped @> v_item.due_at then 'stopped'
      when v_item.outcome = 'run' and not almanac_private.is_fired_late(schedule.missed_run_policy, v_item.due_at,
        v_item.scheduled_for is not distinct from v_latest, v_tolerated, v_window) then 'missed'
    end;
    if v_count > 0 and (v_outcome is distinct from v_reason
      or exists (select from unnest(v_marks) m(at) where m.at > v_settled.cursor_at and m.at < v_item.scheduled_for))
    then
      perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
      v_follows := null;
      v_count := 0;
    end if;
    if v_outcome is not null then
      if v_count = 0 then
        v_first := v_item.scheduled_for;
        v_reason := v_outcome;
      end if;
      v_count := v_count + 1;
    else
      v_follows := null;
      if v_item.outcome = 'run' then
        v_run := almanac_private.insert_run(v_settled, v_item.scheduled_for, v_item.due_at, 'schedule', schedule.payload, null, settle_schedule.as_of,
          case when v_item.due_at < v_tolerated then v_caught_up end);
        v_caught_up := v_caught_up + (v_item.due_at < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := v_item.due_at;
        end if;
      elsif v_item.outcome in ('skipped', 'merged') then
        perform almanac_private.insert_skipped(v_settled, v_item.scheduled_for, v_item.outcome, settle_schedule.as_of);
      end if;
    end if;
    if v_item.outcome in ('moved', 'skipped') then
      update almanac.occurrence_overrides o
      set is_owed = o.action = 'move' and o.done_at is null, done_at = coalesce(o.done_at, case o.action when 'skip' then settle_schedule.as_of end)
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_item.scheduled_for;
    end if;
    v_settled.cursor_at := v_item.scheduled_for;
  end loop;
  if v_count > 0 then
    perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
  end if;
  v_settled.has_overrides := schedule.has_overrides and exists (select from almanac.occurrence_overrides o where o.schedule_id = (settle_schedule.schedule).id and (o.done_at is null or o.scheduled_for > v_settled.cursor_at));
  select d.scheduled_for, d.due_at into v_settled.next_scheduled_for, v_settled.next_run_at from almanac_private.next_due(v_settled) d;
  return v_settled;
end
$$;
comment on function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer, almanac.omission_reason) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of omitted ones; all of them omitted if omit_as says why. Of more than max_steps (at least 2) a part; the rest is due still. Returns the row as it is then, for the caller to write. The path for what is behind or out of line; fire_due does the rest at once.';
--! EndIncluded functions/settle_schedule.sql
--! Included functions/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_run almanac.runs;
  v_live bigint := 0;
  v_waiting bigint := 0;
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if insert_run.trigger = 'schedule' and schedule.overlap_policy = 'cancel_running' then
    perform almanac_private.cancel_live_runs(schedule.id, 'a later run took its place', insert_run.as_of);
  end if;
  if insert_run.trigger = 'schedule' and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    -- As far as the policy cares: of a queue of thousands, each that joins it would count all before it.
    v_live := (
      select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = (insert_run.schedule).id and l.trigger = 'schedule' limit coalesce((insert_run.schedule).max_concurrent, 1)
      ) l);
    v_waiting := (
      select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = (insert_run.schedule).id and l.trigger = 'schedule' and l.is_waiting limit 1
      ) l
      where (insert_run.schedule).overlap_policy = 'queue_one');
    v_status := almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting);
    -- To be caught up means to run, so it waits where it would be skipped were it on time.
    if v_status = 'skipped' and insert_run.caught_up is not null and schedule.overlap_policy <> 'allow' then
      v_status := 'waiting';
    end if;
    v_reason := almanac_private.overlap_reason(schedule.overlap_policy, schedule.max_concurrent, v_live, v_waiting);
  end if;

  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
     queued_at, finished_at, run_as, requested_by)
  values (schedule.id, schedule.name, schedule.task_identifier, insert_run.payload, insert_run.scheduled_for, insert_run.due_at, insert_run.trigger,
    v_status, v_reason, schedule.max_attempts, schedule.timeout, schedule.priority,
    case when v_status = 'queued' then insert_run.as_of end, case when v_status = 'skipped' then insert_run.as_of end,
    schedule.run_as, insert_run.requested_by)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
  returning r.* into v_run;
  if v_run.id is null then
    return null;
  end if;

  if v_status <> 'skipped' then
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, trigger, is_waiting)
    values (schedule.id, v_run.id, v_run.scheduled_for, v_run.trigger, v_status = 'waiting');
  end if;
  if v_status = 'queued' then
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload, v_run.priority,
      insert_run.as_of + make_interval(secs => insert_run.caught_up * 60.0 / schedule.catchup_per_minute))]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run already. caught_up: how many before it are caught up in the same go, so that their jobs are paced; null: it is not caught up.';
--! EndIncluded functions/insert_run.sql
--! Included functions/fire_due.sql
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
  v_in_order integer;
  v_stopped boolean;
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_settled almanac.schedules;
  -- Occurrences that one call settles one by one, of a schedule and of all: whatever is due meanwhile waits for it.
  v_part constant integer := 500;
begin
  fired := 0;
  select coalesce(bool_or(s.resumed_at is null), false), max(s.resumed_at) filter (where not s.catch_up) into v_stopped, v_resumed from almanac.stops s;
  perform set_config('almanac.engine', 'on', true);

  -- Statements of their own: the next one's snapshot is then younger than these locks, so that it counts the runs of whoever held them before.
  -- From both ends: what is due now is not kept waiting by hundreds that are behind, nor they by it.
  v_ids := array(
    select s.id from almanac.schedules s
    where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped)
    order by s.next_run_at, s.id
    limit greatest(fire_due.max_count / 2, 1)
    for no key update skip locked
  );
  if cardinality(v_ids) >= fire_due.max_count / 2 then
    v_ids := v_ids || array(
      select s.id from almanac.schedules s
      where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped) and s.id <> all (v_ids)
      order by s.next_run_at desc, s.id desc
      limit fire_due.max_count - cardinality(v_ids)
      for no key update skip locked
    );
  end if;

  begin
    select f.fired, f.done into fired, v_done from almanac_private.fire_in_order(v_ids, fire_due.as_of, v_resumed) f;
  exception when others then
    -- One that cannot be planned must not keep the others from firing: each alone, then.
    v_done := null;
    fired := 0;
  end;
  fired := coalesce(fired, 0);
  v_in_order := fired;

  if cardinality(v_ids) > coalesce(cardinality(v_done), 0) then
    for v_schedule in
      select s.* from almanac.schedules s
      where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
      order by s.next_run_at desc, s.id
    loop
      begin
        v_settled := almanac_private.settle_schedule(v_schedule, fire_due.as_of, v_part);
        perform almanac_private.write_settled(v_settled);
        if v_settled.next_run_at is null then
          perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
        else
          perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_run_at, almanac_private.arm_delay())]);
        end if;
        fired := fired + (v_settled.total_runs - v_schedule.total_runs)::integer;
      exception when others then
        -- One that cannot be settled must not keep the others from firing.
        raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      end;
      exit when fired - v_in_order >= v_part;
    end loop;
  end if;

  perform set_config('almanac.engine', 'off', true);
  next_due := case
    when v_stopped then (select min(s.next_run_at) from almanac.schedules s where s.is_system)
    else (select min(s.next_run_at) from almanac.schedules s)
  end;
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due (what is far behind in parts, so that more is due still): ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it and when the next is due (which may be already; null: none is). While all are stopped, system schedules alone.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/fire_due.sql

-- The wait before an attempt is reckoned in seconds: as an interval it could overflow, and the end of the attempt before was not recorded.
--! Included functions/retry_runs.sql
-- Called by finish_runs, with its rights and its settings.
create or replace function almanac_private.retry_runs(scheduled_for timestamptz, run_ids bigint[], results jsonb, as_of timestamptz) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  perform from graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority,
      -- One that went with its worker at once: the task is not to blame.
      case when retry_runs.results -> r.id::text -> 'isLost' is distinct from 'true' then
        -- In seconds: an interval holds no billion times three days.
        retry_runs.as_of + make_interval(secs => least(
          extract(epoch from coalesce(s.retry_ceiling, interval '1 hour')),
          extract(epoch from coalesce(s.retry_delay, interval '5 seconds')) * least(power(coalesce(s.retry_backoff, 2)::float8, least(r.attempt - 1, 100)), 1e9)
        )::float8)
      end)
    from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
    where r.id = any (retry_runs.run_ids) and r.scheduled_for = retry_runs.scheduled_for
    order by r.id
  ));
end
$$;
comment on function almanac_private.retry_runs(timestamptz, bigint[], jsonb, timestamptz) is
  'Adds the jobs of the next attempts of runs of one time, after the delay that each schedule says. results: what finish_runs was given, by the number of the run.';
--! EndIncluded functions/retry_runs.sql
