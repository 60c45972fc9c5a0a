--! Previous: sha1:00759631a47f2c621501e79cb1277b6c391363ef
--! Hash: sha1:8019ed11735cd247dee4adcbf1a099a246235606
--! Message: In parts and in line, stand-ins that lead at once, no jit in the engine

-- The next migration, in the making.
-- A run by hand may stand in line with those of the rule: whether a run does is kept with it, instead of what triggered it.
alter table almanac_private.live_runs add column if not exists in_line boolean;
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
drop function if exists almanac_private.settle_schedule(almanac.schedules, timestamptz, integer, almanac.omission_reason);
drop function if exists almanac_private.fire_due(timestamptz, integer);
drop function if exists almanac_private.notify_schedules(bigint[], text);
-- What is caught up in parts and by runs in line; stand-ins that lead at once; jobs that died before their run; pauses that end with
-- unscheduling; no compiling of the engine's queries, which takes longer than they do; sessions' settings that change nothing.
--! Included functions/notify_changed.sql
create or replace function almanac_private.notify_changed(channel text, ids bigint[], op text default 'update') returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_is_bulk boolean := notify_changed.ids is null or cardinality(notify_changed.ids) > 200;
begin
  if v_is_bulk or notify_changed.ids <> '{}' then
    perform pg_notify(notify_changed.channel, json_build_object(
      'op', case when v_is_bulk then 'bulk' else notify_changed.op end,
      'ids', case when v_is_bulk then '[]'::json else to_json(notify_changed.ids::text[]) end)::text);
  end if;
end
$$;
comment on function almanac_private.notify_changed(text, bigint[], text) is
  'Says on a channel (almanac_schedules, almanac_runs, almanac_workers, almanac_ledger) what has changed, once for all of it: tickers look when schedules are due, browsers fetch anew. ids: of schedules, also for runs; of workers; of checks; null: too many to name.';
--! EndIncluded functions/notify_changed.sql
--! Included functions/add_jobs.sql
create or replace function almanac_private.add_jobs(specs graphile_worker.job_spec[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all jobs for a handful, within Graphile Worker's function too.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  if cardinality(add_jobs.specs) > 0 then
    perform graphile_worker.add_jobs(add_jobs.specs);
  end if;
end
$$;
comment on function almanac_private.add_jobs(graphile_worker.job_spec[]) is
  'Adds jobs for callers that join sets of their own, which need hash joins, while Graphile Worker''s look-up by key must not use one.';
--! EndIncluded functions/add_jobs.sql
--! Included functions/begin_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null, as_of timestamptz default clock_timestamp()
) returns table (run_id bigint, job_id bigint, schedule_id bigint, attempt integer, task_identifier text, timeout_ms double precision, run_as text)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_time timestamptz;
  v_ids bigint[];
  v_jobs bigint[];
begin
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and number all runs are locked.
  for v_time in select distinct f.at from unnest(begin_runs.scheduled_fors) f(at) order by f.at loop
    select array_agg(a.id order by a.id, a.job_id), array_agg(a.job_id order by a.id, a.job_id) into v_ids, v_jobs
    from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, at, job_id) where a.at = v_time;
    return query
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer, started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id, job_id = v_jobs[width_bucket(r.id, v_ids)]
    where r.id = any (v_ids) and r.scheduled_for = v_time
      -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that are queued.
      and case
        when r.status in ('queued', 'retrying') then true
        -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
        else r.status = 'running' and r.worker_id = begin_runs.worker_id and r.job_id = v_jobs[width_bucket(r.id, v_ids)]
      end
    returning r.id, r.job_id, r.schedule_id, r.attempt, r.task_identifier, extract(epoch from r.timeout)::float8 * 1000, r.run_as;
  end loop;
end
$$;
comment on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) is
  'Marks runs as running, each for one job, and returns them. One that is not queued (cancelled, taken by another worker) does not come back and must not be run. Asked again for the same job, it gives the same answer.';
grant execute on function almanac_private.begin_runs(bigint, bigint[], timestamptz[], bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/begin_runs.sql
--! Included functions/cancel_live_runs.sql
-- Definer: writes the ledger.
create or replace function almanac_private.cancel_live_runs(schedule_id bigint, reason text, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
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
--! Included functions/drain_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.drain_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  -- A heartbeat that comes at the same time finds it draining, and takes no lead.
  update almanac.workers w set status = 'draining' where w.id = drain_worker.worker_id and w.status = 'active';
  perform almanac_private.give_up_lead(drain_worker.worker_id);
end
$$;
comment on function almanac_private.drain_worker(bigint) is
  'Notes that a worker was asked to stop: it takes no new work, ends what it runs, and gives up its lead at once.';
grant execute on function almanac_private.drain_worker(bigint) to almanac_worker;
--! EndIncluded functions/drain_worker.sql
--! Included functions/finish_runs.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.finish_runs(worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_time timestamptz;
  v_ids bigint[];
  v_details jsonb;
  v_ended bigint[];
  v_retried bigint[];
  v_queueing bigint[];
  v_counts boolean;
  v_count integer := 0;
begin
  -- One time after the other, as a herd has one: so only the partition of that time is opened. In order of time and number all runs are locked.
  for v_time, v_ids, v_details in
    select (a.result ->> 'scheduledFor')::timestamptz, array_agg((a.result ->> 'runId')::bigint),
      jsonb_object_agg(a.result ->> 'runId', a.result) filter (where a.result ->> 'status' <> 'succeeded' or a.result ? 'result')
    from jsonb_array_elements(finish_runs.results) a(result)
    group by 1 order by 1
  loop
    with ended as materialized (
      -- Of whom there is nothing to tell, they have succeeded.
      update almanac.runs r
      set status = almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at),
        error = case when v_details is null then null else coalesce(v_details -> r.id::text ->> 'error', case when v_details -> r.id::text ->> 'status' <> 'succeeded' then r.error end) end,
        result = v_details -> r.id::text -> 'result',
        finished_at = case when almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at) <> 'retrying' then finish_runs.as_of end
      where r.id = any (v_ids) and r.scheduled_for = v_time
        -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that run.
        and case when r.status = 'running' then r.worker_id = finish_runs.worker_id else false end
      returning r.id, r.schedule_id, r.attempt, r.status, r.attempt_started_at
    ), attempts as (
      insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
      select e.id, v_time, e.attempt, case when e.status = 'retrying' then (v_details -> e.id::text ->> 'status')::almanac.run_status else e.status end,
        e.attempt_started_at, finish_runs.as_of, finish_runs.worker_id, v_details -> e.id::text ->> 'error'
      from ended e
    ), dead as (
      delete from almanac_private.live_runs l using ended e
      where l.schedule_id = any (array[e.schedule_id]) and l.run_id = e.id and e.status <> 'retrying'
    )
    select array_agg(e.id) filter (where e.status <> 'retrying'), array_agg(e.id order by e.id) filter (where e.status = 'retrying'),
      v_queueing || array_agg(e.schedule_id) filter (where e.status <> 'retrying' and exists (
        select from almanac_private.live_runs w where w.schedule_id = e.schedule_id and w.is_waiting)),
      bool_or(e.status in ('failed', 'timed_out') or e.status <> 'retrying' and s.last_status is distinct from e.status),
      v_count + count(*)
    into v_ended, v_retried, v_queueing, v_counts, v_count
    from ended e left join almanac.schedules s on s.id = any (array[e.schedule_id]);

    if v_retried is not null then
      perform almanac_private.retry_runs(v_time, v_retried, v_details, finish_runs.as_of);
    end if;
    if v_counts then
      perform almanac_private.count_runs(v_time, v_ended);
    end if;
  end loop;
  if v_queueing <> '{}' then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  return v_count;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", "result", "isLost": it went with its worker}]. Retries what has attempts left, and releases what waited. Counts only runs that this worker had running.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/finish_runs.sql
--! Included functions/fire_due.sql
-- Definer: writes the ledger and Graphile Worker's jobs. The setting keeps the triggers for people's writes out of the way
-- (a set clause on the function would need a superuser).
create or replace function almanac_private.fire_due(
  as_of timestamptz default now(), max_count integer default 500,
  out fired integer, out next_due timestamptz, out moved integer, out next_later timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
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
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    -- What others fired in the meantime would not be seen.
    raise exception using errcode = 'AL018', message = 'Firing needs the isolation level read committed.',
      detail = format('This transaction is %s.', current_setting('transaction_isolation')),
      hint = format('If that is the default here: alter role %I set default_transaction_isolation to ''read committed'';', session_user);
  end if;
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
        -- As far as the policy cares, as in insert_run.
        select
          (select count(*) from (
            select from almanac_private.live_runs l where l.schedule_id = s.id and l.in_line limit coalesce(s.max_concurrent, 1)) l) as live,
          case when s.overlap_policy = 'queue_one' then (
            select count(*) from (
              select from almanac_private.live_runs l where l.schedule_id = s.id and l.in_line and l.is_waiting limit 1) l) end as waiting
        offset 0
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
--! Included functions/give_up_lead.sql
-- Called by drain_worker, stop_worker and give_up_worker, with their rights, after they have locked the worker's row, as heartbeat() does:
-- the other way round one that comes at the same time would wait for them, and they for it.
create or replace function almanac_private.give_up_lead(worker_id bigint) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.leases l where l.worker_id = give_up_lead.worker_id;
  if found then
    notify almanac_leads;
  end if;
end
$$;
comment on function almanac_private.give_up_lead(bigint) is
  'Ends a worker''s lead, if it has it, and says so to the stand-ins, one of whom leads from then on.';
--! EndIncluded functions/give_up_lead.sql
--! Included functions/give_up_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.give_up_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.workers w set last_heartbeat_at = '-infinity' where w.id = give_up_worker.worker_id and w.status in ('active', 'draining');
  perform almanac_private.give_up_lead(give_up_worker.worker_id);
  perform almanac_private.reap_workers();
end
$$;
comment on function almanac_private.give_up_worker(bigint) is
  'Called by a worker whose pool has failed, as its last words: it is lost from now on, and what it holds is taken up at once instead of after 15 s.';
grant execute on function almanac_private.give_up_worker(bigint) to almanac_worker;
--! EndIncluded functions/give_up_worker.sql
--! Included functions/heartbeat.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, out alive boolean, out leader boolean, out reaped integer)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_status text;
begin
  update almanac.workers w
  set last_heartbeat_at = v_now, pool_ids = array(select distinct p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p)
  where w.id = heartbeat.worker_id and w.status in ('active', 'draining')
  returning w.status into v_status;
  alive := found;
  leader := false;
  if v_status = 'active' and heartbeat.is_ticking then
    insert into almanac_private.leases as l (name, worker_id, expires_at) values ('ticker', heartbeat.worker_id, v_now + interval '15 seconds')
    on conflict (name) do update set worker_id = excluded.worker_id, expires_at = excluded.expires_at
    where l.worker_id = excluded.worker_id or l.expires_at < v_now;
    leader := found;
  end if;
  reaped := almanac_private.reap_workers(v_now);
  perform almanac_private.settle_counters() where exists (select from almanac_private.unsettled_counters);
  perform almanac_private.ensure_partitions(v_now)
  where to_regclass(to_char(v_now at time zone 'UTC' + interval '28 days' - make_interval(days => extract(isodow from v_now at time zone 'UTC')::integer - 1),
    '"almanac_private.runs_"YYYYMMDD')) is null;
  perform almanac_private.release_waiting() where exists (select from almanac_private.live_runs l where l.is_waiting);
end
$$;
comment on function almanac_private.heartbeat(bigint, text[], boolean) is
  'Every 5 s from each worker: it lives (alive = false: it was given up, and must register anew), leads or not (one that is draining never does); also gives up workers that were not heard of for 15 s, and makes partitions when fewer than four weeks are ahead.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean) to almanac_worker;
--! EndIncluded functions/heartbeat.sql
--! Included functions/insert_run.sql
-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null, in_line boolean default null
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
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
--! Included functions/parse_cron_item.sql
create or replace function almanac_private.parse_cron_item(
  field integer, item text, out part integer, out mask bigint, out message text, out hint text
)
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_low integer := case when parse_cron_item.field in (4, 5) then 1 else 0 end;
  v_high integer := case parse_cron_item.field when 3 then 23 when 4 then 31 when 5 then 12 when 6 then 7 else 59 end;
  v_most integer;
  v_parts text[];
  v_every text;
  v_from integer;
  v_to integer;
  v_step integer := 1;
  v_title text;
  v_last text;
begin
  part := parse_cron_item.field;
  -- The common ones first: a star, a number.
  if parse_cron_item.item = '*' then
    mask := (2::bigint << v_high) - (1 << v_low);
    return;
  elsif parse_cron_item.item ~ '^[0-9]{1,2}$' and parse_cron_item.item::integer between v_low and v_high then
    mask := 1::bigint << parse_cron_item.item::integer;
    return;
  elsif parse_cron_item.field = 4 and parse_cron_item.item ~ '^(L|L-[0-9]+|LW|[0-9]+W)$' then
    if parse_cron_item.item = 'LW' then
      part := 9;
      mask := 1;
    elsif parse_cron_item.item = 'L' then
      part := 7;
      mask := 1;
    elsif left(parse_cron_item.item, 2) = 'L-' then
      part := 7;
      v_from := almanac_private.cron_value(substr(parse_cron_item.item, 3), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 30 then
        message := format('In %s the number is not between 1 and 30.', parse_cron_item.item);
        hint := 'L is the last day of the month, L-1 the day before it, L-30 the furthest.';
      end if;
    else
      part := 8;
      v_from := almanac_private.cron_value(rtrim(parse_cron_item.item, 'W'), 0);
      mask := 1::bigint << v_from;
      if v_from not between 1 and 31 then
        message := format('In %s the day is not between 1 and 31.', parse_cron_item.item);
        hint := '15W is the Monday to Friday nearest to the 15th; LW the last one of the month.';
      end if;
    end if;
    return;
  elsif parse_cron_item.field = 6 and parse_cron_item.item ~ '^([0-9]+|[A-Z]{3})(#[0-9]+|L)$' then
    v_parts := regexp_match(parse_cron_item.item, '^([0-9]+|[A-Z]{3})(?:#([0-9]+)|L)$');
    v_from := almanac_private.cron_value(v_parts[1], 6);
    v_to := almanac_private.cron_value(v_parts[2], 0);
    if v_from is null or v_from > 7 then
      message := format('%s is no day of the week.', v_parts[1]);
      hint := 'Days of the week are 0 to 7 (0 and 7 are Sunday) or SUN to SAT.';
    elsif v_to is null then
      part := 11;
      mask := 1 << (v_from % 7);
    elsif v_to not between 1 and 5 then
      message := format('In %s the number after # is not between 1 and 5.', parse_cron_item.item);
      hint := 'MON#2 is the second Monday of the month; FRIL the last Friday.';
    else
      part := 10;
      mask := 1::bigint << (v_from % 7 * 5 + v_to - 1);
    end if;
    return;
  end if;

  v_title := (array['second', 'minute', 'hour', 'day of the month', 'month', 'day of the week'])[parse_cron_item.field];
  if parse_cron_item.item !~ '^([*]|([0-9]+|[A-Z]+)(-([0-9]+|[A-Z]+))?)(/[0-9]+)?$' then
    if parse_cron_item.item = '' then
      message := 'An item is missing.';
      hint := 'A list takes no empty items and no spaces: 1,2,3.';
    elsif position('?' in parse_cron_item.item) > 0 then
      message := format('%s cannot be used for the %s.', parse_cron_item.item, v_title);
      hint := '? stands alone, and only for the day of the month or of the week. Write * for every one.';
    else
      message := format('%s cannot be read as %s.', quote_literal(parse_cron_item.item), v_title);
      hint := case parse_cron_item.field
        when 4 then 'Takes 1 to 31, *, ranges 1-5, steps */2, L, L-3, LW and 15W, in a list.'
        when 5 then 'Takes 1 to 12 or JAN to DEC, *, ranges 1-5, steps */2, in a list.'
        when 6 then 'Takes 0 to 7 or SUN to SAT, *, ranges MON-FRI, steps */2, MON#2 and FRIL, in a list.'
        else format('Takes %s to %s, *, ranges 1-5, steps */2, in a list. To spread runs use jitter.', v_low, v_high)
      end;
    end if;
    return;
  end if;

  -- A capturing regexp_match costs four times as much.
  v_parts := string_to_array(split_part(parse_cron_item.item, '/', 1), '-');
  v_every := split_part(parse_cron_item.item, '/', 2);
  v_from := v_low;
  v_to := v_high;
  if v_parts[1] <> '*' then
    v_from := almanac_private.cron_value(v_parts[1], parse_cron_item.field);
    v_to := case when v_parts[2] is null then v_from else almanac_private.cron_value(v_parts[2], parse_cron_item.field) end;
    v_last := case when v_from between v_low and v_high then case when v_to between v_low and v_high then null else v_parts[2] end else v_parts[1] end;
    if v_last is not null then
      if v_last ~ '^[0-9]' then
        message := format('%s is not between %s and %s.', v_last, v_low, v_high);
        hint := format('The %s takes %s to %s.', v_title, v_low, v_high);
      elsif parse_cron_item.field = 6 and v_last = 'L' then
        message := 'L alone names no day of the week.';
        hint := 'Write 5L or FRIL for the last Friday of the month; L belongs to the day of the month.';
      else
        message := format('%s is no name for the %s.', v_last, v_title);
        hint := case parse_cron_item.field
          when 5 then 'Names of months have three letters: JAN, FEB, …, DEC.'
          when 6 then 'Names of days have three letters: SUN, MON, …, SAT.'
          else format('The %s takes numbers: %s to %s.', v_title, v_low, v_high)
        end;
      end if;
      return;
    end if;
    if parse_cron_item.field = 6 and v_parts[2] is not null and v_to = 0 and v_from > 0 then
      v_to := 7;
    end if;
    if v_from > v_to then
      message := format('The range %s-%s runs backwards.', v_parts[1], v_parts[2]);
      hint := case
        when parse_cron_item.field = 6 and v_from = 7 then format('A range begins with Sunday as 0: write 0-%s.', v_parts[2])
        else format('Write two ranges: %s-%s,%s-%s.', v_parts[1],
          case parse_cron_item.field when 6 then 'SAT' when 5 then 'DEC' else v_high::text end,
          case parse_cron_item.field when 6 then 'SUN' when 5 then 'JAN' else v_low::text end, v_parts[2])
      end;
      return;
    end if;
    if v_parts[2] is null and v_every <> '' then
      v_to := v_high;
    end if;
  end if;

  if v_every <> '' then
    v_step := almanac_private.cron_value(v_every, 0);
    v_most := case when parse_cron_item.field < 4 then v_high + 1 else v_high end;
    if v_step not between 1 and v_most then
      message := format('The step %s is not between 1 and %s.', v_every, v_most);
      hint := format('*/5 means every fifth %s.', v_title);
      return;
    end if;
  end if;

  mask := 0;
  while v_from <= v_to loop
    mask := mask | (1::bigint << v_from);
    v_from := v_from + v_step;
  end loop;
end
$$;
comment on function almanac_private.parse_cron_item(integer, text) is
  'What one item of a list adds, or what is wrong with it. Fields count from 1, the second; the item is in capitals. part: 1 to 6 the values of that field, 7 last_days, 8 nearest_weekdays, 9 last_weekday_of_month, 10 nth_weekdays, 11 final_weekdays.';
grant execute on function almanac_private.parse_cron_item(integer, text) to almanac_viewer;
--! EndIncluded functions/parse_cron_item.sql
--! Included functions/pause_all.sql
-- Definer: writes a table that only the owner may; the right to execute is the admins'.
create or replace function almanac.pause_all(reason text default null) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.stops;
begin
  lock table almanac.stops in share row exclusive mode;
  select s.* into v_stop from almanac.stops s where s.resumed_at is null;
  if v_stop.id is not null then
    raise exception using errcode = 'AL013', message = 'All schedules are stopped already.',
      detail = format('Since %s, by %s%s.', v_stop.stopped_at, v_stop.stopped_by, coalesce(': ' || v_stop.reason, '')), hint = 'almanac.resume_all() lets them go on.';
  end if;
  insert into almanac.stops as s (stopped_at, stopped_by, reason) values (statement_timestamp(), almanac_private.actor(), pause_all.reason)
  returning s.* into v_stop;
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.pause_all(text) is
  'Stops all schedules but Almanac''s own from firing until resume_all(). Each keeps its own state; runs that are queued or going on are left alone.';
grant execute on function almanac.pause_all(text) to almanac_admin;
--! EndIncluded functions/pause_all.sql
--! Included functions/reap_workers.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.reap_workers(as_of timestamptz default clock_timestamp(), lost_after interval default '15 seconds') returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_workers bigint[];
  v_pools text[];
  v_jobs bigint[];
  v_keys text[];
  v_results jsonb;
  v_runs bigint[];
  v_schedules bigint[];
  v_worker bigint;
begin
  with dead as (
    select w.id from almanac.workers w
    where w.status in ('active', 'draining') and w.last_heartbeat_at < reap_workers.as_of - reap_workers.lost_after
    order by w.id for update skip locked
  ), lost as (
    update almanac.workers w set status = 'lost', stopped_at = reap_workers.as_of from dead d where w.id = d.id returning w.id, w.pool_ids
  )
  select array_agg(distinct l.id), array_agg(distinct p.id) into v_workers, v_pools from lost l left join lateral unnest(l.pool_ids) p(id) on true;
  if v_workers is null then
    return 0;
  end if;

  select array_agg(j.id), array_agg(j.key) filter (where j.key is not null) into v_jobs, v_keys
  from graphile_worker.jobs j
  where j.locked_by = any (v_pools)
    and case
      when j.key is not null then almanac_private.is_own_job(j.key, j.task_identifier)
      -- What has lost its key to a job for later: a wake, and a failed attempt that is recorded and was not completed.
      else j.task_identifier = 'almanac:wake' or j.id in (
        select r.job_id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for)
    end;

  -- Attempts that were going on count as failed and are tried again at once.
  foreach v_worker in array v_workers loop
    v_results := (
      select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for, 'status', 'failed', 'error', 'The worker was lost.', 'isLost', true)
        order by r.id)
      from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = v_worker
    );
    perform almanac_private.finish_runs(v_worker, v_results, reap_workers.as_of) where v_results is not null;
  end loop;

  -- New jobs for what they had fetched but not begun. The old rows are still locked by the dead pools, so they lose their keys to the new ones.
  v_runs := array(select substr(k, 5)::bigint from unnest(v_keys) k where k like 'run:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, null)
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.run_id = any (v_runs) and r.status in ('queued', 'retrying')
      and not exists (select from graphile_worker.jobs f where f.key = 'run:' || r.id and f.locked_by is null)
    order by r.id
  ));
  v_schedules := array(select substr(k, 10)::bigint from unnest(v_keys) k where k like 'schedule:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, s.next_run_at, interval '0')
    from almanac.schedules s where s.id = any (v_schedules) and s.next_run_at is not null order by s.id
  ));
  perform graphile_worker.force_unlock_workers(v_pools) where v_pools is not null;
  perform graphile_worker.complete_jobs(v_jobs) where v_jobs is not null;
  return cardinality(v_workers);
end
$$;
comment on function almanac_private.reap_workers(timestamptz, interval) is
  'Gives up workers without a heartbeat: their running attempts fail and are retried at once, what they had fetched goes to others, their locks are released. Returns how many were lost.';
grant execute on function almanac_private.reap_workers(timestamptz, interval) to almanac_worker;
--! EndIncluded functions/reap_workers.sql
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
    select r.*, j.key as dead_job
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    left join graphile_worker.jobs j on j.key = 'run:' || r.id
    where not l.is_waiting and r.status in ('queued', 'retrying') and coalesce(r.queued_at, r.attempt_started_at) < v_now - interval '15 seconds'
      and (j.key is null or j.locked_at is null and j.attempts >= j.max_attempts and almanac_private.is_own_job(j.key, j.task_identifier))
    order by r.id for no key update of r skip locked
  loop
    perform graphile_worker.remove_job(v_found.dead_job);
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, null)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and %s.', v_found.scheduled_for, v_found.status,
      case when v_found.dead_job is null then 'had no job' else 'its job had used up its attempts' end);
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
--! Included functions/refresh_timezones.sql
-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones(as_of timestamptz default now(), out added integer, out changed text[], out moved integer)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set datestyle to 'ISO'
as $$
declare
  v_year integer := date_part('year', as_of at time zone 'UTC');
begin
  perform pg_advisory_xact_lock(hashtextextended('almanac:timezones', 0));
  insert into almanac_private.timezones (name)
  select z.name from pg_timezone_names z
  where z.name not like 'posix/%' and z.name not like 'right/%' and z.name not in ('posixrules', 'localtime', 'Factory')
    -- `at time zone` takes these for abbreviations, without the summer time that the zones of these names have.
    and z.name not in ('CET', 'EET', 'MET', 'WET')
  on conflict do nothing;
  get diagnostics added = row_count;

  -- The offsets at noon of every day of two years, of the zones in use: when they are not what they were, the rules have changed.
  with used as materialized (
    select s.timezone as name from almanac.schedules s where s.next_run_at is not null and s.timezone <> 'UTC'
    union
    select c.timezone from almanac.calendars c where c.timezone <> 'UTC'
  ), found as materialized (
    select u.name, md5(string_agg((d.at at time zone u.name)::text, ',' order by d.at)) as fingerprint
    from used u cross join generate_series(make_timestamptz(v_year, 1, 1, 12, 0, 0, 'UTC'), make_timestamptz(v_year + 2, 1, 1, 12, 0, 0, 'UTC'), interval '24 hours') d(at)
    group by u.name
  ), differing as (
    select f.name from found f join almanac_private.timezones t on t.name = f.name
    where t.fingerprint_year = v_year and t.fingerprint <> f.fingerprint
  ), written as (
    update almanac_private.timezones t set fingerprint = f.fingerprint, fingerprint_year = v_year
    from found f where t.name = f.name and (t.fingerprint_year, t.fingerprint) is distinct from (v_year, f.fingerprint)
    returning t.name
  )
  select coalesce(array_agg(d.name order by d.name), '{}') into refresh_timezones.changed from differing d;
  moved := (select count(*) from unnest(changed) z(name), almanac.recompute(z.name));
end
$$;
comment on function almanac_private.refresh_timezones(timestamptz) is
  'At the start of a worker, and after a migration: adds zones that the server has learnt (added; none is taken away, schedules may use it), looks which zones in use have other rules than at the last look (changed), and recomputes their schedules (moved).';
grant execute on function almanac_private.refresh_timezones(timestamptz) to almanac_worker;
--! EndIncluded functions/refresh_timezones.sql
--! Included functions/release_waiting.sql
-- Definer: writes the ledger.
create or replace function almanac_private.release_waiting(schedule_ids bigint[] default null, as_of timestamptz default now()) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
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
--! Included functions/remove_jobs.sql
create or replace function almanac_private.remove_jobs(keys text[]) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
begin
  perform graphile_worker.remove_job(j.key)
  from graphile_worker.jobs j where j.key = any (remove_jobs.keys) and almanac_private.is_own_job(j.key, j.task_identifier);
end
$$;
comment on function almanac_private.remove_jobs(text[]) is 'Removes the jobs under these keys, unless they are a host''s. One that a worker has locked ends, and is not tried again.';
--! EndIncluded functions/remove_jobs.sql
--! Included functions/replan.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.replan(schedule_ids bigint[]) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_schedule almanac.schedules;
  v_was timestamptz;
  v_was_for timestamptz;
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[] := '{}';
  v_moved bigint[] := '{}';
begin
  perform set_config('almanac.engine', 'on', true);
  for v_schedule in
    select s.* from almanac.schedules s
    where s.id = any (replan.schedule_ids) and s.status in ('active', 'completed') and s.kind <> 'manual' and s.deleted_at is null and s.archived_at is null
    order by s.id for no key update
  loop
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.hold_occurrence(v_schedule, statement_timestamp(), 'due when what held it back went away')
    then
      v_schedule.has_overrides := true;
      select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    end if;
    continue when (v_schedule.next_run_at, v_schedule.next_scheduled_for) is not distinct from (v_was, v_was_for);
    update almanac.schedules s
    set has_overrides = v_schedule.has_overrides, next_scheduled_for = v_schedule.next_scheduled_for, next_run_at = v_schedule.next_run_at,
      status = case when v_schedule.next_run_at is null then 'completed' else 'active' end::almanac.schedule_status
    where s.id = v_schedule.id;
    v_moved := v_moved || v_schedule.id;
    if v_schedule.next_run_at is null then
      perform almanac_private.remove_jobs(array['schedule:' || v_schedule.id]);
    else
      v_specs := v_specs || almanac_private.arm_spec(v_schedule.id, v_schedule.next_run_at, v_delay);
    end if;
  end loop;
  perform set_config('almanac.engine', 'off', true);
  perform graphile_worker.add_jobs(v_specs);
  perform almanac_private.notify_changed('almanac_schedules', replan.schedule_ids);
  return cardinality(v_moved);
end
$$;
comment on function almanac_private.replan(bigint[]) is
  'Computes anew when these schedules are next due, because something beside their rows has changed, and arms them; returns how many have moved. What is due by now must be settled before the change.';
--! EndIncluded functions/replan.sql
--! Included functions/resume.sql
create or replace function almanac.resume(schedule text, catch_up boolean default false) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(resume.schedule);
  v_saved almanac.schedules;
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if v_schedule.status = 'completed' then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is completed and cannot be resumed.', v_schedule.name),
      detail = 'No further run is possible by its rule.', hint = 'Change its rule, its end or max_runs: it is active again then.';
  end if;
  if v_schedule.status = 'active' then
    return v_schedule;
  end if;
  perform set_config('almanac.catch_up', case when resume.catch_up then 'on' else 'off' end, true);
  update almanac.schedules s set status = 'active' where s.id = v_schedule.id returning s.* into v_saved;
  perform set_config('almanac.catch_up', 'off', true);
  if v_saved.id is null then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  return v_saved;
end
$$;
comment on function almanac.resume(text, boolean) is
  'Lets a paused or disabled schedule fire again. What fell into a pause is recorded as paused, or, with catch_up, is due at once and treated as missed_run_policy says.';
grant execute on function almanac.resume(text, boolean) to almanac_operator;
--! EndIncluded functions/resume.sql
--! Included functions/resume_all.sql
-- Definer: writes a table that only the owner may; the right to execute is the admins'.
create or replace function almanac.resume_all(catch_up boolean default false) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
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
  perform almanac_private.notify_changed('almanac_schedules', null);
  return v_stop;
end
$$;
comment on function almanac.resume_all(boolean) is
  'Ends a stop of all schedules. What was due meanwhile is recorded as stopped, or, with catch_up, treated as each schedule''s missed_run_policy says.';
grant execute on function almanac.resume_all(boolean) to almanac_admin;
--! EndIncluded functions/resume_all.sql
--! Included functions/run_ledger_check.sql
-- Definer: writes a table that nobody else may.
create or replace function almanac_private.run_ledger_check(as_of timestamptz default now()) returns almanac.ledger_checks
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_began timestamptz := clock_timestamp();
  v_last almanac.ledger_checks := almanac.last_ledger_check();
  v_first timestamptz := run_ledger_check.as_of - interval '25 hours';
  v_from timestamptz := v_first;
  v_check almanac.ledger_checks;
begin
  if exists (
    select from almanac.ledger_checks c
    where c.checked_at > run_ledger_check.as_of - interval '24 hours' and c.range_end - c.range_start >= interval '25 hours')
  then
    -- What was found is looked at again, so that a check without a problem says that there is none any more.
    v_from := greatest(v_first, least(v_last.range_end - interval '1 hour', run_ledger_check.as_of - interval '1 hour',
      (v_last.findings -> 0 ->> 'scheduled_for')::timestamptz));
  end if;
  insert into almanac.ledger_checks as c
    (checked_at, range_start, range_end, unchecked_since, found, counts, findings, took_ms, stale_at)
  with found as materialized (
    select row_number() over () as position, l.*
    from almanac.check_ledger(v_from, run_ledger_check.as_of, 100000) l
  )
  select run_ledger_check.as_of, v_from, run_ledger_check.as_of, case when v_last.range_end < v_from then v_last.range_end end,
    (select count(*) from found),
    (select coalesce(jsonb_object_agg(k.problem, k.count), '{}') from (select f.problem, count(*) from found f group by f.problem) k),
    (select coalesce(jsonb_agg(jsonb_build_object('problem', f.problem, 'schedule_id', f.schedule_id::text, 'schedule_name', f.schedule_name,
      'scheduled_for', f.scheduled_for, 'detail', f.detail) order by f.position), '[]') from found f where f.position <= 100),
    0, run_ledger_check.as_of + interval '2 hours'
  returning c.* into v_check;
  update almanac.ledger_checks c set took_ms = ceil(extract(epoch from clock_timestamp() - v_began) * 1000)
  where c.id = v_check.id returning c.* into v_check;
  delete from almanac.ledger_checks c where c.checked_at < run_ledger_check.as_of - interval '90 days';
  perform almanac_private.notify_changed('almanac_ledger', array[v_check.id], 'insert');
  return v_check;
end
$$;
comment on function almanac_private.run_ledger_check(timestamptz) is
  'Checks the ledger up to this moment and keeps the result: the last 25 hours once a day, else from an hour before the last check ended, or from what that found; never more than 25 hours. Forgets what was found 90 days ago.';
grant execute on function almanac_private.run_ledger_check(timestamptz) to almanac_worker;
--! EndIncluded functions/run_ledger_check.sql
--! Included functions/settle_before_change.sql
-- Definer: writes the ledger on behalf of whoever changes what schedules depend on.
create or replace function almanac_private.settle_before_change(schedule_ids bigint[]) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_schedule almanac.schedules;
begin
  for v_schedule in
    select s.* from almanac.schedules s where s.id = any (settle_before_change.schedule_ids) and s.next_run_at is not null
    order by s.id for no key update
  loop
    -- Nothing is due, nor left out since the cursor and not recorded yet.
    continue when v_schedule.next_run_at > statement_timestamp() and not v_schedule.has_overrides
      and almanac_private.next_occurrence(v_schedule, v_schedule.cursor_at) > statement_timestamp();
    v_schedule := almanac_private.settle_rule(v_schedule, greatest(statement_timestamp(), v_schedule.cursor_at), null);
    perform set_config('almanac.engine', 'on', true);
    perform almanac_private.write_settled(v_schedule);
    perform set_config('almanac.engine', 'off', true);
  end loop;
end
$$;
comment on function almanac_private.settle_before_change(bigint[]) is
  'Locks schedules and settles what they owe up to this moment, before a calendar or an override of theirs changes; replan() comes after.';
--! EndIncluded functions/settle_before_change.sql
--! Included functions/settle_counters.sql
-- Definer: writes computed columns.
create or replace function almanac_private.settle_counters() returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_count integer;
begin
  perform set_config('almanac.engine', 'on', true);
  v_ids := array(
    select s.id from almanac.schedules s
    where s.id in (select u.schedule_id from almanac_private.unsettled_counters u)
    order by s.id for no key update skip locked
  );
  with taken as (
    delete from almanac_private.unsettled_counters u
    where u.schedule_id = any (v_ids) or not exists (select from almanac.schedules s where s.id = u.schedule_id)
    returning u.*
  ), summed as (
    select t.schedule_id, sum(t.failed) as failed, (array_agg(t.last_status order by t.id desc))[1] as last_status from taken t group by t.schedule_id
  )
  update almanac.schedules s set failed_runs = s.failed_runs + c.failed, last_status = c.last_status
  from summed c where s.id = c.schedule_id;
  get diagnostics v_count = row_count;
  perform set_config('almanac.engine', 'off', true);
  return v_count;
end
$$;
comment on function almanac_private.settle_counters() is 'Applies the counters that finish_runs could not, because someone held the schedule locked.';
grant execute on function almanac_private.settle_counters() to almanac_worker;
--! EndIncluded functions/settle_counters.sql
--! Included functions/settle_rule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule.
create or replace function almanac_private.settle_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, closing text default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
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
--! Included functions/settle_schedule.sql
-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000, omit_as almanac.omission_reason default null,
  out settled almanac.schedules, out steps integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off set plan_cache_mode to force_generic_plan
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
--! Included functions/stop_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.stop_worker(worker_id bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  update almanac.workers w set status = 'stopped', stopped_at = clock_timestamp()
  where w.id = stop_worker.worker_id and w.status in ('active', 'draining');
  perform almanac_private.give_up_lead(stop_worker.worker_id);
end
$$;
comment on function almanac_private.stop_worker(bigint) is 'Notes that a worker has ended in good order, and gives up its lead.';
grant execute on function almanac_private.stop_worker(bigint) to almanac_worker;
--! EndIncluded functions/stop_worker.sql
--! Included functions/tg_arm_schedules.sql
-- Definer: Graphile Worker's tables are the owner's.
create or replace function almanac_private.tg_arm_schedules() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_delay interval := almanac_private.arm_delay();
  v_specs graphile_worker.job_spec[];
  v_removed bigint[];
  v_changed bigint[];
  v_ended bigint[];
begin
  if tg_op = 'INSERT' then
    select array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id) filter (where n.next_run_at is not null), array_agg(n.id)
    into v_specs, v_changed from new_rows n;
    insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
    select s.id, almanac_private.rule_of(s), s.cursor_at
    from almanac.schedules s where s.id = any (v_changed) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
  elsif tg_op = 'UPDATE' then
    select
      array_agg(almanac_private.arm_spec(n.id, n.next_run_at, v_delay) order by n.id)
        filter (where n.next_run_at is not null and n.next_run_at is distinct from o.next_run_at),
      array_agg(n.id order by n.id) filter (where n.next_run_at is null and o.next_run_at is not null),
      array_agg(n.id)
    into v_specs, v_removed, v_changed
    from new_rows n left join old_rows o on o.id = n.id;
    v_ended := array(
      select o.id from old_rows o join new_rows n on n.id = o.id
      where (o.kind, o.every, o.run_at, o.timezone, o.starts_at, o.ends_at, o.cron_expression,
          almanac_private.has_rule(o.kind, o.status, o.deleted_at, o.archived_at))
        is distinct from (n.kind, n.every, n.run_at, n.timezone, n.starts_at, n.ends_at, n.cron_expression,
          almanac_private.has_rule(n.kind, n.status, n.deleted_at, n.archived_at))
        or o.status = 'completed' and n.cursor_at <> o.cursor_at);
    if v_ended <> '{}' then
      update almanac_private.rule_versions v
      -- Of a schedule that had run out, what its rule names after the last outcome is nobody's.
      set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at else greatest(statement_timestamp(), n.cursor_at) end)
      from old_rows o join new_rows n on n.id = o.id where o.id = any (v_ended) and v.schedule_id = o.id and v.valid_to is null;
      insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
      select s.id, almanac_private.rule_of(s), s.cursor_at
      from almanac.schedules s where s.id = any (v_ended) and almanac_private.has_rule(s.kind, s.status, s.deleted_at, s.archived_at);
    end if;
  else
    select array_agg(o.id order by o.id), array_agg(o.id) into v_removed, v_changed from old_rows o;
    update almanac_private.rule_versions v
    set valid_to = greatest(v.valid_from, case when o.status = 'completed' then o.cursor_at else greatest(statement_timestamp(), o.cursor_at) end),
      schedule_name = o.name
    from old_rows o where v.schedule_id = o.id and v.valid_to is null;
  end if;

  if v_changed is null then
    return null;
  end if;
  perform almanac_private.add_jobs(v_specs);
  perform almanac_private.remove_jobs(array(select 'schedule:' || r.id from unnest(v_removed) r(id)));
  perform almanac_private.notify_changed('almanac_schedules', v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_arm_schedules() is
  'After a statement that changed schedules: arms or removes their schedule:<id> jobs in one call, keeps which rule held when for check_ledger(), and notifies once.';
--! EndIncluded functions/tg_arm_schedules.sql
--! Included functions/tg_compute_calendar.sql
create or replace function almanac_private.tg_compute_calendar() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if tg_op = 'INSERT' then
    new.owned_by := current_user;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.owned_by := old.owned_by;
    new.created_at := old.created_at;
    new.created_by := old.created_by;
    if new.owner_user is distinct from old.owner_user and not pg_has_role('almanac_admin', 'member') then
      raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a calendar to another user.',
        detail = format('Calendar %s.', old.name), hint = 'Ask an admin.';
    end if;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar() is
  'Before an insert or update of a calendar: checks its zone and says who did it. Invoker: current_user is the point.';
--! EndIncluded functions/tg_compute_calendar.sql
--! Included functions/tg_compute_calendar_entry.sql
create or replace function almanac_private.tg_compute_calendar_entry() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  new.rule := null;
  if new.cron_expression is not null then
    new.rule := almanac_private.compile_cron(new.cron_expression);
    if new.duration is null or not isfinite(new.duration) or new.duration > interval '366 days' then
      raise exception using errcode = 'AL015', column = 'duration', message = 'A recurring window needs a duration of at most 366 days.',
        detail = format('duration: %s.', coalesce(new.duration::text, 'null')), hint = 'For instance 1 day, or 8 hours.';
    end if;
    perform almanac_private.check_interval(new.duration);
    if bit_count((new.rule).rule_seconds::bit(60)) * bit_count((new.rule).rule_minutes::bit(60)) > 1 then
      raise exception using errcode = 'AL015', column = 'cron_expression', message = 'A recurring window may begin once an hour at most.',
        detail = format('cron_expression: %s.', new.cron_expression), hint = 'Name one minute, and make the duration longer.';
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.created_at := statement_timestamp();
    new.created_by := almanac_private.actor();
  else
    new.created_at := old.created_at;
    new.created_by := old.created_by;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar_entry() is 'Before an insert or update of a calendar entry: compiles its recurring window, if it is one.';
--! EndIncluded functions/tg_compute_calendar_entry.sql
--! Included functions/tg_compute_schedule.sql
-- Definer: settles what a rule still owes before it changes, which writes the ledger.
create or replace function almanac_private.tg_compute_schedule() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_rule_changed boolean := true;
  v_was_firing boolean := false;
  v_is_there boolean := new.deleted_at is null and new.archived_at is null;
  v_fires boolean;
  v_restarts boolean;
  v_begins boolean := false;
  v_was_paused boolean := false;
  v_catches_up boolean := false;
  v_settled almanac.schedules;
begin
  if not exists (select from almanac.tasks t where t.identifier = new.task_identifier) then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = format('The task %s is unknown.', new.task_identifier),
      detail = 'No worker has announced it.',
      hint = 'Start a worker that has it, or announce it: select almanac.register_task(''' || replace(new.task_identifier, '''', '''''') || ''').';
  end if;
  new := almanac_private.prepare_schedule(new);
  if new.calendars <> '{}' then
    perform from almanac.calendars c where c.name = any (new.calendars) order by c.id for key share;
  end if;

  if tg_op = 'UPDATE' then
    v_was_firing := old.next_scheduled_for is not null;
    v_rule_changed := (new.kind, new.cron_expression, new.every, new.run_at, new.timezone, new.starts_at, new.ends_at, new.max_runs,
        new.jitter, new.calendars, new.exclusion_policy)
      is distinct from (old.kind, old.cron_expression, old.every, old.run_at, old.timezone, old.starts_at, old.ends_at, old.max_runs,
        old.jitter, old.calendars, old.exclusion_policy);
    v_now := greatest(v_now, old.cursor_at);
  end if;

  if new.status = 'paused' then
    new.paused_at := case when tg_op = 'UPDATE' and old.status = 'paused' then old.paused_at else v_now end;
  else
    new.paused_at := null;
    new.pause_reason := null;
  end if;
  if new.status = 'completed' and v_rule_changed then
    new.status := 'active';
  end if;
  v_fires := new.status = 'active' and v_is_there;
  v_restarts := v_fires and (v_rule_changed or not v_was_firing);
  if v_fires and new.kind = 'once' and v_rule_changed and new.run_at <= v_now then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'The time of the single run is past.',
      detail = format('run_at: %s, now: %s.', new.run_at, v_now),
      hint = 'Give a time to come, or use a schedule of kind manual and almanac.trigger_now().';
  end if;

  if tg_op = 'UPDATE' then
    v_was_paused := old.status = 'paused' and old.deleted_at is null and old.archived_at is null;
    -- Goes on where the pause began: what fell into it is due at once, and fire_due settles it in parts.
    v_catches_up := v_was_paused and v_fires and not v_rule_changed and current_setting('almanac.catch_up', true) = 'on';
    -- What its rule names while a schedule is disabled, deleted or completed is nobody's.
    v_begins := almanac_private.has_rule(new.kind, new.status, new.deleted_at, new.archived_at)
      and (old.status = 'completed' and new.status <> 'completed' or not almanac_private.has_rule(old.kind, old.status, old.deleted_at, old.archived_at));
    v_settled := old;
    if v_was_firing and (old.next_run_at <= v_now or not v_fires or v_restarts) then
      v_settled := almanac_private.settle_rule(old, v_now, null,
        case when v_restarts then 'hold' when not v_fires and new.status <> 'paused' then 'stop' end);
    elsif v_was_paused and not v_catches_up and (new.status <> 'paused' or not v_is_there or v_rule_changed) then
      v_settled := almanac_private.settle_rule(old, v_now, 'paused', case when v_is_there and new.status in ('active', 'paused') then 'hold' else 'stop' end);
    end if;
    new.cursor_at := v_settled.cursor_at;
    new.next_scheduled_for := v_settled.next_scheduled_for;
    new.next_run_at := v_settled.next_run_at;
    new.total_runs := v_settled.total_runs;
    new.last_run_at := v_settled.last_run_at;
    new.has_overrides := v_settled.has_overrides;
  end if;

  if (v_rule_changed or v_restarts or v_begins) and not v_catches_up then
    new.cursor_at := v_now;
  end if;
  if not v_fires then
    new.next_scheduled_for := null;
    new.next_run_at := null;
  elsif v_restarts then
    select d.scheduled_for, d.due_at into new.next_scheduled_for, new.next_run_at from almanac_private.next_due(new) d;
  end if;
  if v_fires and new.next_scheduled_for is null and new.kind <> 'manual' then
    new.status := 'completed';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, settles what the old rule owes up to this moment, and computes the next run by the new one.';
--! EndIncluded functions/tg_compute_schedule.sql
--! Included functions/tg_notify_workers.sql
create or replace function almanac_private.tg_notify_workers() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_changed bigint[];
begin
  if tg_op = 'INSERT' then
    v_changed := array(select n.id from new_rows n order by n.id);
  elsif tg_op = 'DELETE' then
    v_changed := array(select o.id from old_rows o order by o.id);
  else
    v_changed := array(select n.id from new_rows n join old_rows o on o.id = n.id where n.status <> o.status order by n.id);
  end if;
  perform almanac_private.notify_changed('almanac_workers', v_changed, lower(tg_op));
  return null;
end
$$;
comment on function almanac_private.tg_notify_workers() is
  'After workers came, went, or changed their status: says so to browsers, once. A heartbeat changes none.';
--! EndIncluded functions/tg_notify_workers.sql
--! Included functions/tg_replan_calendar.sql
-- Definer: replans schedules of other people that heed the calendar.
create or replace function almanac_private.tg_replan_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_names text[];
  v_renamed record;
  v_ids bigint[];
begin
  if tg_table_name = 'calendars' then
    for v_renamed in
      select o.name as old_name, n.name as new_name from old_rows o join new_rows n on n.id = o.id where n.name <> o.name order by n.id
    loop
      perform set_config('almanac.engine', 'on', true);
      update almanac.schedules s set calendars = array_replace(s.calendars, v_renamed.old_name, v_renamed.new_name)
      where s.calendars @> array[v_renamed.old_name];
      perform set_config('almanac.engine', 'off', true);
    end loop;
    v_names := array(select n.name from new_rows n);
  elsif tg_op = 'INSERT' then
    v_names := array(select distinct c.name from new_rows n join almanac.calendars c on c.id = n.calendar_id);
  elsif tg_op = 'DELETE' then
    v_names := array(select distinct c.name from old_rows o join almanac.calendars c on c.id = o.calendar_id);
  else
    v_names := array(select distinct c.name from (select n.calendar_id from new_rows n union select o.calendar_id from old_rows o) e
      join almanac.calendars c on c.id = e.calendar_id);
  end if;
  if v_names <> '{}' then
    v_ids := almanac_private.schedules_of_calendars(v_names);
    perform almanac_private.replan(v_ids);
    if v_ids = '{}' then
      perform almanac_private.notify_changed('almanac_schedules', null);
    end if;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_replan_calendar() is
  'After calendars or their entries changed: computes anew when the schedules that heed them are due; a new name goes into them.';
--! EndIncluded functions/tg_replan_calendar.sql
--! Included functions/tg_settle_calendar.sql
-- Definer: settles schedules of other people that heed the calendar.
create or replace function almanac_private.tg_settle_calendar() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[];
  v_names text[];
  v_mark text;
  v_done text := coalesce(current_setting('almanac.settled_calendars', true), '');
begin
  if tg_table_name = 'calendars' then
    if tg_op = 'DELETE' and exists (select from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null) then
      raise exception using errcode = 'AL015', message = format('Calendar %s is in use.', old.name),
        detail = format('By: %s.', (
          select string_agg(s.name, ', ' order by s.name) from (
            select s.name from almanac.schedules s where s.calendars @> array[old.name] and s.deleted_at is null order by s.name limit 10) s)),
        hint = 'Take it out of their column calendars first.';
    end if;
    v_ids := array[old.id];
  else
    v_ids := array_remove(array[case when tg_op <> 'INSERT' then old.calendar_id end, case when tg_op <> 'DELETE' then new.calendar_id end], null);
  end if;

  -- Once a statement: a thousand imported holidays need not settle a thousand times.
  v_mark := extract(epoch from statement_timestamp())::text;
  if split_part(v_done, ' ', 1) = v_mark then
    v_ids := array(select i from unnest(v_ids) i where i::text <> all (string_to_array(v_done, ' ')));
  else
    v_done := v_mark;
  end if;
  if v_ids <> '{}' then
    v_names := array(select c.name from almanac.calendars c where c.id = any (v_ids));
    perform almanac_private.settle_before_change(almanac_private.schedules_of_calendars(v_names));
    perform set_config('almanac.settled_calendars', v_done || ' ' || array_to_string(v_ids, ' '), true);
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end
$$;
comment on function almanac_private.tg_settle_calendar() is
  'Before a calendar or an entry of it changes: settles by its old state what the schedules that heed it owe up to this moment. A calendar in use is not deleted.';
--! EndIncluded functions/tg_settle_calendar.sql
--! Included functions/tg_settle_deleted.sql
-- Definer: writes the ledger.
create or replace function almanac_private.tg_settle_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
begin
  if old.next_run_at is not null then
    perform almanac_private.settle_rule(old, statement_timestamp(), null, 'stop');
  elsif old.status = 'paused' and old.deleted_at is null and old.archived_at is null then
    perform almanac_private.settle_rule(old, statement_timestamp(), 'paused', 'stop');
  end if;
  return old;
end
$$;
comment on function almanac_private.tg_settle_deleted() is 'Before a schedule is deleted: gives what is due by now its outcome.';
--! EndIncluded functions/tg_settle_deleted.sql
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
  perform almanac_private.notify_changed('almanac_runs', array[v_schedule.id]);
  return almanac_private.insert_run(v_schedule, clock_timestamp(), clock_timestamp(), 'manual', v_payload, almanac_private.actor(), clock_timestamp(),
    in_line => trigger_now.respect_overlap);
end
$$;
comment on function almanac.trigger_now(text, jsonb, boolean) is
  'Runs a schedule''s task once, now, with its own payload or another. The next planned run stays as it is. It stands outside the overlap policy; with respect_overlap it waits, is skipped (look at the status returned) or cancels what runs, as the policy says, and others do for it.';
grant execute on function almanac.trigger_now(text, jsonb, boolean) to almanac_operator;
--! EndIncluded functions/trigger_now.sql
--! Included functions/wake.sql
-- Definer: as fire_due.
create or replace function almanac_private.wake(schedule_ids bigint[], as_of timestamptz default now()) returns bigint[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_locked bigint[];
begin
  perform almanac_private.fire_due(wake.as_of);
  v_locked := array(
    select s.id from almanac.schedules s where s.id = any (wake.schedule_ids) order by s.id for no key update skip locked
  );
  -- Armed even if nothing was due: an add_job that met this job while a worker was locking it may have been dropped.
  perform graphile_worker.add_jobs(array(
    select almanac_private.arm_spec(s.id, case when almanac_private.is_stopped() and not s.is_system then greatest(s.next_run_at, wake.as_of + interval '1 minute') else s.next_run_at end,
      almanac_private.arm_delay())
    from almanac.schedules s where s.id = any (v_locked) and s.next_run_at is not null order by s.id
  ));
  return array(
    select s.id from almanac.schedules s
    where s.id = any (wake.schedule_ids) and s.id <> all (v_locked) and s.next_run_at is not null
  );
end
$$;
comment on function almanac_private.wake(bigint[], timestamptz) is
  'What the schedule:<id> jobs call: fires whatever is due, then arms these schedules anew. Returns those that someone else holds locked: call again for them.';
grant execute on function almanac_private.wake(bigint[], timestamptz) to almanac_worker;
--! EndIncluded functions/wake.sql
--! Included functions/worker_triggers.sql
create or replace trigger _800_notify_inserted after insert on almanac.workers
  referencing new table as new_rows for each statement execute function almanac_private.tg_notify_workers();
create or replace trigger _800_notify_updated after update on almanac.workers
  referencing old table as old_rows new table as new_rows for each statement execute function almanac_private.tg_notify_workers();
create or replace trigger _800_notify_deleted after delete on almanac.workers
  referencing old table as old_rows for each statement execute function almanac_private.tg_notify_workers();
--! EndIncluded functions/worker_triggers.sql
