--! Previous: sha1:6487b399c27dd06ca18b46e010372db8f05fdfcd
--! Hash: sha1:cb803199eb40447a3148e305b3098c3b976885c3
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
    detail := format('Its run for %s is over, or not there any more.', v_found.scheduled_for);
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

-- A run by hand may stand in line with those of the rule: whether a run does is kept with it, instead of what triggered it.
alter table almanac_private.live_runs add column if not exists in_line boolean;
do $$
begin
  if exists (select from pg_attribute a where a.attrelid = 'almanac_private.live_runs'::regclass and a.attname = 'trigger' and not a.attisdropped) then
    update almanac_private.live_runs l set in_line = l.trigger = 'schedule';
    alter table almanac_private.live_runs drop column trigger;
  end if;
end
$$;
alter table almanac_private.live_runs alter column in_line set not null;
comment on column almanac_private.live_runs.in_line is 'Whether the overlap policy counts it: those of the rule, and those by hand that were asked to respect it.';
drop function if exists almanac.trigger_now(text, jsonb);
drop function if exists almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer);
--! Included functions/cancel_live_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(schedule_id bigint, reason text, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ended bigint[];
  v_asked bigint[];
begin
  with locked as (
    select r.id, r.scheduled_for, r.status
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = cancel_live_runs.schedule_id and l.in_line
    order by r.scheduled_for, r.id for no key update of r
  ), ended as (
    update almanac.runs r set status = 'cancelled', reason = cancel_live_runs.reason, finished_at = cancel_live_runs.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status in ('waiting', 'queued', 'retrying')
    returning r.id
  ), dead as (
    delete from almanac_private.live_runs l using ended e where l.schedule_id = cancel_live_runs.schedule_id and l.run_id = e.id
  ), asked as (
    update almanac.runs r set cancel_requested_at = cancel_live_runs.as_of, reason = cancel_live_runs.reason
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for and l.status = 'running' and r.cancel_requested_at is null
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
  'Cancels the runs of a schedule that go on: those not begun at once; of those that run, the workers are asked to abort them. Runs by hand are left alone, but for those that were asked to stand in line.';
--! EndIncluded functions/cancel_live_runs.sql
--! Included functions/release_waiting.sql
-- Definer: writes the ledger.
create or replace function almanac_private.release_waiting(schedule_ids bigint[] default null, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_count integer;
begin
  with queues as (
    select distinct l.schedule_id from almanac_private.live_runs l
    where l.is_waiting and (release_waiting.schedule_ids is null or l.schedule_id = any (release_waiting.schedule_ids))
  ), candidates as (
    -- Once for each queue: looked at for each of its runs, a queue of thousands would take minutes.
    select o.run_id, o.scheduled_for
    from queues q
    cross join lateral (
      select l.run_id, l.scheduled_for from almanac_private.live_runs l
      where l.schedule_id = q.schedule_id and l.is_waiting order by l.run_id limit 1
    ) o
    where not exists (
      select from almanac_private.live_runs b
      where b.schedule_id = q.schedule_id and not b.is_waiting and b.in_line
    )
  ), locked as (
    select r.id, r.scheduled_for from almanac.runs r
    join candidates c on c.run_id = r.id and c.scheduled_for = r.scheduled_for
    where r.status = 'waiting'
    order by r.id for update of r skip locked
  ), released as (
    update almanac.runs r set status = 'queued', reason = null, queued_at = release_waiting.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
    returning r.*
  ), freed as (
    update almanac_private.live_runs l set is_waiting = false
    from released r where l.schedule_id = r.schedule_id and l.run_id = r.id
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
      from released r order by r.id
    ))
  )
  select count(*) into v_count from released, (select count(*) from added) a;
  return v_count;
end
$$;
comment on function almanac_private.release_waiting(bigint[], timestamptz) is
  'Queues the oldest waiting run of each schedule that has none going on. Called when runs end, and with every heartbeat: an end and a firing at the same moment do not see each other.';
grant execute on function almanac_private.release_waiting(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/release_waiting.sql
--! Included functions/fire_in_order.sql
-- Called by fire_due, with its rights and its settings.
create or replace function almanac_private.fire_in_order(
  ids bigint[], as_of timestamptz, resumed_at timestamptz, out fired integer, out done bigint[]
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_delay interval := almanac_private.arm_delay();
begin
  with decided as materialized (
    select s.id, s.name, s.task_identifier, s.payload, s.priority, s.run_as, s.max_attempts, s.timeout, s.cursor_at, s.next_scheduled_for,
      r.scheduled_for, case when l.count > 0 then r.scheduled_for else s.next_run_at end as due_at, l.previous, l.count - 1 as missed,
      -- To be caught up means to run, so it waits where it would be skipped were it on time.
      case when r.is_late and o.status = 'skipped' and s.overlap_policy <> 'allow' then 'waiting' else coalesce(o.status, 'queued') end as run_status,
      o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case
        when s.max_runs <= s.total_runs + (o.status is distinct from 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).scheduled_for
        else n.following
      end as then_scheduled_for,
      case
        when s.max_runs <= s.total_runs + (o.status is distinct from 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).due_at
        when s.jitter is null then n.following
        else n.following
          + almanac_private.jitter_delay(s.id, n.following, s.jitter, n.following, almanac_private.next_occurrence(s, n.following))
      end as then_due
    from unnest(fire_in_order.ids) u(id)
    join almanac.schedules s on s.id = any (array[u.id])
    cross join lateral (select almanac_private.next_occurrence(s, s.next_scheduled_for) as following offset 0) f
    -- What has come due besides, or later than tolerated: of a plain rule alone, and not without end.
    cross join lateral (
      select count(*) as count, max(l.at) as latest, (array_agg(l.at order by l.at desc))[2] as previous
      from almanac_private.occurrences_between(s, s.next_scheduled_for, fire_in_order.as_of + interval '1 microsecond', 1000) l(at)
      where (f.following <= fire_in_order.as_of or s.next_run_at < fire_in_order.as_of - s.late_tolerance)
        and s.calendars = '{}' and s.jitter is null and s.max_runs is null and s.next_run_at = s.next_scheduled_for
    ) l
    cross join lateral (
      select coalesce(l.latest, s.next_scheduled_for) as scheduled_for, l.latest < fire_in_order.as_of - s.late_tolerance as is_late
    ) r
    cross join lateral (
      select case when l.count > 1 then almanac_private.next_occurrence(s, l.latest) else f.following end as following,
        case when s.calendars <> '{}' then almanac_private.due_after(s, s.next_scheduled_for) end as due offset 0
    ) n
    left join lateral (
      select almanac_private.overlap_status(s.overlap_policy, s.max_concurrent, c.live, c.waiting) as status,
        almanac_private.overlap_reason(s.overlap_policy, s.max_concurrent, c.live, c.waiting) as reason
      from (
        select count(*) as live, count(*) filter (where l.is_waiting) as waiting
        from almanac_private.live_runs l where l.schedule_id = s.id and l.in_line
      ) c
      where c.live > 0
    ) o on not (s.overlap_policy = 'allow' and s.max_concurrent is null)
    -- Written so that the index of due times does not serve: each call for a part of a herd would read all of the herd in it.
    where coalesce(s.next_run_at, 'infinity') <= fire_in_order.as_of
      and (fire_in_order.resumed_at is null or s.is_system or s.next_run_at >= fire_in_order.resumed_at)
      and not s.has_overrides
      -- With calendars: nothing left out before it, nor is it held back or waiting to be recorded as left out.
      and (s.calendars = '{}' or s.next_run_at = s.next_scheduled_for and almanac_private.next_occurrence(s, s.cursor_at) = s.next_scheduled_for)
      and (s.overlap_policy <> 'cancel_running' or not exists (select from almanac_private.live_runs l where l.schedule_id = s.id))
      and case
        -- On time: the one that is due.
        when l.count = 0 then s.next_run_at >= fire_in_order.as_of - s.late_tolerance and (f.following is null or f.following > fire_in_order.as_of)
        -- Late: the latest runs, and what came before it is missed.
        else l.count < 1000
          and (l.count = 1 or s.missed_run_policy <> 'run_all' and l.previous < fire_in_order.as_of - s.late_tolerance)
          and almanac_private.is_fired_late(s.missed_run_policy, l.latest, true, fire_in_order.as_of - s.late_tolerance, fire_in_order.as_of - s.catchup_window)
      end
  ), omitted as (
    select almanac_private.record_omission(d.id, d.name, d.next_scheduled_for, d.previous, d.missed, 'missed', d.cursor_at, fire_in_order.as_of)
    from decided d where d.missed > 0
  ), ledger as (
    insert into almanac.runs as r
      (id, schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts, timeout, priority,
       queued_at, finished_at, run_as)
    select d.run_id, d.id, d.name, d.task_identifier, d.payload, d.scheduled_for, d.due_at, 'schedule', d.run_status, d.run_reason,
      d.max_attempts, d.timeout, d.priority,
      case when d.run_status = 'queued' then fire_in_order.as_of end, case when d.run_status = 'skipped' then fire_in_order.as_of end, d.run_as
    from decided d
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.status, r.task_identifier, r.payload, r.priority
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, in_line, is_waiting)
    select l.schedule_id, l.id, l.scheduled_for, true, l.status = 'waiting' from ledger l where l.status <> 'skipped'
  ), moved as (
    update almanac.schedules s
    set cursor_at = d.scheduled_for, next_scheduled_for = d.then_scheduled_for, next_run_at = d.then_due,
      status = case when d.then_due is null then 'completed' else s.status end,
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else d.due_at end,
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
    select almanac_private.remove_jobs(array['schedule:' || m.id]) from moved m where m.next_run_at is null
  )
  select (select count(*) from ledger l where l.status <> 'skipped'), array_agg(m.id) into fired, done
  from moved m, (select count(*) from added) a, (select count(*) from removed) b, (select count(*) from omitted) c;
end
$$;
comment on function almanac_private.fire_in_order(bigint[], timestamptz, timestamptz) is
  'Fires those of these schedules, locked by the caller, that can be fired all at once: of which one occurrence is due and in line, or, late, the latest alone. The others are left to settle_schedule. Returns how many runs came of it and the schedules it dealt with. resumed_at: what was due before a stop ended then is not fired here.';
--! EndIncluded functions/fire_in_order.sql
--! Included functions/trigger_now.sql
-- Definer: writes the ledger; the caller's right to do so is checked first.
create or replace function almanac.trigger_now(schedule text, payload jsonb default null, respect_overlap boolean default false) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
  v_payload jsonb := coalesce(trigger_now.payload, v_schedule.payload);
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) or v_schedule.is_system and v_payload is distinct from v_schedule.payload then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if trigger_now.respect_overlap then
    -- As for whoever fires it: of two at the same time one sees the other's run.
    perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  end if;
  if jsonb_typeof(v_payload) <> 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', jsonb_typeof(v_payload)), hint = 'Wrap it: {"value": …}. Leave it out for the schedule''s own.';
  end if;
  if v_payload is distinct from v_schedule.payload then
    if v_schedule.task_identifier = 'almanac:sql' then
      perform almanac_private.check_may_run_sql();
    end if;
    v_schedule.run_as := almanac_private.caller();
  end if;
  perform pg_notify('almanac_runs', json_build_object('op', 'update', 'ids', json_build_array(v_schedule.id::text))::text);
  return almanac_private.insert_run(v_schedule, clock_timestamp(), clock_timestamp(), 'manual', v_payload, almanac_private.actor(), clock_timestamp(),
    in_line => trigger_now.respect_overlap);
end
$$;
comment on function almanac.trigger_now(text, jsonb, boolean) is
  'Runs a schedule''s task once, now, with its own payload or another. The next planned run stays as it is. It stands outside the overlap policy; with respect_overlap it waits, is skipped (look at the status returned) or cancels what runs, as the policy says, and others do for it.';
grant execute on function almanac.trigger_now(text, jsonb, boolean) to almanac_operator;
--! EndIncluded functions/trigger_now.sql

-- What is far behind is caught up in parts, and whatever else is due fires between them.
drop function if exists almanac_private.settle_schedule(almanac.schedules, timestamptz, integer, almanac.omission_reason);
drop function if exists almanac_private.fire_due(timestamptz, integer);
--! Included functions/catchup_backlog.sql
-- Called by settle_schedule, with its rights and its settings.
create or replace function almanac_private.catchup_backlog(schedule almanac.schedules, as_of timestamptz) returns integer
language sql stable set search_path to pg_catalog, pg_temp
return case
  when schedule.missed_run_policy = 'run_all' and schedule.overlap_policy = 'allow' and schedule.next_run_at < catchup_backlog.as_of - schedule.late_tolerance
  then coalesce((
    select least(ceil(extract(epoch from j.run_at - catchup_backlog.as_of) * schedule.catchup_per_minute / 60), 1000000000)::integer + 1
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || l.run_id
    -- Not one that waits for its next attempt, nor one that was on time.
    where l.schedule_id = (catchup_backlog.schedule).id and l.in_line and r.status = 'queued' and r.attempt = 0
      and r.due_at < r.queued_at - (catchup_backlog.schedule).late_tolerance and j.run_at > catchup_backlog.as_of
    order by l.run_id desc limit 1
  ), 0)
  else 0
end;
comment on function almanac_private.catchup_backlog(almanac.schedules, timestamptz) is
  'How many runs of a schedule that is being caught up side by side are still to come at its pace, so that the next ones follow them.';
--! EndIncluded functions/catchup_backlog.sql
--! Included functions/settle_schedule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000, omit_as almanac.omission_reason default null,
  out settled almanac.schedules, out steps integer
)
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
  v_is_marked boolean;
  v_candidate integer;
  v_steps integer := settle_schedule.max_steps;
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
  steps := 0;
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
  loop
    v_planned := array(
      select p from almanac_private.planned_occurrences(schedule, schedule.cursor_at, settle_schedule.as_of + interval '1 microsecond', v_steps, true) p);
    v_is_complete := cardinality(v_planned) < v_steps;
    steps := steps + cardinality(v_planned);
    exit when v_is_complete or schedule.missed_run_policy <> 'run_latest' or settle_schedule.omit_as is not null;
    -- A part ends before the last that may be the latest: whether it is shows in what comes after it.
    v_candidate := (select max(p.ordinality) from unnest(v_planned) with ordinality p
      where p.outcome = 'run' and p.due_at <= settle_schedule.as_of and not v_stopped @> p.due_at);
    exit when v_candidate is null and v_moved = '{}';
    if v_candidate > 1 then
      v_planned := v_planned[:v_candidate - 1];
      exit;
    end if;
    v_steps := 2 * v_steps;
  end loop;
  if v_is_complete then
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
    v_is_marked := v_marks <> '{}' and exists (select from unnest(v_marks) m(at) where m.at > v_settled.cursor_at and m.at < v_item.scheduled_for);
    if v_count > 0 and (v_is_marked or v_outcome is distinct from v_reason) then
      perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_settled.cursor_at, v_count, v_reason, v_follows, settle_schedule.as_of);
      v_follows := null;
      v_count := 0;
    elsif v_is_marked then
      v_follows := null;
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
  settled := v_settled;
end
$$;
comment on function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer, almanac.omission_reason) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of omitted ones; all of them omitted if omit_as says why. Of more than max_steps a part; the rest is due still. Returns the row as it is then, for the caller to write, and how many occurrences it looked at. The path for what is behind or out of line; fire_due does the rest at once.';
--! EndIncluded functions/settle_schedule.sql
--! Included functions/settle_rule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule.
create or replace function almanac_private.settle_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, closing text default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_settled almanac.schedules := schedule;
  v_unlimited almanac.schedules := schedule;
  v_follows timestamptz;
  v_stretch record;
  v_result record;
begin
  perform set_config('almanac.engine', 'on', true);
  if settle_rule.omit_as is not null and not v_settled.has_overrides and v_settled.jitter is null and v_settled.exclusion_policy = 'skip' then
    -- All of one kind and in their order: counted at once, as a pause can be long. What is omitted does not count for max_runs.
    v_unlimited.max_runs := null;
    select min(o.at) as first, max(o.at) as last, count(*) as count into v_stretch
    from almanac_private.occurrences_between(v_unlimited, v_settled.cursor_at + interval '1 microsecond', settle_rule.as_of + interval '1 microsecond', null) o(at);
    if v_stretch.count > 0 then
      perform almanac_private.record_omission(v_settled.id, v_settled.name, v_stretch.first, v_stretch.last, v_stretch.count, settle_rule.omit_as,
        v_settled.cursor_at, settle_rule.as_of);
      v_settled.cursor_at := v_stretch.last;
    end if;
  else
    loop
      v_follows := v_settled.cursor_at;
      select s.settled into v_result from almanac_private.settle_schedule(v_settled, settle_rule.as_of, 20000, settle_rule.omit_as) s;
      v_settled := v_result.settled;
      if v_settled.cursor_at = v_follows then
        -- What jitter or a calendar holds back: as a moved one it does not depend on the rule any more, and what comes after it can be settled.
        exit when settle_rule.closing is null or not almanac_private.hold_occurrence(v_settled, settle_rule.as_of, 'due when its rule changed');
        v_settled.has_overrides := true;
      end if;
    end loop;
  end if;
  if settle_rule.closing = 'stop' and v_settled.has_overrides then
    perform almanac_private.record_omission(o.schedule_id, v_settled.name, o.scheduled_for, o.scheduled_for, 1, 'stopped', null, settle_rule.as_of)
    from almanac.occurrence_overrides o where o.schedule_id = v_settled.id and o.is_owed and o.done_at is null;
    update almanac.occurrence_overrides o set done_at = settle_rule.as_of
    where o.schedule_id = v_settled.id and o.is_owed and o.done_at is null;
  end if;
  perform set_config('almanac.engine', 'off', true);
  return v_settled;
end
$$;
comment on function almanac_private.settle_rule(almanac.schedules, timestamptz, almanac.omission_reason, text) is
  'Settles all that a rule owes up to as_of before it changes, however much it is, and returns the row as it is then. closing: hold, the rule ends here and what it still holds back stays due; stop, the schedule ends firing and that is recorded as stopped.';
--! EndIncluded functions/settle_rule.sql
--! Included functions/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null, in_line boolean default null
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
  v_in_line boolean := coalesce(insert_run.in_line, insert_run.trigger = 'schedule');
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if v_in_line and schedule.overlap_policy = 'cancel_running' then
    perform almanac_private.cancel_live_runs(schedule.id, 'a later run took its place', insert_run.as_of);
  end if;
  if v_in_line and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    -- As far as the policy cares: of a queue of thousands, each that joins it would count all before it.
    v_live := (
      select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = (insert_run.schedule).id and l.in_line limit coalesce((insert_run.schedule).max_concurrent, 1)
      ) l);
    v_waiting := (
      select count(*) from (
        select from almanac_private.live_runs l
        where l.schedule_id = (insert_run.schedule).id and l.in_line and l.is_waiting limit 1
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
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, in_line, is_waiting)
    values (schedule.id, v_run.id, v_run.scheduled_for, v_in_line, v_status = 'waiting');
  end if;
  if v_status = 'queued' then
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload, v_run.priority,
      -- Those that wait for each other have their pace from that.
      case when schedule.overlap_policy = 'allow' then insert_run.as_of + make_interval(secs => insert_run.caught_up * 60.0 / schedule.catchup_per_minute) end)]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer, boolean) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run already. caught_up: how many before it are caught up in the same go, so that their jobs are paced; null: it is not caught up. in_line: whether the overlap policy looks at it, and it counts for others; null: if the rule names it.';
--! EndIncluded functions/insert_run.sql
--! Included functions/fire_due.sql
-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the way
-- (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500,
  out fired integer, out next_due timestamptz, out moved integer, out next_later timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_ids bigint[];
  v_newest bigint[];
  v_done bigint[];
  v_in_order integer;
  v_stopped boolean;
  v_resumed timestamptz;
  v_schedule almanac.schedules;
  v_settled almanac.schedules;
  v_result record;
  v_steps integer := 0;
  -- What one call settles one by one, of a schedule and, about, of all: runs, and occurrences looked at. Whatever is due meanwhile waits for it.
  v_most_runs constant integer := 500;
  v_most_steps constant integer := 5000;
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
    v_newest := array(
      select s.id from almanac.schedules s
      where s.next_run_at <= fire_due.as_of and (s.is_system or not v_stopped) and s.id <> all (v_ids)
      order by s.next_run_at desc, s.id desc
      limit fire_due.max_count - cardinality(v_ids)
      for no key update skip locked
    );
    -- In the order of their times, as runs are locked by whoever ends them.
    v_ids := v_ids || array(select u.id from unnest(v_newest) with ordinality u(id, nth) order by u.nth desc);
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
  moved := coalesce(cardinality(v_done), 0);

  if cardinality(v_ids) > moved then
    -- All that any of them will cancel, in the order in which finish_runs locks them.
    perform from almanac.schedules s
      join almanac_private.live_runs l on l.schedule_id = s.id
      join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.overlap_policy = 'cancel_running' and l.in_line
      order by r.scheduled_for, r.id for no key update of r;
    for v_schedule in
      select s.* from almanac.schedules s
      where s.id = any (v_ids) and s.id <> all (coalesce(v_done, '{}')) and s.next_run_at <= fire_due.as_of
      order by s.next_run_at desc, s.id
    loop
      begin
        v_result := almanac_private.settle_schedule(v_schedule, fire_due.as_of,
          case v_schedule.missed_run_policy when 'run_all' then v_most_runs else v_most_steps end);
        v_settled := v_result.settled;
        v_steps := v_steps + v_result.steps;
        perform almanac_private.write_settled(v_settled);
        if v_settled.next_run_at is null then
          perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
        else
          perform graphile_worker.add_jobs(array[almanac_private.arm_spec(v_schedule.id, v_settled.next_run_at, almanac_private.arm_delay())]);
        end if;
        fired := fired + (v_settled.total_runs - v_schedule.total_runs)::integer;
        moved := moved + (v_settled is distinct from v_schedule)::integer;
      exception when others then
        -- One that cannot be settled must not keep the others from firing.
        raise warning 'Schedule % cannot be fired: %', v_schedule.name, sqlerrm using errcode = sqlstate;
      end;
      exit when fired - v_in_order >= v_most_runs or v_steps >= v_most_steps;
    end loop;
  end if;

  perform set_config('almanac.engine', 'off', true);
  next_due := case
    when v_stopped then (select min(s.next_run_at) from almanac.schedules s where s.is_system)
    else (select min(s.next_run_at) from almanac.schedules s)
  end;
  if next_due <= fire_due.as_of then
    next_later := (select min(s.next_run_at) from almanac.schedules s where s.next_run_at > fire_due.as_of and (s.is_system or not v_stopped));
  end if;
end
$$;
comment on function almanac_private.fire_due(timestamptz, integer) is
  'Fires up to max_count schedules that are due (what is far behind in parts, so that more is due still): ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it, when the next is due (which may be already; null: none is), how many schedules it moved on (0: what is due is held by others, or cannot be settled), and, where more is due already, when what is not yet will be. While all are stopped, system schedules alone.';
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
