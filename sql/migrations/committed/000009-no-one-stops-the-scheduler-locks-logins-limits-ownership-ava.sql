--! Previous: sha1:53ada80b1b6195c4082fb24c7dc9473f25d00e14
--! Hash: sha1:80f0a26ada3ef530525f4ba66ba856c978cd32cd
--! Message: No one stops the scheduler: locks, logins, limits, ownership, availability, lost time zones

-- At most once: with max_attempts 1 a run that has begun is not tried again, whatever ended its attempt.
drop function if exists almanac_private.lost_note(integer);
--! Included functions/lost_note.sql
create or replace function almanac_private.lost_note(lost_attempts integer, max_attempts integer, detail jsonb) returns text
language sql stable parallel safe
return case
  when coalesce(detail ->> 'isLost', detail ->> 'isReturned') is distinct from 'true' then ''
  when max_attempts = 1
    then E'\nmax_attempts is 1, so it is not tried again: the task may have done its work. Look, then trigger its schedule.'
  when detail ->> 'isLost' = 'true' and lost_attempts >= almanac_private.max_lost_attempts() then format(
    E'\nIt is the %s worker that was lost with this run, which is not tried again: its task may be what ends them (memory, a crash, the CPU held). Mend it, then trigger its schedule.',
    case lost_attempts when 1 then 'first' when 2 then 'second' when 3 then 'third' else lost_attempts || 'th' end)
  else '' end;
comment on function almanac_private.lost_note(integer, integer, jsonb) is
  'What is added to the error of a run whose attempt ended with its worker, if that ends the run. detail: what finish_runs was told.';
--! EndIncluded functions/lost_note.sql
--! Included functions/status_after_attempt.sql
create or replace function almanac_private.status_after_attempt(
  ended_as almanac.run_status, attempt integer, max_attempts integer, cancel_requested_at timestamptz, lost_attempts integer default 0, detail jsonb default null
) returns almanac.run_status
language sql stable parallel safe
return case
  when ended_as not in ('failed', 'timed_out') then ended_as
  when cancel_requested_at is not null then 'cancelled'
  -- A single attempt is what the task is called at most: it may have done its work.
  when max_attempts = 1 then ended_as
  when detail -> 'isReturned' = 'true' then 'retrying'
  when detail -> 'isLost' = 'true' and coalesce(lost_attempts, 0) + 1 >= almanac_private.max_lost_attempts() then 'failed'
  when detail -> 'isLost' = 'true' then 'retrying'
  when attempt < max_attempts and not coalesce(detail ? 'isPermanent', false) then 'retrying'
  else ended_as
end::almanac.run_status;
comment on function almanac_private.status_after_attempt(almanac.run_status, integer, integer, timestamptz, integer, jsonb) is
  'What a run is after an attempt of it has ended so. detail: what finish_runs was told of it. A plain expression, so that callers inline it.';
--! EndIncluded functions/status_after_attempt.sql
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
  v_unsettled boolean := exists (select from almanac_private.unsettled_counters);
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
          r.attempt, r.max_attempts, r.cancel_requested_at, r.lost_attempts, v_details -> r.id::text),
        -- What ended with its worker does not use up an attempt of the task.
        max_attempts = r.max_attempts + case when r.max_attempts = 1 then 0 when (v_details -> r.id::text ->> 'isReturned')::boolean
          or (v_details -> r.id::text ->> 'isLost')::boolean and coalesce(r.lost_attempts, 0) + 1 < almanac_private.max_lost_attempts() then 1 else 0 end,
        lost_attempts = coalesce(r.lost_attempts, 0) + coalesce((v_details -> r.id::text ->> 'isLost')::boolean::integer, 0),
        error = case when v_details is null then null else coalesce((v_details -> r.id::text ->> 'error')
            || almanac_private.lost_note(coalesce(r.lost_attempts, 0) + 1, r.max_attempts, v_details -> r.id::text), case when v_details -> r.id::text ->> 'status' <> 'succeeded' then r.error end) end,
        result = v_details -> r.id::text -> 'result',
        finished_at = case when almanac_private.status_after_attempt(coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
          r.attempt, r.max_attempts, r.cancel_requested_at, r.lost_attempts, v_details -> r.id::text) <> 'retrying' then finish_runs.as_of end
      where r.id = any (v_ids) and r.scheduled_for = v_time
        -- A case, which no plan is built upon: by their status, all of a partition may be read for the few that run.
        and case when r.status = 'running' then r.worker_id = finish_runs.worker_id else false end
      returning r.id, r.schedule_id, r.attempt, r.status, r.attempt_started_at
    ), attempts as (
      insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at, worker_id, error)
      select e.id, v_time, e.attempt, case when e.status = 'retrying' and (v_details -> e.id::text ->> 'isReturned')::boolean then 'cancelled'
          when e.status = 'retrying' then (v_details -> e.id::text ->> 'status')::almanac.run_status else e.status end,
        e.attempt_started_at, finish_runs.as_of, finish_runs.worker_id, v_details -> e.id::text ->> 'error'
      from ended e
    ), dead as (
      delete from almanac_private.live_runs l using ended e
      where l.schedule_id = any (array[e.schedule_id]) and l.run_id = e.id and e.status <> 'retrying'
    )
    select array_agg(e.id) filter (where e.status <> 'retrying'), array_agg(e.id order by e.id) filter (where e.status = 'retrying'),
      v_queueing || array_agg(e.schedule_id) filter (where e.status <> 'retrying' and exists (
        select from almanac_private.live_runs w where w.schedule_id = e.schedule_id and w.is_waiting)),
      bool_or(e.status in ('failed', 'timed_out') or e.status <> 'retrying' and (v_unsettled or s.last_status is distinct from e.status)),
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
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", "result", "isLost": it was lost with its worker, "isReturned": its worker, which is not to go on, hands it back, "isPermanent": another attempt would fail just so}]. Retries what has attempts left, and releases what waited. Counts only runs that this worker had running.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
--! EndIncluded functions/finish_runs.sql

-- Which tasks are available was kept in a column, which nothing corrects when the last worker is killed. It follows from the workers that are
-- alive: each says which tasks it has, and almanac.tasks is a view that looks. Both tables are small; nothing waits but for a moment's lock.
alter table almanac.workers add column if not exists tasks text[];
comment on column almanac.workers.tasks is
  'Tasks that it has besides the built-in ones; null: a worker of an older release, of which it is known from what was announced lately.';
drop function if exists almanac_private.register_worker(text, text, integer, text, integer);
--! Included functions/register_worker.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.register_worker(
  name text, host text, pid integer, version text, concurrency integer, tasks text[] default null
) returns bigint
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_id bigint;
begin
  insert into almanac.workers (name, host, pid, version, concurrency, tasks)
  values (register_worker.name, register_worker.host, register_worker.pid, register_worker.version, register_worker.concurrency, register_worker.tasks)
  returning id into v_id;
  return v_id;
end
$$;
comment on function almanac_private.register_worker(text, text, integer, text, integer, text[]) is
  'Notes a worker process that starts, and the tasks that it has besides the built-in ones; returns its number.';
grant execute on function almanac_private.register_worker(text, text, integer, text, integer, text[]) to almanac_worker;
--! EndIncluded functions/register_worker.sql
drop function if exists almanac.register_task(text, text, text, jsonb);
do $$
begin
  if to_regclass('almanac_private.known_tasks') is null then
    drop function if exists almanac.tasks_available(almanac.tasks);
    alter table almanac.tasks rename to known_tasks;
    alter table almanac.known_tasks set schema almanac_private;
  end if;
end
$$;
comment on table almanac_private.known_tasks is 'The tasks of almanac.tasks, without what is computed.';
--! Included functions/task_is_available.sql
create or replace function almanac_private.task_is_available(identifier text, is_builtin boolean, last_seen_at timestamptz) returns boolean
language sql stable
return exists (
  select from almanac.workers w
  where w.status = 'active' and w.last_heartbeat_at > clock_timestamp() - interval '15 seconds' and case
      when task_is_available.is_builtin then true
      when w.tasks is null then task_is_available.last_seen_at > clock_timestamp() - interval '3 minutes'
      else task_is_available.identifier = any (w.tasks) end);
comment on function almanac_private.task_is_available(text, boolean, timestamptz) is
  'Whether a worker that lives, by its heartbeat, has the task. One of an older release lists none: it has what was announced in the last three minutes.';
grant execute on function almanac_private.task_is_available(text, boolean, timestamptz) to almanac_viewer;
--! EndIncluded functions/task_is_available.sql
create or replace view almanac.tasks with (security_invoker = true) as
select t.identifier, t.label, t.description, t.payload_schema, t.task_group, t.depends_on, t.default_timeout, t.default_max_attempts, t.is_builtin,
  almanac_private.task_is_available(t.identifier, t.is_builtin, t.last_seen_at) as available, t.last_seen_at, t.created_at, t.lacking_since, t.lacking_seen_at
from almanac_private.known_tasks t;
comment on view almanac.tasks is 'What schedules can run: announced by workers that have it, or by register_task before any has.';
comment on column almanac.tasks.identifier is 'Name by which schedules ask for the task, as in Graphile Worker.';
comment on column almanac.tasks.label is 'Short name for people; null: the identifier.';
comment on column almanac.tasks.description is 'What the task does.';
comment on column almanac.tasks.payload_schema is 'JSON Schema of the payload; null: any object.';
comment on column almanac.tasks.task_group is 'Group that the task belongs to.';
comment on column almanac.tasks.depends_on is 'Tasks that must have run before, when a group runs.';
comment on column almanac.tasks.default_timeout is 'Time-out for schedules that set none; null: none.';
comment on column almanac.tasks.default_max_attempts is 'Attempts for schedules that set none; null: 3.';
comment on column almanac.tasks.is_builtin is 'Comes with Almanac.';
comment on column almanac.tasks.available is 'Whether a worker has it that is running now: one that was heard of in the last 15 seconds and was not asked to stop. Computed when it is read.';
comment on column almanac.tasks.last_seen_at is 'When a worker last announced it; null: never, or it comes with Almanac.';
comment on column almanac.tasks.created_at is 'When it became known.';
comment on column almanac.tasks.lacking_since is 'Since when workers are running of which none has it; null: one has it, or none is running.';
comment on column almanac.tasks.lacking_seen_at is 'When that was last looked at; null: one has it, or none is running.';
grant select on almanac.tasks to almanac_viewer;
grant insert, update on almanac.tasks to almanac_admin;
--! Included functions/check_admin.sql
create or replace function almanac_private.check_admin(action text, or_worker boolean default false) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  -- By rights that the caller has as it is: the server's login has those of whom it acts for, once it does.
  if pg_has_role(v_caller, 'almanac_admin', 'usage') or has_schema_privilege(v_caller, 'almanac_private', 'create')
    or check_admin.or_worker and pg_has_role(v_caller, 'almanac_worker', 'usage')
  then
    return;
  end if;
  raise exception using errcode = 'AL011', message = format('Only an admin may use almanac.%s().', check_admin.action),
    detail = format('%s is none.', almanac_private.actor()),
    hint = case when almanac.current_user_id() is null
      then format('Ask an admin, or let a DBA run: grant almanac_admin to %I;', v_caller)
      else 'Ask an admin to do it, or for their role.' end;
end
$$;
comment on function almanac_private.check_admin(text, boolean) is
  'Raises AL011 for a caller who is neither an admin nor the owner, nor, if they may too, a worker: with whom to ask.';
grant execute on function almanac_private.check_admin(text, boolean) to almanac_viewer;
--! EndIncluded functions/check_admin.sql
--! Included functions/register_task.sql
create or replace function almanac.register_task(
  identifier text, label text default null, description text default null, payload_schema jsonb default null
) returns almanac.tasks
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_task almanac.tasks;
begin
  perform almanac_private.check_admin('register_task');
  insert into almanac_private.known_tasks as t (identifier, label, description, payload_schema)
  values (register_task.identifier, register_task.label, register_task.description, register_task.payload_schema)
  on conflict on constraint tasks_pkey do update
  set label = coalesce(excluded.label, t.label), description = coalesce(excluded.description, t.description),
    payload_schema = coalesce(excluded.payload_schema, t.payload_schema);
  select t.* into v_task from almanac.tasks t where t.identifier = register_task.identifier;
  return v_task;
end
$$;
comment on function almanac.register_task(text, text, text, jsonb) is
  'Makes a task known before any worker has it, so that schedules can name it. What a worker says of it later takes its place.';
grant execute on function almanac.register_task(text, text, text, jsonb) to almanac_viewer;
--! EndIncluded functions/register_task.sql
--! Included functions/announce_tasks.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.announce_tasks(tasks jsonb, withdrawn text[] default '{}') returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into almanac_private.known_tasks as t
    (identifier, label, description, payload_schema, task_group, depends_on, default_timeout, default_max_attempts, last_seen_at)
  select a.identifier, a.label, a.description, a.payload_schema, a.task_group, coalesce(a.depends_on, '{}'), a.default_timeout, a.default_max_attempts,
    clock_timestamp()
  from jsonb_to_recordset(announce_tasks.tasks) a(identifier text, label text, description text, payload_schema jsonb, task_group text,
    depends_on text[], default_timeout interval, default_max_attempts integer)
  order by a.identifier
  on conflict (identifier) do update
  set label = excluded.label, description = excluded.description, payload_schema = excluded.payload_schema, task_group = excluded.task_group,
    depends_on = excluded.depends_on, default_timeout = excluded.default_timeout, default_max_attempts = excluded.default_max_attempts,
    last_seen_at = excluded.last_seen_at
  where not t.is_builtin;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function almanac_private.announce_tasks(jsonb, text[]) is
  'What a worker says of its tasks at its start and every minute: an array of rows of almanac.tasks. Which worker has which is in almanac.workers. withdrawn: what workers of an older release say; nothing comes of it.';
grant execute on function almanac_private.announce_tasks(jsonb, text[]) to almanac_worker;
--! EndIncluded functions/announce_tasks.sql
--! Included functions/runs_blocked_because.sql
-- Definer: one who sees a run may know why it does not begin.
create or replace function almanac.runs_blocked_because(run almanac.runs) returns text
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select case when almanac_private.a_worker_lives() then format('No running worker has the task %s%s.', t.identifier,
      coalesce(to_char(t.lacking_since at time zone 'UTC', '", as was seen first at" YYYY-MM-DD HH24:MI "UTC"'), '')
    ) else 'No worker is running.' end
  from almanac.tasks t
  where t.identifier = runs_blocked_because.run.task_identifier and runs_blocked_because.run.status in ('queued', 'retrying') and not t.available;
end;
comment on function almanac.runs_blocked_because(almanac.runs) is
  'Why a run that is to begin cannot: no worker has its task, or none is running; null: it can, or is not to begin.';
grant execute on function almanac.runs_blocked_because(almanac.runs) to almanac_viewer;
--! EndIncluded functions/runs_blocked_because.sql
--! Included functions/end_lacking_runs.sql
-- Called by reconcile, with its rights.
create or replace function almanac_private.end_lacking_runs(as_of timestamptz default statement_timestamp())
returns table (schedule_id bigint, schedule_name text, run_id bigint, detail text)
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_limit interval := (select make_interval(mins => (s.value #>> '{}')::integer) from almanac_private.settings s where s.key = 'lacking_task_minutes');
  v_found record;
begin
  -- The time counts only while workers run that lack it: after a break, as when all are down for a deployment, it begins again.
  update almanac_private.known_tasks t
  set lacking_since = case when t.lacking_seen_at > end_lacking_runs.as_of - interval '5 minutes' then t.lacking_since else end_lacking_runs.as_of end,
    lacking_seen_at = end_lacking_runs.as_of
  where not t.is_builtin and not almanac_private.task_is_available(t.identifier, false, t.last_seen_at) and almanac_private.a_worker_lives();
  update almanac_private.known_tasks t set lacking_since = null, lacking_seen_at = null
  where t.lacking_since is not null and (almanac_private.task_is_available(t.identifier, false, t.last_seen_at) or not almanac_private.a_worker_lives());

  for v_found in
    select r.id, r.schedule_id, r.schedule_name, r.scheduled_for, r.task_identifier
    from almanac.tasks t
    join almanac.runs r on r.task_identifier = t.identifier
    join almanac_private.live_runs l on l.run_id = r.id and l.scheduled_for = r.scheduled_for
    where t.lacking_since <= end_lacking_runs.as_of - v_limit and r.status in ('waiting', 'queued', 'retrying')
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    detail := format('No running worker has had the task %s for %s. Start one that has it, or give the schedule another task.', v_found.task_identifier, v_limit);
    update almanac.runs r set status = 'failed', error = end_lacking_runs.detail, finished_at = end_lacking_runs.as_of
    where r.id = v_found.id and r.scheduled_for = v_found.scheduled_for and r.status in ('waiting', 'queued', 'retrying');
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.id;
    perform almanac_private.remove_jobs(array['run:' || v_found.id]);
    perform almanac_private.count_runs(v_found.scheduled_for, array[v_found.id]);
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    return next;
  end loop;
end
$$;
comment on function almanac_private.end_lacking_runs(timestamptz) is
  'Notes which tasks the running workers lack, and fails the runs that have waited for one of them for an hour (lacking_task_minutes in almanac_private.settings).';
--! EndIncluded functions/end_lacking_runs.sql
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
--! Included functions/reap_workers.sql
-- Definer: writes the ledger and Graphile Worker's jobs.
create or replace function almanac_private.reap_workers(
  as_of timestamptz default clock_timestamp(), lost_after interval default '15 seconds', blameless_worker bigint default null
) returns integer
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
  v_kept text[];
  v_worker almanac.workers;
  v_held text;
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
      else j.task_identifier = 'almanac:wake' or j.task_identifier like 'almanac-run:%' or j.id in (
        select r.job_id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for)
    end;

  -- Attempts that were going on are tried again at once. Only what may have ended the worker is counted: the run that is known to have, or else all.
  for v_worker in select w.* from almanac.workers w where w.id = any (v_workers) order by w.id loop
    select jsonb_agg(jsonb_build_object('runId', r.id, 'scheduledFor', r.scheduled_for, 'status', 'failed') || case
          when r.id = v_worker.culprit_run_id and v_worker.end_reason is not null then jsonb_build_object('error', v_worker.end_reason)
          when r.id = v_worker.culprit_run_id then jsonb_build_object('isLost', true, 'error', 'The worker was lost while this run held its CPU'
            || coalesce(', at ' || v_worker.culprit_at, '') || '.')
          when v_worker.culprit_run_id is not null then jsonb_build_object('isReturned', true, 'error', format('The worker was lost through run %s.', v_worker.culprit_run_id))
          when v_worker.id = reap_workers.blameless_worker then jsonb_build_object('isReturned', true, 'error', 'The worker was lost: ' || v_worker.end_reason)
          else jsonb_build_object('isLost', true, 'error', 'The worker was lost' || coalesce(': ' || v_worker.end_reason, '.')) end
        order by r.id), string_agg(format('%s (%s)', r.id, r.task_identifier), ', ' order by r.id)
      into v_results, v_held
      from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.status = 'running' and r.worker_id = v_worker.id;
    perform almanac_private.finish_runs(v_worker.id, v_results, reap_workers.as_of) where v_results is not null;
    -- What is known is told; a process that was killed, or had no memory left, could not say.
    update almanac.workers w
    set end_reason = format('It was not heard of for %s s. ', extract(epoch from reap_workers.lost_after)::integer) || case
        when w.culprit_run_id is not null then format('Run %s held its CPU%s.', w.culprit_run_id, coalesce(', at ' || w.culprit_at, ''))
        when v_held is null then 'What ended it is not known; it ran nothing.'
        else format('What ended it is not known: memory, a crash, kill -9, the machine. It ran %s.', left(v_held, 1000)) end
    where w.id = v_worker.id and w.end_reason is null;
  end loop;

  -- New jobs for what they had fetched but not begun. The old rows are still locked by the dead pools, so they lose their keys to the new ones.
  v_runs := array(select substr(k, 5)::bigint from unnest(v_keys) k where k like 'run:%');
  perform graphile_worker.add_jobs(array(
    select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, r.attempt + 1, r.trigger, r.task_identifier, r.payload, r.priority, null, r.lost_attempts)
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
  -- A job that its pool has handed back meanwhile is the only one that its run or schedule has.
  v_kept := array(
    select 'run:' || r.id from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.run_id = any (v_runs) and r.status in ('queued', 'retrying')
    union all
    select 'schedule:' || s.id from almanac.schedules s where s.id = any (v_schedules) and s.next_run_at is not null
  );
  perform graphile_worker.complete_jobs(array(
    select j.id from graphile_worker.jobs j where j.id = any (v_jobs) and coalesce(j.key <> all (v_kept), true)));
  return cardinality(v_workers);
end
$$;
comment on function almanac_private.reap_workers(timestamptz, interval, bigint) is
  'Gives up workers without a heartbeat: their running attempts end and are tried again at once, what they had fetched goes to others, their locks are released. Returns how many were lost. blameless_worker: one whose end no run is to blame for.';
grant execute on function almanac_private.reap_workers(timestamptz, interval, bigint) to almanac_worker;
--! EndIncluded functions/reap_workers.sql
drop function if exists almanac_private.withdraw_tasks();
alter table almanac_private.known_tasks drop column if exists available;

-- Built-in tasks cannot be changed or deleted, by the owner neither. Who may schedule them, and what almanac:sql takes, is checked when it is saved.
--! Included functions/tg_check_task.sql
create or replace function almanac_private.tg_check_task() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_migrates boolean := current_setting('almanac.system', true) is not distinct from 'on' and has_schema_privilege('almanac_private', 'create');
begin
  if tg_op <> 'INSERT' and old.is_builtin and not v_migrates and (tg_op = 'DELETE' or new is distinct from old) then
    raise exception using errcode = 'AL017',
      message = format('Task %s is Almanac''s own and cannot be %s.', old.identifier, case tg_op when 'DELETE' then 'deleted' else 'changed' end),
      detail = 'It is built in.', hint = 'A statement over many rows leaves it out by: where not is_builtin.';
  elsif tg_op = 'DELETE' then
    return old;
  elsif new.is_builtin and (tg_op = 'INSERT' or not old.is_builtin) and not v_migrates and not almanac_private.loads_dump() then
    raise exception using errcode = 'AL017', column = 'is_builtin', message = 'Only a migration makes a built-in task.',
      detail = format('Task %s.', new.identifier), hint = 'Leave is_builtin out.';
  elsif new.identifier ~ '^almanac(-run)?:' and not new.is_builtin and (tg_op = 'INSERT' or new.identifier <> old.identifier)
    and not exists (select from almanac_private.known_tasks t where t.identifier = new.identifier)
  then
    raise exception using errcode = 'AL017', column = 'identifier', message = 'Names that begin with almanac: or almanac-run: are kept for Almanac''s own tasks.',
      detail = format('Task %s.', new.identifier), hint = 'Choose another name.';
  elsif (new.identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$' and length(new.identifier) <= 128) is not true then
    raise exception using errcode = 'AL005', column = 'identifier', message = format('%s is no task identifier.', coalesce(quote_literal(left(new.identifier, 200)), 'null')),
      detail = 'Graphile Worker takes letters, digits, _ : / and -, a letter or _ first, at most 128 in all.', hint = 'Choose another name.';
  end if;
  v_field := case
    when new.default_max_attempts not between 1 and 1000 then 'default_max_attempts'
    when new.default_timeout <= '0' or new.default_timeout > '10 years' then 'default_timeout'
  end;
  if v_field is not null then
    raise exception using errcode = 'AL019', column = v_field,
      message = case v_field when 'default_timeout' then 'The time-out must be longer than nothing, and at most 10 years.' else 'default_max_attempts must be between 1 and 1000.' end,
      detail = format('Task %s: %s.', new.identifier, to_jsonb(new) ->> v_field), hint = 'Leave it null for what a schedule has by default.';
  end if;
  perform almanac_private.check_given('almanac_private.known_tasks', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_task() is
  'Before a task is written or deleted: checks it, and refuses to all but a migration to change what is built in.';
--! EndIncluded functions/tg_check_task.sql
--! Included functions/task_triggers.sql
create or replace trigger _100_check_task before insert or update or delete on almanac_private.known_tasks
  for each row execute function almanac_private.tg_check_task();
--! EndIncluded functions/task_triggers.sql
--! Included functions/check_task_use.sql
create or replace function almanac_private.check_task_use(task_identifier text, payload jsonb, is_loaded boolean default false) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if task_identifier = 'almanac:sql' then
    perform almanac_private.check_may_run_sql();
    if jsonb_typeof(payload) = 'object' and not is_loaded
      and (jsonb_typeof(payload -> 'statement') = 'string' and payload ->> 'statement' ~ '\S') is not true
    then
      raise exception using errcode = 'AL006', column = 'payload', message = 'almanac:sql needs a statement.',
        detail = format('The payload is %s; it takes {"statement": text}.', left(payload::text, 200)),
        hint = 'Give it one: {"statement": "refresh materialized view sales"}.';
    end if;
  elsif task_identifier = 'almanac:check_ledger' and not pg_has_role(v_caller, 'almanac_admin', 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create')
  then
    raise exception using errcode = 'AL011', column = 'task_identifier', message = 'Only an admin schedules almanac:check_ledger.',
      detail = 'It reads all of the ledger, and Almanac''s own schedule almanac:check-ledger runs it every hour.',
      hint = 'Look at what it found: select * from almanac.last_ledger_check(), or ask an admin.';
  end if;
end
$$;
comment on function almanac_private.check_task_use(text, jsonb, boolean) is
  'Raises AL011 for a built-in task that the caller may not schedule, and AL006 for a payload that it cannot use. is_loaded: from a dump, as it was.';
grant execute on function almanac_private.check_task_use(text, jsonb, boolean) to almanac_viewer;
--! EndIncluded functions/check_task_use.sql
--! Included functions/no_role_key.sql
create or replace function almanac_private.no_role_key() returns text
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return almanac_private.server_key() || ':0';
comment on function almanac_private.no_role_key() is
  'The key of no role: what has it and no user belongs to no one, and only admins change it.';
grant execute on function almanac_private.no_role_key() to almanac_viewer, almanac_server;
--! EndIncluded functions/no_role_key.sql
--! Included functions/tg_set_identity.sql
create or replace function almanac_private.tg_set_identity() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_computed text;
  v_gives boolean;
  v_takes boolean := false;
  v_was_owned boolean := false;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if v_loads then
    if new.is_system then
      return null; -- it is there already
    end if;
    -- The number may be another user's here.
    v_was_owned := new.owner_user is not null;
    new.owner_user := (
      select u.id from almanac.users u
      where u.id = new.owner_user and u.username = new.created_by and (new.task_identifier <> 'almanac:sql' or u.role = 'admin'));
    new.next_run_at := null;
    new.next_scheduled_for := null;
    new.last_run_at := null;
    new.last_status := null;
    new.total_runs := 0;
    new.failed_runs := 0;
    new.fired_runs := 0;
    new.consecutive_failures := 0;
    new.has_overrides := false;
  end if;
  if tg_op = 'UPDATE' and not almanac_private.may_change(old.owner_user, old.run_as_key) then
    perform almanac_private.refuse_change(old.id);
  end if;
  if current_setting('almanac.system', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create') then
    if tg_op = 'UPDATE' and old.is_system then
      perform almanac_private.refuse_change(old.id);
    elsif new.is_system is distinct from false then
      raise exception using errcode = 'AL017', column = 'is_system', message = 'Only a migration makes a system schedule.',
        detail = format('Schedule %s.', new.name), hint = 'Leave is_system out.';
    elsif new.name like 'almanac:%' and (tg_op = 'INSERT' or new.name is distinct from old.name) then
      raise exception using errcode = 'AL017', column = 'name', message = 'Names that begin with almanac: are kept for Almanac''s own schedules.',
        detail = format('Schedule %s.', new.name), hint = 'Choose another name.';
    end if;
  end if;
  if tg_op = 'INSERT' then
    new.run_as := case when v_loads then new.run_as else current_user end;
    new.run_as_key := almanac_private.role_key(new.run_as);
    if v_was_owned and new.owner_user is null then
      new.run_as_key := almanac_private.no_role_key();
    end if;
    new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
    v_gives := new.owner_user is distinct from almanac.current_user_id();
    if not v_loads then
      new.created_at := statement_timestamp();
      new.created_by := almanac_private.actor();
    end if;
    v_computed := case
      when new.next_run_at is not null then 'next_run_at'
      when new.last_run_at is not null then 'last_run_at'
      when new.last_status is not null then 'last_status'
      when new.total_runs is distinct from 0 then 'total_runs'
      when new.failed_runs is distinct from 0 then 'failed_runs'
      when new.fired_runs is distinct from 0 then 'fired_runs'
      when new.consecutive_failures is distinct from 0 then 'consecutive_failures'
      when new.has_overrides is distinct from false then 'has_overrides'
    end;
  else
    v_computed := case
      when new.id is distinct from old.id then 'id'
      when new.next_run_at is distinct from old.next_run_at then 'next_run_at'
      when new.next_scheduled_for is distinct from old.next_scheduled_for then 'next_scheduled_for'
      when new.cursor_at is distinct from old.cursor_at then 'cursor_at'
      when new.last_run_at is distinct from old.last_run_at then 'last_run_at'
      when new.last_status is distinct from old.last_status then 'last_status'
      when new.total_runs is distinct from old.total_runs then 'total_runs'
      when new.failed_runs is distinct from old.failed_runs then 'failed_runs'
      when new.fired_runs is distinct from old.fired_runs then 'fired_runs'
      when new.consecutive_failures is distinct from old.consecutive_failures then 'consecutive_failures'
      when (new.run_as, new.run_as_key) is distinct from (old.run_as, old.run_as_key) then 'run_as'
      when new.created_at is distinct from old.created_at then 'created_at'
      when new.created_by is distinct from old.created_by then 'created_by'
      when new.paused_at is distinct from old.paused_at then 'paused_at'
      when new.has_overrides is distinct from old.has_overrides then 'has_overrides'
      when (new.rule_seconds, new.rule_minutes, new.rule_hours, new.rule_first_time, new.rule_weekdays, new.rule_months, new.rule_days, new.rule_running)
        is distinct from
        (old.rule_seconds, old.rule_minutes, old.rule_hours, old.rule_first_time, old.rule_weekdays, old.rule_months, old.rule_days, old.rule_running)
        then 'rule_…'
      when new.status = 'completed' and old.status <> 'completed' then 'status'
    end;
    if (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
      new.run_as := almanac_private.run_as_after(almanac_private.role_of_key(old.run_as_key), current_user);
      new.run_as_key := almanac_private.role_key(new.run_as);
      -- Whoever has a statement run owns it: else the owner of before could trigger what is run for another.
      if new.task_identifier = 'almanac:sql' and old.owner_user is distinct from almanac.current_user_id()
        and old.owner_user is not null and new.owner_user = old.owner_user
      then
        new.owner_user := almanac.current_user_id();
        new.run_as := current_user;
        new.run_as_key := almanac_private.role_key(new.run_as);
        v_takes := true;
      end if;
    end if;
    -- Also when the user is deleted: what ran as the group of all operators is not theirs.
    if old.owner_user is not null and new.owner_user is null and not v_takes then
      new.run_as_key := almanac_private.no_role_key();
    end if;
    v_gives := new.owner_user is distinct from old.owner_user;
  end if;
  if v_gives and not pg_has_role('almanac_admin', 'member') and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a schedule to another user.',
      detail = format('Schedule %s.', new.name), hint = 'Ask an admin.';
  elsif v_gives and new.owner_user is not null and not exists (select from almanac.users u where u.id = new.owner_user) then
    raise exception using errcode = 'AL019', column = 'owner_user', message = format('There is no user with the number %s.', new.owner_user),
      detail = format('Schedule %s.', new.name), hint = 'Look at: select id, username from almanac.users.';
  elsif v_gives and new.task_identifier = 'almanac:sql'
    and exists (select from almanac.users u where u.id = new.owner_user and u.role <> 'admin')
  then
    -- They could trigger it, and the statement and the role that it runs as are another's.
    raise exception using errcode = 'AL011', column = 'owner_user', message = 'A schedule of almanac:sql is given to admins only.',
      detail = format('Schedule %s; %s.', new.name, (
        select format('%s is %s', u.username, u.role) from almanac.users u where u.id = new.owner_user)),
      hint = 'Keep it, give it to an admin, or change its task first.';
  end if;
  if tg_op = 'INSERT' or (new.task_identifier, new.payload) is distinct from (old.task_identifier, old.payload) then
    perform almanac_private.check_task_use(new.task_identifier, new.payload, v_loads);
  end if;
  if v_computed is not null then
    raise exception using errcode = 'AL008', column = v_computed,
      message = format('%s is computed and cannot be written.', v_computed),
      detail = format('Schedule %s.', new.name),
      hint = case
        when v_computed in ('next_run_at', 'next_scheduled_for', 'cursor_at') then 'Change the rule (cron_expression, every, run_at, timezone, starts_at), or call almanac.trigger_now().'
        when v_computed = 'status' then 'Almanac completes a schedule when no further run is possible. Use almanac.pause(), or set status to disabled.'
        when v_computed = 'paused_at' then 'Call almanac.pause() or almanac.resume().'
        when v_computed = 'has_overrides' then 'Call almanac.move_occurrence(), skip_occurrence() or restore_occurrence().'
        when v_computed = 'run_as' then 'Call almanac.give_schedule(). Whoever changes the task or the payload becomes its run_as, but for members of the role that is.'
        else 'Leave it out.'
      end;
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_set_identity() is
  'Before an insert or update of a schedule by anyone but the engine: says who did it, with whose rights it runs, and refuses writes to other people''s schedules, to system schedules and to computed columns. Invoker: current_user is the point.';
--! EndIncluded functions/tg_set_identity.sql
--! Included functions/trigger_now.sql
-- Definer: writes the ledger; the caller's right to do so is checked first.
create or replace function almanac.trigger_now(schedule text, payload jsonb default null, respect_overlap boolean default false) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
  v_payload jsonb := coalesce(trigger_now.payload, v_schedule.payload);
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) or v_schedule.is_system and v_payload is distinct from v_schedule.payload then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.count_uses('triggers', 1);
  if trigger_now.respect_overlap then
    -- As for whoever fires it: of two at the same time one sees the other's run.
    perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  end if;
  if jsonb_typeof(v_payload) <> 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', jsonb_typeof(v_payload)), hint = 'Wrap it: {"value": …}. Leave it out for the schedule''s own.';
  end if;
  if v_payload is distinct from v_schedule.payload then
    perform almanac_private.check_payload(v_payload);
    perform almanac_private.check_task_use(v_schedule.task_identifier, v_payload);
    v_schedule.run_as := almanac_private.run_as_after(almanac_private.role_of_key(v_schedule.run_as_key), almanac_private.caller());
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
-- The next migration, in the making.

-- Logins ------------------------------------------------------------------------------------------------------------

alter table almanac_private.logins add column if not exists role_key text;
comment on column almanac_private.logins.role_key is
  'Which role the name meant when it was noted, as role_key() has it: a role of the same name made later, or on another server, is not it. Null: not known, and nothing is trusted.';
comment on column almanac_private.logins.password is
  'For the sql login that migrate made itself; null: ALMANAC_SQL_URL says how to log in.';
--! Included functions/login_key.sql
create or replace function almanac_private.login_key(role_name name) returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_key text := almanac_private.role_key(login_key.role_name);
begin
  return case when split_part(v_key, ':', 1) <> '' and split_part(v_key, ':', 2) <> '0' then v_key end;
end
$$;
comment on function almanac_private.login_key(name) is
  'As role_key(), for roles that are trusted: null where there is no such role, or the server''s identifier is not known, so that it equals nothing.';
grant execute on function almanac_private.login_key(name) to almanac_viewer, almanac_server;
--! EndIncluded functions/login_key.sql
-- Where the database has always been, the roles are those that were noted. In a copy, migrate notes its own.
update almanac_private.logins l set role_key = almanac_private.login_key(l.role_name)
where l.role_key is null and almanac.copied_from() is null;
-- A login for each role that statements of almanac:sql run as; the one that was everybody's is the owner's.
alter table almanac_private.logins add column if not exists serves text;
comment on column almanac_private.logins.serves is
  'For the sql login that migrate or a worker made: the role whose statements run as it, as role_key() has it. Null: everybody''s, that of ALMANAC_SQL_URL.';
alter table almanac_private.logins add column if not exists database_oid oid;
comment on column almanac_private.logins.database_oid is
  'For the sql login that was made: the database that it was made in. In a copy on the same server it is the other one''s.';
alter table almanac_private.logins add column if not exists changed_at timestamptz;
comment on column almanac_private.logins.changed_at is 'When its password or settings were last found changed and brought back; null: never.';
alter table almanac_private.logins add column if not exists changed_what text;
comment on column almanac_private.logins.changed_what is 'What had been changed then.';
create unique index if not exists logins_serves_idx on almanac_private.logins (serves) where purpose = 'sql';
update almanac_private.logins l set serves = almanac_private.login_key(o.rolname), database_oid = h.database_oid
from almanac_private.here() h, pg_catalog.pg_namespace n join pg_catalog.pg_roles o on o.oid = n.nspowner
where n.nspname = 'almanac' and l.purpose = 'sql' and l.password is not null and l.serves is null
  and l.role_key = almanac_private.login_key(l.role_name)
  and not exists (select from almanac_private.logins e where e.purpose = 'sql' and e.role_name < l.role_name);
drop function if exists almanac.sql_login();
--! Included functions/sql_logins_changed.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.sql_logins_changed(since timestamptz, out role_name name, out changed_at timestamptz, out changed_what text)
returns setof record
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name, l.changed_at, l.changed_what from almanac_private.logins l
  where l.changed_at >= sql_logins_changed.since order by l.changed_at desc limit 20
$$;
comment on function almanac_private.sql_logins_changed(timestamptz) is
  'Logins of almanac:sql whose password or settings somebody had changed, which was brought back, the last first.';
grant execute on function almanac_private.sql_logins_changed(timestamptz) to almanac_viewer;
--! EndIncluded functions/sql_logins_changed.sql
-- Passwords are made here: what PostgreSQL is sent may be in its log.
--! Included functions/new_password.sql
create or replace function almanac_private.new_password() returns text
language sql volatile security invoker parallel safe
return replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '');
comment on function almanac_private.new_password() is
  'A password of 244 random bits for a login. It is made here as PostgreSQL logs what it is sent, and not what it answers.';
--! EndIncluded functions/new_password.sql
--! Included functions/hmac_sha256.sql
create or replace function almanac_private.hmac_sha256(key bytea, message bytea) returns bytea
language sql immutable strict security invoker parallel safe
return (
  select sha256(decode(string_agg(lpad(to_hex(b.byte # 92), 2, '0'), '' order by b.i), 'hex')
    || sha256(decode(string_agg(lpad(to_hex(b.byte # 54), 2, '0'), '' order by b.i), 'hex') || hmac_sha256.message))
  from (
    select i, case when i < length(hmac_sha256.key) then get_byte(hmac_sha256.key, i) else 0 end as byte
    from generate_series(0, 63) i
  ) b
);
comment on function almanac_private.hmac_sha256(bytea, bytea) is 'HMAC-SHA-256 with a key of at most 64 bytes.';
--! EndIncluded functions/hmac_sha256.sql
--! Included functions/scram_verifier.sql
-- One iteration: more of them slow down who guesses a password of a person; 244 random bits are not guessed.
create or replace function almanac_private.scram_verifier(password text) returns text
language sql volatile strict security invoker parallel safe
return (
  with salt as materialized (select uuid_send(gen_random_uuid()) as salt),
  salted as materialized (
    select salt.salt, almanac_private.hmac_sha256(convert_to(scram_verifier.password, 'UTF8'), salt.salt || '\x00000001'::bytea) as key
    from salt)
  select 'SCRAM-SHA-256$1:' || encode(salted.salt, 'base64')
    || '$' || encode(sha256(almanac_private.hmac_sha256(salted.key, 'Client Key'::bytea)), 'base64')
    || ':' || encode(almanac_private.hmac_sha256(salted.key, 'Server Key'::bytea), 'base64')
  from salted
);
comment on function almanac_private.scram_verifier(text) is
  'What PostgreSQL keeps of a password of new_password(): a statement that makes a login says this, never the password.';
--! EndIncluded functions/scram_verifier.sql
drop function if exists almanac_private.open_sql_login(bigint, timestamptz, text, text, text);
--! Included functions/open_sql_login.sql
-- Definer: makes roles, and the table of logins is the owner's.
create or replace function almanac_private.open_sql_login(
  run_id bigint, scheduled_for timestamptz, make boolean default false, failed text default null,
  out role_name name, out kept text, out serves name, out lacks text, out changed text
) returns setof record
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
as $$
#variable_conflict use_column
declare
  v_login almanac_private.logins;
  v_found boolean;
  v_key text;
  v_role pg_roles;
  v_setting pg_db_role_setting;
  v_restricted boolean := current_setting('server_version_num')::integer >= 160000;
begin
  select case when s.run_as = r.run_as then almanac_private.role_of_key(s.run_as_key) else r.run_as end into open_sql_login.serves
  from almanac.runs r left join almanac.schedules s on s.id = r.schedule_id
  where r.id = open_sql_login.run_id and r.scheduled_for = open_sql_login.scheduled_for and r.status = 'running' and r.task_identifier = 'almanac:sql';
  if not found then
    return;
  end if;
  v_key := almanac_private.login_key(open_sql_login.serves);
  select r.* into v_role from pg_roles r where r.rolname = open_sql_login.serves;
  if v_key is null then
    open_sql_login.lacks := 'role';
    return next;
    return;
  end if;

  -- One after the other, where it may have to be made; who reads waits for nothing.
  if open_sql_login.make then
    lock table almanac_private.logins in share row exclusive mode;
  end if;
  select l.* into v_login from almanac_private.logins l
  where l.purpose = 'sql' and l.database_oid = (select d.oid from pg_database d where d.datname = current_database())
    and (l.serves = v_key or l.role_key = v_key)
    and (l.role_key = almanac_private.login_key(l.role_name) or l.role_key = almanac_private.server_key() || ':0')
  order by l.role_key = v_key desc limit 1;
  v_found := found;
  if not v_found and not open_sql_login.make then
    open_sql_login.lacks := 'login';
    return next;
    return;
  end if;

  if not v_found then
    v_login.role_name := 'almanac_sql_' || left(open_sql_login.serves, 40);
    if to_regrole(quote_ident(v_login.role_name)) is not null then
      v_login.role_name := v_login.role_name || '_' || left(md5(almanac_private.new_password()), 8);
    end if;
    v_login.password := almanac_private.new_password();
    begin
      execute format('create role %I login password %L',
        v_login.role_name, almanac_private.scram_verifier(v_login.password));
      v_login.role_key := almanac_private.login_key(v_login.role_name);
    exception when insufficient_privilege then
      -- Noted all the same: a DBA makes it, with the password that is kept.
      v_login.role_key := almanac_private.server_key() || ':0';
    end;
    -- What a copy or a dump brought, or is of a role that is gone.
    delete from almanac_private.logins l where l.purpose = 'sql' and (l.serves = v_key or l.role_name = v_login.role_name);
    insert into almanac_private.logins (role_name, purpose, password, role_key, serves, database_oid)
    select v_login.role_name, 'sql', v_login.password, v_login.role_key, v_key, d.oid from pg_database d where d.datname = current_database();
  elsif split_part(v_login.role_key, ':', 2) = '0' then
    v_login.role_key := coalesce(almanac_private.login_key(v_login.role_name), v_login.role_key);
    update almanac_private.logins l set role_key = v_login.role_key where l.role_name = v_login.role_name and l.purpose = 'sql';
  elsif open_sql_login.make
    and open_sql_login.failed = encode(sha256(convert_to(v_login.password, 'UTF8')), 'hex')
  then
    v_login.password := almanac_private.new_password();
    execute format('alter role %I password %L',
      v_login.role_name, almanac_private.scram_verifier(v_login.password));
    open_sql_login.changed := 'its password';
    update almanac_private.logins l set password = v_login.password where l.role_name = v_login.role_name and l.purpose = 'sql';
  end if;
  open_sql_login.role_name := v_login.role_name;
  open_sql_login.kept := v_login.password;
  -- Nothing runs with the rights of the owner or a superuser: the logins of such roles have only what they are granted. A login that is the
  -- run's role has its own.
  if pg_has_role(v_role.oid, (select n.nspowner from pg_namespace n where n.nspname = 'almanac'), 'member') or v_role.rolname = v_login.role_name then
    open_sql_login.serves := null;
  end if;
  if split_part(v_login.role_key, ':', 2) = '0' then
    open_sql_login.lacks := 'creation';
    return next;
    return;
  end if;
  if open_sql_login.serves is not null
    and not exists (select from pg_auth_members m where m.roleid = v_role.oid and m.member = to_regrole(quote_ident(v_login.role_name))) then
    begin
      execute format('grant %I to %I %s', v_role.rolname, v_login.role_name, case when v_restricted then 'with inherit true, set false' end);
    exception when insufficient_privilege then
      open_sql_login.lacks := 'grant';
    end;
  end if;

  for v_setting in select s.* from pg_db_role_setting s where s.setrole = to_regrole(quote_ident(v_login.role_name)) loop
    begin
      execute format('alter role %I %s reset all', v_login.role_name,
        (select format('in database %I', d.datname) from pg_database d where d.oid = v_setting.setdatabase));
    exception when insufficient_privilege then
      open_sql_login.lacks := 'reset';
    end;
    -- What stays, a superuser has set: no statement could.
    if open_sql_login.lacks is not null or not exists (
      select from pg_db_role_setting s where (s.setrole, s.setdatabase, s.setconfig) = (v_setting.setrole, v_setting.setdatabase, v_setting.setconfig))
    then
      open_sql_login.changed := concat_ws(', ', open_sql_login.changed, array_to_string(v_setting.setconfig, ', '));
    end if;
  end loop;
  if open_sql_login.changed is not null then
    update almanac_private.logins l set changed_at = clock_timestamp(),
      -- Settings and password are found one after the other.
      changed_what = left(concat_ws(', ', case when l.changed_at > clock_timestamp() - interval '10 seconds' then l.changed_what end, open_sql_login.changed), 1000)
    where l.role_name = v_login.role_name and l.purpose = 'sql';
  end if;
  return next;
end
$$;
comment on function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) is
  'The login for a run of almanac:sql, which has the rights of the role that the run runs as and serves no other. serves: that role; null: it has no rights of another. lacks: why it cannot be used; with make it is made, or given a new password where the kept one failed, whose SHA-256 failed is. changed: what somebody had changed, which is brought back. No row: it is no running run of that task.';
grant execute on function almanac_private.open_sql_login(bigint, timestamptz, boolean, text) to almanac_worker;
--! EndIncluded functions/open_sql_login.sql
--! Included functions/is_server_login.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.is_server_login() returns boolean
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select exists (
    select from almanac_private.logins l
    where l.role_name = session_user and l.purpose = 'server' and l.role_key = almanac_private.login_key(session_user)
  )
$$;
comment on function almanac_private.is_server_login() is 'Whether this connection is the server''s, so that its claims count.';
grant execute on function almanac_private.is_server_login() to almanac_viewer, almanac_server;
--! EndIncluded functions/is_server_login.sql
--! Included functions/sql_login.sql
-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac.sql_login(run_as name default null) returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name from almanac_private.logins l
  where l.purpose = 'sql' and l.role_key = almanac_private.login_key(l.role_name)
    and (l.serves is null or almanac_private.login_key(coalesce(sql_login.run_as, almanac_private.caller())) in (l.serves, l.role_key))
  order by l.serves is null, l.role_name limit 1
$$;
comment on function almanac.sql_login(name) is
  'The login that statements of almanac:sql run as, for schedules that run as a role; null: the caller''s. It has the rights of that role, and what it is granted itself; that of the owner, almanac_sql, only the latter. Null: it is made when the first statement runs, or see ALMANAC_SQL_URL.';
grant execute on function almanac.sql_login(name) to almanac_viewer;
--! EndIncluded functions/sql_login.sql
--! Included functions/may_change.sql
create or replace function almanac_private.may_change(owner_user bigint, role_key text) returns boolean
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if pg_has_role(v_caller, 'almanac_admin', 'member') or has_schema_privilege(v_caller, 'almanac_private', 'create') then
    return true; -- the second is the owner of the schema, who bypasses row security anyway
  end if;
  if not pg_has_role(v_caller, 'almanac_operator', 'member') then
    return false;
  end if;
  if may_change.owner_user is null then
    -- By the number, and the server last: for each row of a statement over many.
    return coalesce(pg_has_role(v_caller, split_part(may_change.role_key, ':', 2)::oid, 'member')
      and split_part(may_change.role_key, ':', 1) = almanac_private.server_key(), false);
  end if;
  return coalesce(may_change.owner_user = almanac.current_user_id(), false);
end
$$;
comment on function almanac_private.may_change(bigint, text) is
  'Whether the caller may change a schedule: admins all, operators what their user owns, or, without a user, what their role runs.';
grant execute on function almanac_private.may_change(bigint, text) to almanac_viewer, almanac_server;
--! EndIncluded functions/may_change.sql
-- Nobody stops the scheduler by holding a lock: partitions are made apart and attached, outside the heartbeat, waiting
-- 50 ms at most; who takes turns locks a row of a table of ours, not a key that any login may lock. Nothing here reads or
-- rewrites a large table.

create table if not exists almanac_private.turns (
  name text primary key
);
comment on table almanac_private.turns is
  'What one transaction at a time does: it locks the row. An advisory lock could be taken by any login.';
comment on column almanac_private.turns.name is 'What is done in turns.';
alter table almanac_private.turns enable row level security;

drop function if exists almanac_private.ensure_partitions(timestamptz, integer);

--! Included functions/take_turn.sql
-- Called by definer functions, with their rights: nobody else may lock these rows; anybody may take an advisory lock.
create or replace function almanac_private.take_turn(name text) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  insert into almanac_private.turns (name) values (take_turn.name) on conflict do nothing;
  perform from almanac_private.turns t where t.name = take_turn.name for update;
end
$$;
comment on function almanac_private.take_turn(text) is
  'Waits, as long as lock_timeout allows, until no other transaction has this turn; keeps it until this one ends.';
--! EndIncluded functions/take_turn.sql
--! Included functions/note_what_is_deleted.sql
create or replace function almanac_private.note_what_is_deleted(partition regclass) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  execute format('create or replace trigger _800_note_deleted after delete on %s referencing old table as old_rows
    for each statement execute function almanac_private.tg_note_deleted()', note_what_is_deleted.partition);
  execute format('create or replace trigger _800_note_truncated before truncate on %s
    for each statement execute function almanac_private.tg_note_truncated()', note_what_is_deleted.partition);
end
$$;
comment on function almanac_private.note_what_is_deleted(regclass) is
  'Has a partition of runs note what is deleted from it directly: triggers for statements belong to the table that a '
  'statement names.';
--! EndIncluded functions/note_what_is_deleted.sql
--! Included functions/ensure_partitions.sql
-- Definer: makes tables. A table that is made apart and then attached needs no lock on the partitioned one that a reader
-- or a writer would wait for. The default partition is locked against readers too, so for that nobody waits longer than
-- the setting says, and it is tried again later.
create or replace function almanac_private.ensure_partitions(
  as_of timestamptz default now(), weeks_ahead integer default 8, largest_scan bigint default 67108864,
  out made integer, out missing integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set lock_timeout to '50ms'
as $$
declare
  v_wanted record;
  v_waits_for text := '';
  v_is_taken boolean;
  v_has_turn boolean := false;
begin
  made := 0;
  missing := 0;
  for v_wanted in
    select t.name as of_table, t.name || '_default' as default_name, w.begins_at,
      w.begins_at + interval '168 hours' as ends_at,
      t.name || coalesce('_' || to_char(w.begins_at at time zone 'UTC', 'YYYYMMDD'), '_default') as name
    from (values ('runs'), ('run_attempts')) t(name)
    cross join (
      select null::timestamptz as begins_at
      union all
      select (date_trunc('week', ensure_partitions.as_of at time zone 'UTC') + make_interval(weeks => n))
        at time zone 'UTC'
      from generate_series(-1, ensure_partitions.weeks_ahead) n
    ) w
    order by t.name desc, w.begins_at nulls first
  loop
    continue when to_regclass('almanac_private.' || v_wanted.name) is not null;
    if not v_has_turn and v_waits_for = '' then
      begin
        perform almanac_private.take_turn('partitions');
        v_has_turn := true;
      exception when lock_not_available then
        v_waits_for := 'a turn';
      end;
      -- Others may have made it meanwhile.
      continue when to_regclass('almanac_private.' || v_wanted.name) is not null;
    end if;
    missing := missing + 1;
    continue when v_waits_for = v_wanted.of_table or not v_has_turn;
    begin
      if v_wanted.begins_at is not null then
        -- Rows of that week are in the default partition already, and stay there.
        execute format(
          'select exists (select from almanac_private.%I d where d.scheduled_for >= $1 and d.scheduled_for < $2)',
          v_wanted.default_name)
          into v_is_taken using v_wanted.begins_at, v_wanted.ends_at;
        if v_is_taken then
          missing := missing - 1;
          continue;
        end if;
        -- It is read as a whole while it is locked.
        continue when pg_relation_size(to_regclass('almanac_private.' || v_wanted.default_name))
          > ensure_partitions.largest_scan;
      end if;
      execute format('create table almanac_private.%I (
          like almanac.%I including defaults including constraints including storage) with (fillfactor = 60)',
        v_wanted.name, v_wanted.of_table);
      execute format('alter table almanac_private.%I enable row level security', v_wanted.name);
      if v_wanted.of_table = 'runs' then
        perform almanac_private.note_what_is_deleted(format('almanac_private.%I', v_wanted.name)::regclass);
      end if;
      execute format('alter table almanac.%I attach partition almanac_private.%I %s', v_wanted.of_table, v_wanted.name,
        coalesce(
          format('for values from (%L) to (%L)',
            to_char(v_wanted.begins_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00'),
            to_char(v_wanted.ends_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS+00')),
          'default'));
      made := made + 1;
      missing := missing - 1;
    exception
      when lock_not_available then v_waits_for := v_wanted.of_table;
      when check_violation then missing := missing - 1; -- a row of that week came just now
    end;
  end loop;
end
$$;
comment on function almanac_private.ensure_partitions(timestamptz, integer, bigint) is
  'Makes the weekly partitions of runs and run_attempts from last week to weeks_ahead, and says how many it made and how many are still missing, as others hold locks or the default partition is larger than largest_scan bytes: call it again later. What has no partition goes into the default one.';
grant execute on function almanac_private.ensure_partitions(timestamptz, integer, bigint) to almanac_worker;
--! EndIncluded functions/ensure_partitions.sql
--! Included functions/heartbeat.sql
-- Definer: workers have no right to write tables.
create or replace function almanac_private.heartbeat(
  worker_id bigint, pool_ids text[] default '{}', is_ticking boolean default false, run_ids bigint[] default null, busy jsonb default null,
  out alive boolean, out leader boolean, out reaped integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_before timestamptz := (select w.last_heartbeat_at from almanac.workers w where w.id = heartbeat.worker_id);
  v_status text;
begin
  update almanac.workers w
  set last_heartbeat_at = v_now, run_ids = coalesce(heartbeat.run_ids, w.run_ids),
    busy_since = v_now - make_interval(secs => (heartbeat.busy ->> 'seconds')::float8), culprit_run_id = (heartbeat.busy ->> 'runId')::bigint,
    culprit_at = left(heartbeat.busy ->> 'at', 500), pool_ids = array(select distinct p from unnest(w.pool_ids || heartbeat.pool_ids) p order by p)
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
  reaped := 0;
  -- One that was not heard of itself does not know of the others: nobody may have reached the database, and those that are alive come back now.
  if v_before > v_now - interval '15 seconds' then
    reaped := almanac_private.reap_workers(v_now);
  end if;
  perform almanac_private.settle_counters() where exists (select from almanac_private.unsettled_counters);
  perform almanac_private.release_waiting() where exists (select from almanac_private.live_runs l where l.is_waiting);
end
$$;
comment on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb) is
  'Every 5 s from each worker: it is alive (alive = false: it was given up, and must register again), leads or not (one that is draining never does); also gives up workers that were not heard of for 15 s. run_ids: the runs that it has; null: as before. busy: a task holds its CPU, {"seconds", "runId", "at"}.';
grant execute on function almanac_private.heartbeat(bigint, text[], boolean, bigint[], jsonb) to almanac_worker;
--! EndIncluded functions/heartbeat.sql
--! Included functions/refresh_timezones.sql
-- Definer: writes a table that only the owner may.
create or replace function almanac_private.refresh_timezones(as_of timestamptz default now(), out added integer, out changed text[], out moved integer)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set datestyle to 'ISO'
as $$
declare
  v_year integer := date_part('year', as_of at time zone 'UTC');
begin
  perform almanac_private.take_turn('timezones');
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
    union
    select e.timezone from almanac.calendar_entries e where e.timezone <> 'UTC'
  ), found as materialized (
    select u.name, md5(string_agg((d.at at time zone u.name)::text, ',' order by d.at)) as fingerprint
    from (select k.name from used k where almanac_private.knows_timezone(k.name) offset 0) u
    cross join generate_series(make_timestamptz(v_year, 1, 1, 12, 0, 0, 'UTC'), make_timestamptz(v_year + 2, 1, 1, 12, 0, 0, 'UTC'), interval '24 hours') d(at)
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
--! Included functions/raise_sequences.sql
-- Definer: the sequences are the owner's. Ids that a sequence gives out are never behind their table; rows that came with their ids, by logical
-- replication or from a dump of data only, leave it behind. The highest id is the end of an index, in each partition.
create or replace function almanac_private.raise_sequences(out sequence_name text, out was_at bigint, out raised_to bigint)
returns setof record
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_column record;
begin
  perform almanac_private.take_turn('sequences');
  for v_column in
    select s.oid::regclass as sequence, a.attrelid::regclass as table_name, a.attname as name
    from pg_class s
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = s.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where s.relkind = 'S' and s.relnamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace, 'graphile_worker'::regnamespace)
    order by s.oid::regclass::text
  loop
    continue when not has_sequence_privilege(v_column.sequence, 'update'); -- Graphile Worker's may be a host's
    execute format('select max(%I) from %s', v_column.name, v_column.table_name) into raise_sequences.raised_to;
    raise_sequences.was_at := coalesce(pg_sequence_last_value(v_column.sequence), 0);
    continue when raise_sequences.raised_to is null or raise_sequences.raised_to <= raise_sequences.was_at;
    perform setval(v_column.sequence, raise_sequences.raised_to);
    raise_sequences.sequence_name := v_column.sequence;
    return next;
  end loop;
end
$$;
comment on function almanac_private.raise_sequences() is
  'Raises the sequences of ids, also Graphile Worker''s, that are behind their tables, and says which were.';
grant execute on function almanac_private.raise_sequences() to almanac_worker;
--! EndIncluded functions/raise_sequences.sql
--! Included functions/upsert_schedule.sql
create or replace function almanac_private.upsert_schedule(definition jsonb, settings jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_settings jsonb := coalesce(upsert_schedule.settings, '{}');
  v_given jsonb := upsert_schedule.definition;
  v_id bigint;
  v_taken text;
begin
  if jsonb_typeof(v_settings) <> 'object' then
    raise exception using errcode = 'AL009', column = 'settings', message = 'The settings are not a JSON object.',
      detail = format('They are of type %s.', jsonb_typeof(v_settings)), hint = 'Give {"column": value, …}, or {}.';
  end if;
  v_taken := (select min(k) from jsonb_object_keys(v_settings) k where upsert_schedule.definition ? k);
  if v_taken is not null then
    raise exception using errcode = 'AL009', column = v_taken, message = format('%s is an argument, not a setting.', v_taken),
      detail = format('Settings: %s.', v_settings), hint = 'Give it as an argument of the function.';
  end if;
  -- Left out: the columns' defaults for a new schedule, for one that is there what it has.
  v_given := v_given - array(
    select k from unnest(array['task_identifier', 'payload', 'timezone']) k where v_given -> k = 'null');
  v_id := (select s.id from almanac.schedules s where s.name = v_given ->> 'name' and s.deleted_at is null);
  if v_id is null then
    begin
      return almanac_private.save_schedule(v_given || v_settings);
    exception when unique_violation then
      -- Two sessions that schedule one new name at the same moment: the second waits for the index, and updates.
      get stacked diagnostics v_taken = constraint_name;
      v_id := (select s.id from almanac.schedules s where s.name = v_given ->> 'name' and s.deleted_at is null);
      if v_taken <> 'schedule_name_is_unique' or v_id is null then
        raise;
      end if;
    end;
  end if;
  return almanac_private.save_schedule(v_given || v_settings, v_id);
end
$$;
comment on function almanac_private.upsert_schedule(jsonb, jsonb) is
  'Inserts a schedule, or changes the one of this name. Of task, payload and time zone, null means left out.';
grant execute on function almanac_private.upsert_schedule(jsonb, jsonb) to almanac_operator;
--! EndIncluded functions/upsert_schedule.sql

-- Who may update, delete or truncate a table may lock all of it, and keep all schedules from firing. A right to columns
-- gives no right to lock.
revoke update, delete on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
from almanac_operator;
grant update, delete on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
to almanac_admin;
do $$
declare
  v_grant text;
begin
  for v_grant in
    select format('grant update (%s) on %s to almanac_operator',
      string_agg(quote_ident(a.attname), ', ' order by a.attnum), a.attrelid::regclass)
    from pg_attribute a
    where a.attrelid in ('almanac.schedules'::regclass, 'almanac.calendars'::regclass,
        'almanac.calendar_entries'::regclass, 'almanac.calendar_rules'::regclass)
      and a.attnum > 0 and not a.attisdropped
    group by a.attrelid
  loop
    execute v_grant;
  end loop;
end
$$;
drop policy if exists owners_delete_schedules on almanac.schedules;
create policy owners_delete_schedules on almanac.schedules for delete to almanac_admin using (true);
drop policy if exists owners_delete_calendars on almanac.calendars;
create policy owners_delete_calendars on almanac.calendars for delete to almanac_admin using (true);

--! Included functions/delete_calendar.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.delete_calendar(calendar text) returns almanac.calendars
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(delete_calendar.calendar, true);
begin
  delete from almanac.calendars c where c.id = v_calendar.id;
  return v_calendar;
end
$$;
comment on function almanac.delete_calendar(text) is 'Deletes a calendar and its entries, unless a schedule uses it.';
grant execute on function almanac.delete_calendar(text) to almanac_operator;
--! EndIncluded functions/delete_calendar.sql
--! Included functions/remove_exclusion.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_exclusion(entry_id bigint) returns almanac.calendar_entries
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_entry almanac.calendar_entries;
begin
  select e.* into v_entry from almanac.calendar_entries e where e.id = remove_exclusion.entry_id;
  if v_entry.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar entry with the number %s.', coalesce(remove_exclusion.entry_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'Look at: select * from almanac.calendar_entries.';
  end if;
  perform almanac_private.find_calendar(c.name, true) from almanac.calendars c where c.id = v_entry.calendar_id;
  delete from almanac.calendar_entries e where e.id = v_entry.id;
  return v_entry;
end
$$;
comment on function almanac.remove_exclusion(bigint) is 'Takes an entry out of its calendar.';
grant execute on function almanac.remove_exclusion(bigint) to almanac_operator;
--! EndIncluded functions/remove_exclusion.sql
--! Included functions/remove_calendar_rule.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac.remove_calendar_rule(rule_id bigint) returns almanac.calendar_rules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac.calendar_rules;
begin
  select r.* into v_rule from almanac.calendar_rules r where r.id = remove_calendar_rule.rule_id;
  if v_rule.id is null then
    raise exception using errcode = 'AL015',
      message = format('There is no calendar rule with the number %s.', coalesce(remove_calendar_rule.rule_id::text, 'null')),
      detail = 'It may have been removed.', hint = 'Look at: select id, label from almanac.calendar_rules.';
  end if;
  perform almanac_private.find_calendar(c.name, true) from almanac.calendars c where c.id = v_rule.calendar_id;
  delete from almanac.calendar_rules r where r.id = v_rule.id;
  return v_rule;
end
$$;
comment on function almanac.remove_calendar_rule(bigint) is 'Takes the rule of an imported series out of its calendar, and with it the entries that it gave.';
grant execute on function almanac.remove_calendar_rule(bigint) to almanac_operator;
--! EndIncluded functions/remove_calendar_rule.sql
--! Included functions/remove_imported.sql
-- Definer: who may delete from a table may lock all of it, which operators may not. It looks itself who may change the
-- calendar.
create or replace function almanac_private.remove_imported(calendar_id bigint, source text) returns void
language sql volatile security definer set search_path to pg_catalog, pg_temp
begin atomic
  select almanac_private.find_calendar(c.name, true) from almanac.calendars c where c.id = remove_imported.calendar_id;
  delete from almanac.calendar_rules r
  where r.calendar_id = remove_imported.calendar_id and r.source = remove_imported.source;
  delete from almanac.calendar_entries e
  where e.calendar_id = remove_imported.calendar_id and e.source = remove_imported.source;
end;
comment on function almanac_private.remove_imported(bigint, text) is
  'Takes out of a calendar what came from a source, with the rules of its series.';
grant execute on function almanac_private.remove_imported(bigint, text) to almanac_operator;
--! EndIncluded functions/remove_imported.sql
--! Included functions/import_exclusions.sql
create or replace function almanac.import_exclusions(calendar text, source text, entries jsonb, rules jsonb default '[]') returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(import_exclusions.calendar, true);
  v_rules bigint[];
  v_count integer;
begin
  if jsonb_typeof(import_exclusions.entries) is distinct from 'array' or jsonb_typeof(import_exclusions.rules) is distinct from 'array'
    or coalesce(import_exclusions.source, '') = ''
  then
    raise exception using errcode = 'AL009', message = 'An import needs the name of its source and an array of entries.',
      detail = format('source: %s, entries: %s, rules: %s.', coalesce(quote_literal(import_exclusions.source), 'null'),
        coalesce(jsonb_typeof(import_exclusions.entries), 'null'), coalesce(jsonb_typeof(import_exclusions.rules), 'null')),
      hint = 'Give [{"starts_on": "2026-12-25", "label": "Christmas"}, …].';
  elsif jsonb_array_length(import_exclusions.entries) > 10000 or jsonb_array_length(import_exclusions.rules) > 2000 then
    raise exception using errcode = 'AL012', message = 'An import takes at most 10,000 entries and 2,000 rules.',
      detail = format('entries: %s, rules: %s.', jsonb_array_length(import_exclusions.entries), jsonb_array_length(import_exclusions.rules)),
      hint = 'Leave out what is past, or import parts under several names.';
  elsif exists (
    select from jsonb_to_recordset(import_exclusions.rules) r(ics text) where (r.ics is not null and length(r.ics) <= 200000) is not true)
  then
    raise exception using errcode = 'AL015', message = 'A rule of an import is the text of its series, of at most 200,000 characters.',
      detail = format('Lengths: %s.', (
        select string_agg(coalesce(length(r.ics)::text, 'null'), ', ') from jsonb_to_recordset(import_exclusions.rules) r(ics text))),
      hint = 'Give {"label": …, "ics": "BEGIN:VEVENT…", "known_until": …}, or leave the series out.';
  end if;
  perform almanac_private.remove_imported(v_calendar.id, import_exclusions.source);
  with inserted as (
    insert into almanac.calendar_rules as c (calendar_id, label, ics, known_until, source, created_by)
    select v_calendar.id, r.label, r.ics, r.known_until, import_exclusions.source, almanac_private.actor()
    from rows from (jsonb_to_recordset(import_exclusions.rules) as (label text, ics text, known_until timestamptz)) with ordinality r
    order by r.ordinality returning c.id
  ) select array_agg(i.id order by i.id) into v_rules from inserted i;
  insert into almanac.calendar_entries
    (calendar_id, label, starts_on, ends_on, starts_at, ends_at, cron_expression, duration, timezone, rule_id, source)
  select v_calendar.id, r.label, r.starts_on, r.ends_on, r.starts_at, r.ends_at, r.cron_expression, r.duration, r.timezone,
    v_rules[r.rule + 1], import_exclusions.source
  from jsonb_to_recordset(import_exclusions.entries) r(label text, starts_on date, ends_on date, starts_at timestamptz, ends_at timestamptz,
    cron_expression text, duration interval, timezone text, rule integer);
  get diagnostics v_count = row_count;
  return v_count;
end
$$;
comment on function almanac.import_exclusions(text, text, jsonb, jsonb) is
  'Puts entries, given as columns of almanac.calendar_entries, into a calendar in place of those that came from the same source before; returns how many. rules: of series that go on after their entries, label, ics and known_until; an entry names its rule by the place in that array, from 0.';
grant execute on function almanac.import_exclusions(text, text, jsonb, jsonb) to almanac_operator;
--! EndIncluded functions/import_exclusions.sql

-- What a user may do and store has bounds: what is stored already stays as it is, and is not looked at.
create table if not exists almanac_private.uses (
  id bigint generated always as identity primary key,
  who text not null,
  kind text not null,
  used_at timestamptz not null,
  count bigint not null
);
comment on table almanac_private.uses is
  'What operators created and triggered within the last hour, a row a statement, for the limits of users.';
comment on column almanac_private.uses.who is 'The signed-in user''s number, or else the login role.';
comment on column almanac_private.uses.kind is 'schedules or triggers.';
create index if not exists uses_by_user on almanac_private.uses (who, kind, used_at);
create index if not exists uses_by_time on almanac_private.uses (used_at);
alter table almanac_private.uses enable row level security;
insert into almanac_private.settings (key, value) values ('schedules_per_hour', '1000'), ('triggers_per_hour', '500')
on conflict (key) do nothing;

--! Included functions/count_uses.sql
-- Definer: keeps the counts in a table that nobody else may write.
create or replace function almanac_private.count_uses(kind text, count bigint) returns void
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
  v_now timestamptz := clock_timestamp();
  v_user bigint := almanac.current_user_id();
  v_who text := coalesce('user ' || v_user, 'role ' || session_user);
  v_most bigint;
  v_used bigint;
  v_again timestamptz;
begin
  -- Whoever calls it by himself only adds to his own.
  if count_uses.count < 1 or pg_has_role(v_caller, 'almanac_admin', 'member')
    or has_schema_privilege(v_caller, 'almanac_private', 'create')
  then
    return;
  end if;
  v_most := (
    select (s.value #>> '{}')::bigint from almanac_private.settings s where s.key = count_uses.kind || '_per_hour');
  if v_most is null then
    return;
  end if;
  v_used := (
    select coalesce(sum(u.count), 0) from almanac_private.uses u
    where u.who = v_who and u.kind = count_uses.kind and u.used_at > v_now - interval '1 hour');
  if v_used + count_uses.count > v_most then
    -- When enough of them are an hour old.
    v_again := (
      select min(o.used_at) + interval '1 hour' from (
        select u.used_at, sum(u.count) over (order by u.used_at, u.id) as gone from almanac_private.uses u
        where u.who = v_who and u.kind = count_uses.kind and u.used_at > v_now - interval '1 hour'
      ) o
      where v_used - o.gone + count_uses.count <= v_most);
    raise exception using errcode = 'AL028',
      message = case count_uses.kind when 'triggers' then format('An operator triggers at most %s runs an hour.', v_most)
        else format('An operator creates at most %s schedules an hour.', v_most) end,
      detail = format('%s: %s in the last hour, and %s more.', v_who, v_used, count_uses.count),
      hint = case when v_again is null then format('Ask for at most %s at a time.', v_most)
        else format('Try again after %s UTC.', to_char(v_again at time zone 'UTC' + interval '1 second', 'YYYY-MM-DD HH24:MI:SS')) end
        || format(' An admin has no limit, and the owner of the schema changes it: %s_per_hour in almanac_private.settings.',
          count_uses.kind);
  end if;
  -- A row each time, and none is locked: who counts waits for no one.
  insert into almanac_private.uses (who, kind, used_at, count) values (v_who, count_uses.kind, v_now, count_uses.count);
  delete from almanac_private.uses u where u.id = any (array(
    select o.id from almanac_private.uses o where o.used_at < v_now - interval '1 hour'
    order by o.used_at limit 20 for update skip locked));
end
$$;
comment on function almanac_private.count_uses(text, bigint) is
  'Counts what an operator does, schedules or triggers, by user and hour. Raises AL028 above <kind>_per_hour of almanac_private.settings. Admins and the owner are not counted.';
grant execute on function almanac_private.count_uses(text, bigint) to almanac_operator;
--! EndIncluded functions/count_uses.sql
--! Included functions/tg_count_created.sql
create or replace function almanac_private.tg_count_created() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_count bigint := (select count(*) from new_rows);
begin
  if v_count > 0 then
    perform almanac_private.count_uses('schedules', v_count);
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_count_created() is
  'After a statement that inserts schedules: counts them for whoever did it, once for all. Invoker: who calls is the point.';
--! EndIncluded functions/tg_count_created.sql
--! Included functions/check_payload.sql
create or replace function almanac_private.check_payload(payload jsonb) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant integer := 262144;
  v_deepest constant integer := 100;
  v_bytes integer := octet_length(check_payload.payload::text);
begin
  if v_bytes > v_most then
    raise exception using errcode = 'AL019', column = 'payload', message = format('A payload has at most %s bytes.', v_most),
      detail = format('This one has %s.', v_bytes), hint = 'Store the data elsewhere, and give its key or address.';
  -- The level below the deepest: more than that is never looked at.
  elsif v_bytes > v_deepest and jsonb_path_exists(check_payload.payload, 'strict $.**{100}') then
    raise exception using errcode = 'AL019', column = 'payload', message = format('A payload has at most %s levels.', v_deepest),
      detail = 'This one is nested deeper.', hint = 'Put the parts next to each other, or give them as text.';
  end if;
end
$$;
comment on function almanac_private.check_payload(jsonb) is
  'Raises AL019 for a payload that is too large or nested too deeply for a program to read in a list.';
grant execute on function almanac_private.check_payload(jsonb) to almanac_viewer;
--! EndIncluded functions/check_payload.sql
--! Included functions/refuse_size.sql
create or replace function almanac_private.refuse_size(field text, most integer, size integer) returns void
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  raise exception using errcode = 'AL019', column = refuse_size.field,
    message = format('%s has at most %s characters.', refuse_size.field, refuse_size.most),
    detail = format('This one has %s.', refuse_size.size), hint = 'Shorten it, or store the rest elsewhere and say where.';
end
$$;
comment on function almanac_private.refuse_size(text, integer, integer) is 'Raises AL019 for a text that is too long.';
grant execute on function almanac_private.refuse_size(text, integer, integer) to almanac_viewer;
--! EndIncluded functions/refuse_size.sql
--! Included functions/tg_check_sizes.sql
create or replace function almanac_private.tg_check_sizes() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_field text;
  v_most integer;
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump() then
    return new;
  end if;
  -- What is there already may stay: a schedule can be paused whatever its payload is.
  if tg_op = 'INSERT' or new.payload is distinct from old.payload then
    perform almanac_private.check_payload(new.payload);
  end if;
  select c.field, c.most into v_field, v_most
  from (values
    ('description', length(new.description), 10000, tg_op = 'INSERT' or new.description is distinct from old.description),
    ('pause_reason', length(new.pause_reason), 1000, tg_op = 'INSERT' or new.pause_reason is distinct from old.pause_reason),
    ('cron_expression', length(new.cron_expression), 2000,
      tg_op = 'INSERT' or new.cron_expression is distinct from old.cron_expression)
  ) c(field, size, most, is_new)
  where c.is_new and c.size > c.most limit 1;
  if v_field is not null then
    perform almanac_private.refuse_size(v_field, v_most, length(to_jsonb(new) ->> v_field));
  elsif cardinality(new.calendars) > 100 and (tg_op = 'INSERT' or new.calendars is distinct from old.calendars) then
    raise exception using errcode = 'AL019', column = 'calendars', message = 'A schedule uses at most 100 calendars.',
      detail = format('These are %s.', cardinality(new.calendars)), hint = 'Put their entries in one calendar.';
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_check_sizes() is
  'Before an insert or update of a schedule: refuses payloads and texts that are larger than a person or a program needs.';
--! EndIncluded functions/tg_check_sizes.sql
--! Included functions/tg_check_lengths.sql
create or replace function almanac_private.tg_check_lengths() returns trigger
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_new jsonb := to_jsonb(new);
  v_old jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) end;
  v_field text;
  v_most integer;
begin
  -- Arguments: a column, its limit, the next column, its limit, …
  for i in 0 .. tg_nargs / 2 - 1 loop
    v_field := tg_argv[i * 2];
    v_most := tg_argv[i * 2 + 1];
    if length(v_new ->> v_field) > v_most and v_new -> v_field is distinct from v_old -> v_field then
      perform almanac_private.refuse_size(v_field, v_most, length(v_new ->> v_field));
    end if;
  end loop;
  return new;
end
$$;
comment on function almanac_private.tg_check_lengths() is
  'Before an insert or update: refuses texts that are longer than the trigger''s arguments say.';
--! EndIncluded functions/tg_check_lengths.sql

create or replace trigger _400_check_sizes
before insert or update of payload, description, pause_reason, cron_expression, calendars on almanac.schedules
for each row execute function almanac_private.tg_check_sizes();
create or replace trigger _700_count_created after insert on almanac.schedules referencing new table as new_rows
for each statement execute function almanac_private.tg_count_created();
create or replace trigger _400_check_lengths before insert or update of description on almanac.calendars
for each row execute function almanac_private.tg_check_lengths('description', '10000');
create or replace trigger _400_check_lengths before insert or update of label, source, cron_expression
on almanac.calendar_entries
for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'cron_expression', '2000');
create or replace trigger _400_check_lengths before insert or update of label, source, ics on almanac.calendar_rules
for each row execute function almanac_private.tg_check_lengths('label', '2000', 'source', '1000', 'ics', '100000');
create or replace trigger _400_check_lengths before insert or update of reason on almanac.occurrence_overrides
for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create or replace trigger _400_check_lengths before insert or update of reason on almanac.stops
for each row execute function almanac_private.tg_check_lengths('reason', '1000');
create or replace trigger _400_check_lengths before insert or update of label, description, task_group, payload_schema
on almanac_private.known_tasks
for each row execute function almanac_private.tg_check_lengths(
  'label', '200', 'description', '10000', 'task_group', '200', 'payload_schema', '100000');
create or replace trigger _400_check_lengths before insert or update of display_name on almanac.users
for each row execute function almanac_private.tg_check_lengths('display_name', '200');

-- A session ends for good with its user's disabling, and a sign-in link that was only issued sets up nothing.
delete from almanac_private.sessions s using almanac.users u where u.id = s.user_id and u.disabled_at is not null;
insert into almanac_private.settings (key, value)
select 'signed_in_at', to_jsonb(min(x.at))
from (select s.created_at from almanac_private.sessions s
  union all select t.spent_at from almanac_private.login_tokens t where t.spent_at is not null) x(at)
having count(*) > 0
on conflict (key) do nothing;

--! Included functions/tg_end_sessions.sql
-- Definer: nobody else may read sessions.
create or replace function almanac_private.tg_end_sessions() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
begin
  delete from almanac_private.sessions s where s.user_id = new.id;
  delete from almanac_private.login_tokens t where t.user_id = new.id and t.spent_at is null;
  return null;
end
$$;
comment on function almanac_private.tg_end_sessions() is
  'After a user is disabled: ends all sessions and sign-in links for good. Enabled again, one signs in again.';
--! EndIncluded functions/tg_end_sessions.sql
--! Included functions/redeem_login_token.sql
-- Definer: writes sessions.
create or replace function almanac_private.redeem_login_token(
  token_hash bytea, session_hash bytea, lifetime interval default '30 days'
) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_user_id bigint;
begin
  update almanac_private.login_tokens t set spent_at = clock_timestamp()
  from almanac.users u
  where t.token_hash = redeem_login_token.token_hash and t.spent_at is null and t.expires_at > clock_timestamp()
    and u.id = t.user_id and u.disabled_at is null
  returning t.user_id into v_user_id;
  if v_user_id is null then
    return false;
  end if;
  delete from almanac_private.sessions s where s.expires_at < clock_timestamp();
  insert into almanac_private.sessions (token_hash, user_id, expires_at)
  values (redeem_login_token.session_hash, v_user_id, clock_timestamp() + redeem_login_token.lifetime);
  insert into almanac_private.settings (key, value) values ('signed_in_at', to_jsonb(clock_timestamp()))
  on conflict (key) do nothing;
  return true;
end
$$;
comment on function almanac_private.redeem_login_token(bytea, bytea, interval) is
  'Spends a sign-in token, once and in time, and opens a session under another hash; false: it was spent, has expired, or never was.';
grant execute on function almanac_private.redeem_login_token(bytea, bytea, interval) to almanac_server;
--! EndIncluded functions/redeem_login_token.sql
--! Included functions/sign_in_is_set_up.sql
-- Definer: the server's login may not read tokens or sessions.
create or replace function almanac_private.sign_in_is_set_up() returns boolean
language sql stable security definer set search_path to pg_catalog, pg_temp
as $$
  select exists (select from almanac_private.settings s where s.key = 'signed_in_at')
    or exists (select from almanac_private.login_tokens t where t.spent_at is null and t.expires_at > clock_timestamp())
$$;
comment on function almanac_private.sign_in_is_set_up() is
  'Whether anybody has ever signed in, or may by a link that is still good: until then the server answers on the loopback interface only.';
grant execute on function almanac_private.sign_in_is_set_up() to almanac_server;
--! EndIncluded functions/sign_in_is_set_up.sql

create or replace trigger _800_end_sessions after update of disabled_at on almanac.users
for each row when (new.disabled_at is not null and old.disabled_at is null)
execute function almanac_private.tg_end_sessions();
-- What is no definition, and a time beyond all, are refused or taken for what they are, not with an error of PostgreSQL's own.
--! Included functions/preview.sql
create or replace function almanac.preview(definition jsonb, max_count integer default 5)
returns table (scheduled_for timestamptz, due_at timestamptz, local_time text, utc_offset text, note text)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_now timestamptz := statement_timestamp();
begin
  if jsonb_typeof(preview.definition -> 'id') in ('string', 'number') then
    select s.* into v_schedule from almanac.schedules s where s.id::text = preview.definition ->> 'id';
    if v_schedule.id is null then
      raise exception using errcode = 'AL007', message = format('There is no schedule with the number %s.', preview.definition ->> 'id'),
        detail = 'It may have been deleted.', hint = 'Leave id out for a schedule that is not saved yet.';
    end if;
  else
    v_schedule.timezone := 'UTC';
    v_schedule.payload := '{}';
    v_schedule.overlap_policy := 'skip';
    v_schedule.fired_runs := 0;
    v_schedule.calendars := '{}';
    v_schedule.exclusion_policy := 'skip';
    v_schedule.has_overrides := false;
    v_schedule.created_at := v_now;
  end if;
  v_schedule.status := 'active';
  v_schedule.cursor_at := v_now;
  v_schedule := almanac_private.prepare_schedule(almanac_private.read_definition(
    case when jsonb_typeof(preview.definition) = 'object' then preview.definition - 'id' else preview.definition end, v_schedule));
  return query
  select o.at, o.due_at, to_char(l.shown, 'YYYY-MM-DD"T"HH24:MI:SS'), l.utc_offset,
    case
      when l.after_gap and o.due_at = o.at and gap.is_named then
        format('%s does not exist that day: the clock is put forward, so it runs at %s.', to_char(gap.planned, 'HH24:MI'), to_char(l.shown, 'HH24:MI'))
      when l.repeated then
        format('%s is shown twice that day: the clock is put back. This is the %s time.', to_char(l.shown, 'HH24:MI'), l.pass)
      when o.outcome = 'moved' then format('Moved by hand from %s.', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI'))
      when o.outcome = 'held over' then replace(almanac_private.due_note(v_schedule, row(o.at, o.due_at, o.outcome)), 'over:',
        format('over from %s:', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI')))
      when o.due_at > o.at + coalesce(v_schedule.jitter, '0') then format('Held back from %s by %s.', to_char(o.at at time zone v_schedule.timezone, 'YYYY-MM-DD HH24:MI'),
        array_to_string(v_schedule.calendars, ', '))
    end
  from almanac_private.coming_occurrences(v_schedule, v_now + interval '1 microsecond', 'infinity',
      almanac_private.checked_count(preview.max_count, 1000)) with ordinality o(at, due_at, outcome, position)
  cross join lateral almanac_private.local_reading(o.due_at, v_schedule.timezone) l
  cross join lateral (
    -- In the zone's standing offset of the day before, a moved time shows what the rule had planned.
    select (o.at at time zone 'UTC') + ((o.at - interval '25 hours') at time zone v_schedule.timezone - (o.at - interval '25 hours') at time zone 'UTC') as shown
  ) before
  cross join lateral (
    select before.shown as planned, case
      when v_schedule.kind = 'cron' then not v_schedule.rule_running and almanac_private.next_cron(v_schedule.rule_seconds, v_schedule.rule_minutes,
        v_schedule.rule_hours, v_schedule.rule_first_time, v_schedule.rule_weekdays, v_schedule.rule_months, v_schedule.rule_days, v_schedule.rule_running,
        'UTC', (before.shown at time zone 'UTC') - interval '1 microsecond') = before.shown at time zone 'UTC'
      -- Of days and months: at its first one's time of day.
      when v_schedule.kind = 'interval' then 0 < any (array[date_part('day', v_schedule.every), date_part('month', v_schedule.every), date_part('year', v_schedule.every)])
        and before.shown::time = (coalesce(v_schedule.starts_at, date_trunc('second', v_schedule.created_at)) at time zone v_schedule.timezone)::time
      else false end as is_named
  ) gap
  order by o.position;
end
$$;
comment on function almanac.preview(jsonb, integer) is
  'The next occurrences of a schedule that is not saved yet: columns of almanac.schedules as JSON. Refuses what saving would refuse, with the same errors. local_time is that of due_at; note says what a clock change or a calendar does to it. With id, the number of a saved schedule, the definition changes that one: its phase, its jitter and its moved occurrences are in the times. Without one jitter is not, as the number decides it.';
grant execute on function almanac.preview(jsonb, integer) to almanac_viewer;
--! EndIncluded functions/preview.sql
-- What the engine was too late for is not skipped as if it had overlapped.
--! Included functions/begun_at.sql
-- Called by what fires, with its rights.
create or replace function almanac_private.begun_at(schedule_id bigint, due_at timestamptz, as_of timestamptz)
returns timestamptz
language sql stable set search_path to pg_catalog, pg_temp
return (
  select case
    -- Nothing was held up: neither this firing, nor those of what goes on.
    when begun_at.due_at >= begun_at.as_of - interval '1 second'
      and not bool_or(r.due_at < coalesce(r.queued_at, begun_at.as_of) - interval '1 second') then '-infinity'
    when bool_or(r.status = 'retrying' or r.attempt > 1) or count(*) filter (where l.is_waiting) >= 100
      then '-infinity'
    else coalesce(min(r.started_at) filter (where r.status = 'running' and w.id is not null), 'infinity')
  end
  from almanac_private.live_runs l
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  left join almanac.workers w on w.id = r.worker_id and w.last_heartbeat_at > clock_timestamp() - interval '7 seconds'
  where l.schedule_id = begun_at.schedule_id and l.in_line
);
comment on function almanac_private.begun_at(bigint, timestamptz, timestamptz) is
  'When the first of the runs of a schedule that go on began, if it, or the occurrence due now, was fired more than a second late; infinity: none has begun, as far as is known of its worker; -infinity: nothing was late, or a run is tried again, or a hundred wait. What came due before does not overlap them: the engine was held up.';
--! EndIncluded functions/begun_at.sql
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
  v_was_idle boolean := not exists (
    select from almanac_private.live_runs l where l.schedule_id = (settle_schedule.schedule).id and l.in_line);
  -- What came due before does not overlap what goes on: the engine was held up.
  v_begun_at timestamptz := case when schedule.overlap_policy in ('skip', 'allow', 'cancel_running')
    then almanac_private.begun_at(schedule.id, schedule.next_run_at, settle_schedule.as_of) else '-infinity' end;
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
    exit when v_settled.max_runs <= v_settled.fired_runs;
    if v_item.outcome = 'run' and v_item.due_at > settle_schedule.as_of then
      v_item := null; -- it is held back, and whatever comes after it
    end if;

    -- Moved ones whose time comes before this one's.
    while v_next_moved <= cardinality(v_moved) and (v_item is null or (v_item.outcome = 'run' and v_moved[v_next_moved].moved_to <= v_item.due_at)) loop
      exit when v_settled.max_runs <= v_settled.fired_runs;
      if settle_schedule.omit_as is null and not v_stopped @> v_moved[v_next_moved].moved_to and almanac_private.is_fired_late(schedule.missed_run_policy,
        v_moved[v_next_moved].moved_to, v_moved[v_next_moved].scheduled_for is not distinct from v_latest, v_tolerated, v_window)
      then
        v_run := almanac_private.insert_run(v_settled, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].moved_to, 'schedule',
          schedule.payload, null, settle_schedule.as_of, case when v_moved[v_next_moved].moved_to < v_tolerated then v_caught_up end,
          was_idle => v_moved[v_next_moved].moved_to >= v_tolerated
            and (v_was_idle or v_moved[v_next_moved].moved_to < v_begun_at));
        v_caught_up := v_caught_up + (v_moved[v_next_moved].moved_to < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.fired_runs := v_settled.fired_runs + 1;
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := greatest(v_settled.last_run_at, v_moved[v_next_moved].moved_to);
        end if;
      else
        perform almanac_private.record_omission(schedule.id, schedule.name, v_moved[v_next_moved].scheduled_for, v_moved[v_next_moved].scheduled_for, 1,
          coalesce(settle_schedule.omit_as, case when v_stopped @> v_moved[v_next_moved].moved_to then 'stopped' else 'missed' end::almanac.omission_reason), null, settle_schedule.as_of);
      end if;
      update almanac.occurrence_overrides o set done_at = settle_schedule.as_of
      where o.schedule_id = (settle_schedule.schedule).id and o.scheduled_for = v_moved[v_next_moved].scheduled_for;
      v_next_moved := v_next_moved + 1;
    end loop;
    exit when v_item is null or v_settled.max_runs <= v_settled.fired_runs;

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
          case when v_item.due_at < v_tolerated then v_caught_up end,
          was_idle => v_item.due_at >= v_tolerated and (v_was_idle or v_item.due_at < v_begun_at));
        v_caught_up := v_caught_up + (v_item.due_at < v_tolerated)::integer;
        if v_run.status <> 'skipped' then
          v_settled.fired_runs := v_settled.fired_runs + 1;
          v_settled.total_runs := v_settled.total_runs + 1;
          v_settled.last_run_at := greatest(v_settled.last_run_at, v_item.due_at);
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
      case when r.is_late and o.status = 'skipped' and s.overlap_policy <> 'allow' then 'waiting'
        -- Nor does it overlap what had not begun when it was due, where it is the engine that was late.
        when l.count = 0 and o.status = 'skipped' and s.overlap_policy <> 'queue_one'
          and s.next_run_at < almanac_private.begun_at(s.id, s.next_run_at, fire_in_order.as_of) then 'waiting'
        else coalesce(o.status, 'queued') end as run_status,
      o.reason as run_reason, nextval('almanac.runs_id_seq') as run_id,
      case
        when s.max_runs <= s.fired_runs + (o.status is distinct from 'skipped')::integer then null
        when s.calendars <> '{}' then (n.due).scheduled_for
        else n.following
      end as then_scheduled_for,
      case
        when s.max_runs <= s.fired_runs + (o.status is distinct from 'skipped')::integer then null
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
      last_run_at = case when d.run_status = 'skipped' then s.last_run_at else greatest(s.last_run_at, d.due_at) end,
      fired_runs = s.fired_runs + (d.run_status <> 'skipped')::integer, total_runs = s.total_runs + (d.run_status <> 'skipped')::integer
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

-- Admins' functions say who may use them, to all who may see Almanac; /healthz tells of copies, stops and overdue schedules; hints say what was meant.
--! Included functions/overdue.sql
-- What it reads may be locked: /healthz and status must answer then too, and say by blockers() who holds the lock.
create or replace function almanac_private.overdue(as_of timestamptz default now()) returns jsonb
language plpgsql stable set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
as $$
begin
  return (
    with due as materialized (
      select s.name, s.timezone, s.next_run_at
      from almanac.schedules s
      where s.next_run_at < overdue.as_of - interval '30 seconds'
        and (s.is_system or not exists (select from almanac.stops t where t.resumed_at is null))
    )
    select jsonb_build_object(
      'count', count(*), 'name', (array_agg(d.name order by d.next_run_at))[1], 'at', min(d.next_run_at),
      -- Where it is the schedule itself that keeps it from firing, and not the engine.
      'lost', (
        select jsonb_agg(jsonb_build_object('name', z.name, 'timezone', z.timezone) order by z.timezone)
        from (select l.timezone, min(l.name) as name from due l group by l.timezone offset 0) z
        where not almanac_private.knows_timezone(z.timezone)))
    from due d
    having count(*) > 0);
exception when lock_not_available then
  return null;
end
$$;
comment on function almanac_private.overdue(timestamptz) is
  'Schedules that are due for longer than it takes to follow a leader that died: how many, the first, and of each time zone that the server has lost one schedule. Null: none, or '
  'the schedules are locked, and not known.';
grant execute on function almanac_private.overdue(timestamptz) to almanac_viewer;
--! EndIncluded functions/overdue.sql
--! Included functions/engine_state.sql
create or replace function almanac.engine_state(
  out worker_runs boolean,
  out overdue_count integer, out overdue_since timestamptz, out overdue_schedule_id bigint, out overdue_schedule_name text,
  out ahead_count integer, out ahead_until timestamptz,
  out stopped_at timestamptz, out stopped_by text, out stop_reason text
)
language sql stable
begin atomic
  with ahead as (
    select count(*)::integer as count, max(a.cursor_at) as until from almanac_private.schedules_ahead(clock_timestamp()) a
  )
  select almanac_private.a_worker_lives(), coalesce((o.found ->> 'count')::integer, 0), (o.found ->> 'at')::timestamptz,
    (select s.id from almanac.schedules s where s.name = o.found ->> 'name' and s.deleted_at is null), o.found ->> 'name',
    a.count, a.until, t.stopped_at, t.stopped_by, t.reason
  from ahead a
  cross join (values (almanac_private.overdue(clock_timestamp()))) o(found)
  left join almanac.stops t on t.resumed_at is null;
end;
comment on function almanac.engine_state() is
  'Whether anything fires and runs: worker_runs, that a worker is running; overdue, schedules that are due for more than 30 s and have not fired, and the first of them; ahead, schedules that were fired beyond the clock, which was ahead, and until when (replan_from_now() plans them again); stopped, since when, by whom and why all schedules are stopped (null: they are not).';
grant execute on function almanac.engine_state() to almanac_viewer;
--! EndIncluded functions/engine_state.sql
--! Included functions/pause_all.sql
-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.pause_all(reason text default null) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_stop almanac.stops;
begin
  perform almanac_private.check_admin('pause_all');
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
grant execute on function almanac.pause_all(text) to almanac_viewer;
--! EndIncluded functions/pause_all.sql
--! Included functions/resume_all.sql
-- Definer: writes a table that only the owner may; who may is checked first.
create or replace function almanac.resume_all(catch_up boolean default false) returns almanac.stops
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_stop almanac.stops;
begin
  perform almanac_private.check_admin('resume_all');
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
grant execute on function almanac.resume_all(boolean) to almanac_viewer;
--! EndIncluded functions/resume_all.sql
--! Included functions/purge.sql
-- Definer: deletes history, which nothing else does; who may is checked first.
create or replace function almanac.purge(
  before timestamptz, max_count integer default 10000, out runs bigint, out attempts bigint, out omissions bigint, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_count bigint;
begin
  perform almanac_private.check_admin('purge');
  perform almanac_private.checked_count(purge.max_count, 1000000);
  if purge.before is null or not isfinite(purge.before) or purge.before > v_now then
    raise exception using errcode = 'AL021', message = 'History is deleted up to a time that is past.',
      detail = format('before: %s, now: %s.', coalesce(purge.before::text, 'null'), v_now), hint = 'For instance now() - interval ''90 days''.';
  end if;
  insert into almanac_private.settings as s (key, value) values ('history_horizon', to_jsonb(purge.before))
  on conflict (key) do update set value = to_jsonb(greatest(purge.before, (s.value #>> '{}')::timestamptz));

  with old as (
    select r.id, r.scheduled_for from almanac.runs r
    where r.scheduled_for < purge.before and r.finished_at is not null order by r.scheduled_for, r.id limit purge.max_count
  ), dead as (
    delete from almanac.runs r using old o where r.id = o.id and r.scheduled_for = o.scheduled_for returning r.id
  )
  select count(*) into purge.runs from dead;
  with old as (
    select a.run_id, a.scheduled_for, a.attempt from almanac.run_attempts a
    where a.scheduled_for < purge.before
      and not exists (select from almanac.runs r where r.id = a.run_id and r.scheduled_for = a.scheduled_for) limit purge.max_count
  ), dead as (
    delete from almanac.run_attempts a using old o
    where a.run_id = o.run_id and a.scheduled_for = o.scheduled_for and a.attempt = o.attempt returning a.run_id
  )
  select count(*) into purge.attempts from dead;
  with old as (
    select o.id from almanac.omissions o where upper(o.during) < purge.before order by o.id limit purge.max_count
  ), dead as (
    delete from almanac.omissions o using old where o.id = old.id returning o.id
  )
  select count(*) into purge.omissions from dead;
  with old as (
    select v.id from almanac_private.rule_versions v where v.valid_to < purge.before order by v.id limit purge.max_count
  )
  delete from almanac_private.rule_versions v using old where v.id = old.id;
  get diagnostics v_count = row_count;
  is_done := greatest(purge.runs, purge.attempts, purge.omissions, v_count) < purge.max_count;
  delete from almanac.occurrence_overrides o where o.done_at < purge.before and o.scheduled_for < purge.before
    and o.scheduled_for < (select s.cursor_at from almanac.schedules s where s.id = o.schedule_id);
  delete from almanac_private.deleted_history d where upper(d.during) < purge.before;
end
$$;
comment on function almanac.purge(timestamptz, integer) is
  'Deletes history with a nominal time before a moment: runs that are over, their attempts, omissions, rules that held until then; at most max_count of each a call, so call it until is_done. The ledger check knows, and judges only what comes after. Counters of schedules stay.';
grant execute on function almanac.purge(timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/purge.sql
--! Included functions/adopt.sql
-- Definer: writes the ledger and Graphile Worker's jobs; who may is checked first.
create or replace function almanac.adopt(choice text, environment text default null) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, as fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_place almanac_private.place;
  v_from text := almanac.copied_from();
  v_reason text;
  v_open almanac.stops;
  v_cancelled bigint[] := '{}';
begin
  perform almanac_private.check_admin('adopt');
  if adopt.choice is null or adopt.choice not in ('continue', 'skip') then
    raise exception using errcode = 'AL027', message = format('There is no such choice: %s.', coalesce(quote_literal(adopt.choice), 'null')),
      detail = 'It is continue: what is queued and overdue is run here, as each schedule says; or skip: it is cancelled, and recorded as stopped.',
      hint = 'If the original goes on elsewhere: select almanac.adopt(''skip'').';
  end if;
  select p.* into v_place from almanac_private.place p for update;
  if v_from is null and v_place.environment is not distinct from adopt.environment then
    raise exception using errcode = 'AL013', message = 'This database is no copy: it is where it has always been.',
      detail = format('Recorded at %s by %s.', v_place.recorded_at, v_place.recorded_by), hint = 'There is nothing to adopt.';
  end if;
  perform almanac_private.record_place(adopt.environment);

  if adopt.choice = 'skip' then
    v_reason := coalesce('copied from ' || v_from, 'adopted for another environment');
    lock table almanac.stops in share row exclusive mode;
    update almanac.stops s set resumed_at = v_now, resumed_by = almanac_private.actor() where s.resumed_at is null returning s.* into v_open;
    insert into almanac.stops (stopped_at, stopped_by, reason, resumed_at, resumed_by)
    select least(min(s.next_run_at), v_now), almanac_private.actor(), v_reason, v_now, almanac_private.actor() from almanac.schedules s;
    insert into almanac.stops (stopped_at, stopped_by, reason) select v_now, v_open.stopped_by, v_open.reason where v_open.id is not null;
    with locked as (
      select r.id, r.scheduled_for from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
      where r.finished_at is null order by r.scheduled_for, r.id for no key update of r
    ), ended as (
      update almanac.runs r set status = 'cancelled', reason = v_reason, finished_at = v_now
      from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for returning r.id
    ), dead as (
      delete from almanac_private.live_runs
    )
    select coalesce(array_agg(e.id), '{}') into v_cancelled from ended e;
  end if;
  -- The workers that a copy names are the original's, and not heard of here; what they have locked goes with them.
  perform almanac_private.reap_workers();
  perform almanac_private.remove_jobs(array(
    select j.key from graphile_worker.jobs j where j.key = any (array(select 'run:' || c.id from unnest(v_cancelled) c(id))) and j.locked_at is null));
  perform from almanac.reconcile();
  perform almanac_private.notify_changed('almanac_schedules', null);
  perform almanac_private.notify_changed('almanac_runs', null);
  return cardinality(v_cancelled);
end
$$;
comment on function almanac.adopt(text, text) is
  'Lets a copy of a database go its own way, where nothing was fired or run until then. choice: continue, if the original is no more: what is queued and overdue is run here, as each schedule says; skip, if it goes on: what is queued or running is cancelled, and what was due is recorded as stopped. environment: the ALMANAC_ENVIRONMENT of its workers; null: none. Returns how many runs were cancelled.';
grant execute on function almanac.adopt(text, text) to almanac_viewer;
--! EndIncluded functions/adopt.sql
--! Included functions/replan_from_now.sql
-- Definer: takes back what the ledger says of times in the future; who may is checked first.
--
-- The engine goes by the database's clock. When that was ahead for a while, schedules have outcomes for times that are in the future again: some
-- ran, the others are recorded as missed, and nothing fires until the clock gets there. What ran stays, as a time has one run; each such time
-- becomes an override that is done, which planning passes by. What was recorded without a run is taken back, and fires at its time.
create or replace function almanac.replan_from_now(dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, was_due_at timestamptz, due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_schedule almanac.schedules;
  v_unlimited almanac.schedules;
  v_omission almanac.omissions;
  v_kept record;
  v_ids bigint[] := '{}';
  v_was timestamptz[] := '{}';
  v_due timestamptz[];
begin
  perform almanac_private.check_admin('replan_from_now');
  begin
    for v_schedule in
      select s.* from almanac.schedules s where s.id in (select a.id from almanac_private.schedules_ahead(v_now) a)
      order by s.id for no key update
    loop
      insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by, done_at)
      select r.schedule_id, r.scheduled_for, 'move', r.due_at, 'ran while the clock was ahead', 'almanac', v_now
      from almanac.runs r where r.schedule_id = v_schedule.id and r.trigger = 'schedule' and r.scheduled_for > v_now
      on conflict (schedule_id, scheduled_for) do update set done_at = coalesce(o.done_at, excluded.done_at), is_owed = false;

      -- Moved ones go by the time they were moved to: those that were missed are due then, after all.
      with reopened as (
        update almanac.occurrence_overrides o set done_at = null, is_owed = o.scheduled_for <= v_now
        where o.schedule_id = v_schedule.id and o.action = 'move' and o.done_at is not null and o.moved_to > v_now
          and not exists (
            select from almanac.runs r where r.schedule_id = o.schedule_id and r.scheduled_for = o.scheduled_for and r.trigger = 'schedule')
        returning o.scheduled_for
      )
      delete from almanac.omissions o using reopened r where o.schedule_id = v_schedule.id and o.during @> r.scheduled_for;

      v_unlimited := v_schedule;
      v_unlimited.max_runs := null;
      for v_omission in
        select o.* from almanac.omissions o
        where o.schedule_id = v_schedule.id and o.during && tstzrange(v_now, null, '()')
          and not exists (
            select from almanac.occurrence_overrides m
            where m.schedule_id = o.schedule_id and m.scheduled_for = lower(o.during) and m.done_at is not null)
        order by o.during for update
      loop
        select count(*) as count, max(n.at) as last into v_kept
        from almanac_private.occurrences_between(
          v_unlimited, lower(v_omission.during), v_now + interval '1 microsecond', null) n(at);
        if v_kept.last is null then
          delete from almanac.omissions o where o.id = v_omission.id;
        else
          update almanac.omissions o set during = tstzrange(lower(o.during), v_kept.last, '[]'), count = v_kept.count
          where o.id = v_omission.id;
        end if;
      end loop;

      update almanac_private.rule_versions v
      set valid_from = least(v.valid_from, v_now), valid_to = case when v.valid_to > v_now then v_now else v.valid_to end
      where v.schedule_id = v_schedule.id and greatest(v.valid_from, v.valid_to) > v_now;

      perform set_config('almanac.engine', 'on', true);
      update almanac.schedules s
      set cursor_at = v_now, paused_at = case when s.paused_at > v_now then v_now else s.paused_at end,
        has_overrides = exists (
          select from almanac.occurrence_overrides o where o.schedule_id = s.id and (o.done_at is null or o.scheduled_for > v_now))
      where s.id = v_schedule.id;
      perform set_config('almanac.engine', 'off', true);
      v_ids := v_ids || v_schedule.id;
      v_was := v_was || v_schedule.next_run_at;
    end loop;
    update almanac.stops s
    set stopped_at = least(s.stopped_at, v_now), resumed_at = case when s.resumed_at > v_now then v_now else s.resumed_at end
    where greatest(s.stopped_at, s.resumed_at) > v_now;
    perform almanac_private.replan(v_ids);

    -- What waits for a time that the clock had when it was written: jobs of runs, the lead, and workers that died meanwhile.
    perform graphile_worker.reschedule_jobs(
      array(
        select j.id
        from almanac_private.live_runs l
        join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
        join graphile_worker.jobs j on j.key = 'run:' || r.id
        where j.locked_at is null and j.run_at > v_now
          and (greatest(r.queued_at, r.attempt_started_at) > v_now or exists (
            select from almanac.run_attempts a
            where a.run_id = r.id and a.scheduled_for = r.scheduled_for and a.finished_at > v_now))),
      run_at := v_now);
    delete from almanac.ledger_checks c where c.checked_at > v_now; -- of what was due by the wrong clock
    update almanac_private.leases l set expires_at = v_now where l.expires_at > v_now + interval '1 minute';
    update almanac.workers w set last_heartbeat_at = v_now where w.last_heartbeat_at > v_now;

    v_due := array(
      select s.next_run_at from unnest(v_ids) with ordinality u(id, nth) join almanac.schedules s on s.id = u.id order by u.nth);
    if replan_from_now.dry_run then
      raise exception 'undone' using errcode = 'UNDO0';
    end if;
  exception when sqlstate 'UNDO0' then
    null; -- what was found stays in the variables
  end;

  return query
  select s.id, s.name, u.was, u.due from unnest(v_ids, v_was, v_due) u(id, was, due) join almanac.schedules s on s.id = u.id order by s.id;
end
$$;
comment on function almanac.replan_from_now(boolean) is
  'After the database''s clock was ahead and went back: plans all schedules from now on that were fired beyond now. Runs that began ahead of their time stay, and do not run again; what was recorded as missed for a time in the future fires at that time. Returns when each was, and is, next due; with dry_run that is all.';
grant execute on function almanac.replan_from_now(boolean) to almanac_viewer;
--! EndIncluded functions/replan_from_now.sql
--! Included functions/recompute.sql
-- Definer: writes what only the engine may; who may is checked first.
create or replace function almanac.recompute(timezone text default null, dry_run boolean default false)
returns table (schedule_id bigint, schedule_name text, schedule_timezone text, was_due_at timestamptz, due_at timestamptz)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
begin
  perform almanac_private.check_admin('recompute', true);
  if recompute.timezone is not null then
    perform almanac_private.check_timezone(recompute.timezone);
  end if;
  -- What is due by now is being fired and stays out of it.
  v_ids := array(
    select s.id from almanac.schedules s cross join lateral almanac_private.next_due(s) d
    where s.next_run_at > v_now and almanac_private.lost_timezone(s) is null and (recompute.timezone is null or s.timezone = recompute.timezone or exists (
        select from almanac.calendars c left join almanac.calendar_entries e on e.calendar_id = c.id and e.timezone = recompute.timezone
        where c.name = any (s.calendars) and (c.timezone = recompute.timezone or e.id is not null))) and d.due_at is distinct from s.next_run_at
    order by s.id);
  return query
  select s.id, s.name, s.timezone, s.next_run_at, d.due_at
  from almanac.schedules s cross join lateral almanac_private.next_due(s) d
  where s.id = any (v_ids) order by s.id;
  if not recompute.dry_run and v_ids <> '{}' then
    perform almanac_private.replan(v_ids);
  end if;
end
$$;
comment on function almanac.recompute(text, boolean) is
  'After the rules of time zones have changed in the operating system or in PostgreSQL: computes anew when schedules (null: of all zones) are next due, and moves those of which it is not true any more. Returns what moves; with dry_run that is all.';
grant execute on function almanac.recompute(text, boolean) to almanac_viewer;
--! EndIncluded functions/recompute.sql
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
  v_until timestamptz := case when reconcile.within < '100 years' then statement_timestamp() + reconcile.within else 'infinity' end;
  v_delay interval := almanac_private.arm_delay();
  v_found record;
  v_replanned bigint[];
  v_freed bigint[];
begin
  perform almanac_private.check_admin('reconcile', true);
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

  -- A job that lost its key to the one after it, and then failed, and those of attempts that failed while their worker ended: Graphile Worker deletes
  -- none. To find them all jobs are read: where there are many, only when a worker starts.
  if reconcile.within is null or (select c.reltuples from pg_class c where c.oid = 'graphile_worker._private_jobs'::regclass) < 100000 then
    perform graphile_worker.complete_jobs(array(
      select j.id from graphile_worker.jobs j
      where j.attempts >= j.max_attempts and j.locked_at is null and case
          when j.task_identifier = 'almanac:wake' then j.key is null
          when j.task_identifier like 'almanac-run:%' then not exists (select from almanac_private.live_runs l where 'run:' || l.run_id = j.key)
        end));
  end if;

  for v_found in
    select r.*, j.key as found_job, case when j.attempts < j.max_attempts then j.run_at end as job_run_at
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    left join graphile_worker.jobs j on j.key = 'run:' || r.id
    where not l.is_waiting and r.status in ('queued', 'retrying') and coalesce(r.queued_at, r.attempt_started_at) < v_now - interval '15 seconds'
      and (j.key is null or j.locked_at is null and almanac_private.is_own_job(j.key, j.task_identifier)
        and (j.attempts >= j.max_attempts or j.task_identifier <> almanac_private.run_identifier(r.task_identifier)))
    order by r.id for no key update of r skip locked
  loop
    perform graphile_worker.remove_job(v_found.found_job);
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(v_found.id, v_found.schedule_id, v_found.scheduled_for, v_found.attempt + 1,
      v_found.trigger, v_found.task_identifier, v_found.payload, v_found.priority, v_found.job_run_at, v_found.lost_attempts)]);
    repair := 'queued';
    schedule_id := v_found.schedule_id;
    schedule_name := v_found.schedule_name;
    run_id := v_found.id;
    detail := format('Its run for %s was %s and %s.', v_found.scheduled_for, v_found.status,
      case when v_found.found_job is null then 'had no job' when v_found.job_run_at is null then 'its job had used up its attempts'
        else 'its job was one that any worker takes' end);
    return next;
  end loop;

  -- Whatever kept its end from being recorded. One that goes on for more than 4 hours has lost the lock of its job, and its worker still has it.
  for v_found in
    select r.id, r.schedule_id, r.schedule_name, r.scheduled_for, r.worker_id
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where r.status = 'running' and r.attempt_started_at < v_now - interval '15 seconds'
      and not exists (
        select from graphile_worker.jobs j where j.locked_at is not null and case when r.job_id is null then j.key = 'run:' || r.id else j.id = r.job_id end)
      and not exists (
        select from almanac.workers w
        where w.id = r.worker_id and w.status in ('active', 'draining') and w.last_heartbeat_at > v_now - interval '15 seconds' and r.id = any (w.run_ids))
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    perform almanac_private.finish_runs(v_found.worker_id, jsonb_build_array(jsonb_build_object('runId', v_found.id, 'scheduledFor', v_found.scheduled_for,
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

  -- A run deleted by hand, or with its partition, would count as going on for ever.
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
  'Compares schedules and unfinished runs with the jobs that Graphile Worker has for them, and repairs what is missing or wrong (after a restore from a dump, or when jobs were deleted by hand). Returns what it repaired: planned, armed, disarmed, queued, ended (an attempt that no worker has any more), failed (no running worker has had its task for an hour), or forgotten (a run that was deleted while it was to come or going on); blocked: a host''s job has the key of a schedule''s, and was left alone. within: only what is due that soon. Jobs that have failed for good are deleted. Workers call it at their start, and the leading one every minute for what is due soon.';
grant execute on function almanac.reconcile(interval) to almanac_viewer;
--! EndIncluded functions/reconcile.sql
--! Included functions/perhaps.sql
create or replace function almanac_private.perhaps(typed text, names text[]) returns text
language sql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
  -- Names share pairs of letters, those at their ends among them: of the pairs of both, two in five are in both.
  select format(' Perhaps %L?', n.name)
  from unnest(perhaps.names[:1000]) n(name),
    lateral (
      select count(*) filter (where p.hits = 2) * 2.0 / sum(p.hits) as similarity
      from (
        select count(*) as hits from (
          select w.nth, substr(w.word, i, 2) as pair
          from (values (1, ' ' || lower(left(perhaps.typed, 200)) || ' '), (2, ' ' || lower(left(n.name, 200)) || ' ')) w(nth, word),
            generate_series(1, length(w.word) - 1) i
          group by w.nth, pair
        ) both_of group by pair
      ) p
    ) s
  where s.similarity >= 0.4 or lower(n.name) = lower(btrim(perhaps.typed))
  order by s.similarity desc, n.name limit 1
$$;
comment on function almanac_private.perhaps(text, text[]) is
  'For a hint: " Perhaps ''daily''?" if one of the names (of 1000) reads much like what was given; else null.';
grant execute on function almanac_private.perhaps(text, text[]) to almanac_viewer;
--! EndIncluded functions/perhaps.sql
--! Included functions/type_hint.sql
create or replace function almanac_private.type_hint(type regtype, value text) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_labels text[] := array(
    select e.enumlabel from pg_enum e where e.enumtypid = type_hint.type order by e.enumsortorder);
begin
  return case
    when v_labels <> '{}' then
      format('It is one of %s.%s', array_to_string(v_labels, ', '), almanac_private.perhaps(type_hint.value, v_labels))
    when type_hint.type = 'text[]'::regtype then
      'Give a list: ["crm", "night"] in JSON, array[''crm'', ''night''] in SQL.'
    when type_hint.type = 'interval'::regtype then 'Give a length of time: 90 seconds, 15 minutes, 2 hours.'
    when type_hint.type = 'timestamptz'::regtype then 'Give a time with its zone: 2030-01-31T09:00:00+01:00.'
    when type_hint.type in ('integer'::regtype, 'bigint'::regtype, 'smallint'::regtype) then 'Give a whole number.'
    when type_hint.type in ('numeric'::regtype, 'real'::regtype, 'float8'::regtype) then 'Give a number.'
    when type_hint.type = 'boolean'::regtype then 'Give true or false.'
    else format('It is of type %s.', type_hint.type) end;
end
$$;
comment on function almanac_private.type_hint(regtype, text) is
  'For the hint of a value that cannot be read as this type: what can.';
grant execute on function almanac_private.type_hint(regtype, text) to almanac_viewer;
--! EndIncluded functions/type_hint.sql
--! Included functions/nearest_occurrences.sql
create or replace function almanac_private.nearest_occurrences(
  rule almanac.schedules, moment timestamptz, since timestamptz
) returns table (before timestamptz, after timestamptz)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_back interval;
begin
  after := almanac_private.next_occurrence(rule, greatest(nearest_occurrences.moment, nearest_occurrences.since));
  -- Dense rules have one close by, and too many further on.
  foreach v_back in array array[interval '1 minute', interval '1 hour', interval '24 hours', interval '9600 hours'] loop
    before := (select max(o.at) from almanac_private.occurrences_between(rule,
      greatest(nearest_occurrences.since + interval '1 microsecond', nearest_occurrences.moment - v_back),
      nearest_occurrences.moment, null) o(at));
    exit when before is not null or nearest_occurrences.moment - v_back < nearest_occurrences.since;
  end loop;
  return next;
end
$$;
comment on function almanac_private.nearest_occurrences(almanac.schedules, timestamptz, timestamptz) is
  'The last time that a rule names before a moment, within 400 days and after since, and the first one after both.';
grant execute on function almanac_private.nearest_occurrences(almanac.schedules, timestamptz, timestamptz) to almanac_viewer;
--! EndIncluded functions/nearest_occurrences.sql
--! Included functions/read_definition.sql
create or replace function almanac_private.read_definition(definition jsonb, base almanac.schedules default null) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_known text[] := array['name', 'description', 'kind', 'cron_expression', 'every', 'run_at', 'timezone', 'starts_at', 'ends_at', 'max_runs',
    'task_identifier', 'payload', 'priority', 'status', 'pause_reason', 'overlap_policy', 'max_concurrent', 'missed_run_policy', 'late_tolerance',
    'catchup_window', 'catchup_per_minute', 'max_attempts', 'retry_delay', 'retry_backoff', 'retry_ceiling', 'timeout', 'jitter', 'calendars',
    'exclusion_policy', 'tags', 'owner_user'];
  v_key text;
  v_message text;
  v_read almanac.schedules;
begin
  if jsonb_typeof(read_definition.definition) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The definition is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(read_definition.definition), 'null')), hint = 'Give {"column": value, …}.';
  end if;
  for v_key in select k from jsonb_object_keys(read_definition.definition) k order by k loop
    if v_key <> all (v_known) then
      raise exception using errcode = 'AL009', column = v_key, message = format('There is no setting %s.', v_key),
        detail = format('Known are: %s.', array_to_string(v_known, ', ')),
        hint = 'Settings are columns of almanac.schedules; computed ones cannot be set.' || coalesce(almanac_private.perhaps(v_key, v_known), '');
    end if;
    begin
      v_read := jsonb_populate_record(read_definition.base, jsonb_build_object(v_key, read_definition.definition -> v_key));
    exception when others then
      get stacked diagnostics v_message = message_text;
      raise exception using errcode = sqlstate, column = v_key, message = format('%s cannot be read: %s', v_key, v_message),
        detail = format('%s: %s', v_key, left(read_definition.definition ->> v_key, 200)),
        hint = (
          select almanac_private.type_hint(a.atttypid, read_definition.definition ->> v_key) from pg_attribute a
          where a.attrelid = 'almanac.schedules'::regclass and a.attname = v_key);
    end;
  end loop;
  return jsonb_populate_record(read_definition.base, read_definition.definition);
end
$$;
comment on function almanac_private.read_definition(jsonb, almanac.schedules) is
  'A row of schedules from column names and values, on top of a base row. Unknown names (AL009) and unreadable values are refused, with the column at fault.';
grant execute on function almanac_private.read_definition(jsonb, almanac.schedules) to almanac_viewer;
--! EndIncluded functions/read_definition.sql
--! Included functions/check_given.sql
create or replace function almanac_private.check_given(tab regclass, given jsonb) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_missing record;
begin
  select a.attname as name, pg_get_expr(d.adbin, d.adrelid) as standard into v_missing
  from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where a.attrelid = check_given.tab and a.attnum > 0 and a.attnotnull and not a.attisdropped and a.attidentity = '' and check_given.given -> a.attname = 'null'
  order by a.attnum limit 1;
  if v_missing.name is not null then
    raise exception using errcode = 'AL019', column = v_missing.name, message = format('%s must not be null.', v_missing.name),
      detail = format('%s of a row of %s.', v_missing.name, check_given.tab),
      hint = coalesce('Leave it out: its default is ' || v_missing.standard || '.', 'Give it a value.');
  end if;
end
$$;
comment on function almanac_private.check_given(regclass, jsonb) is
  'Raises AL019 for the first column of a row that has no value and must have one.';
grant execute on function almanac_private.check_given(regclass, jsonb) to almanac_viewer;
--! EndIncluded functions/check_given.sql
--! Included functions/prepare_schedule.sql
create or replace function almanac_private.prepare_schedule(schedule almanac.schedules) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_rule almanac_private.compiled_cron;
  v_surplus text;
  v_unknown text;
begin
  v_surplus := case
    when schedule.kind is null then 'kind'
    when schedule.kind = 'cron' and schedule.cron_expression is null then 'cron_expression'
    when schedule.kind = 'interval' and schedule.every is null then 'every'
    when schedule.kind = 'once' and schedule.run_at is null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = case when v_surplus = 'kind' then 'A schedule needs a kind.'
        else format('A schedule of kind %s needs %s.', schedule.kind, v_surplus) end,
      detail = format('kind: %s.', coalesce(schedule.kind::text, 'null')),
      hint = case v_surplus
        when 'kind' then 'Give one of cron, interval, once, manual.'
        when 'cron_expression' then 'Give five fields: minute, hour, day of month, month, day of week. For instance 0 3 * * *.'
        when 'every' then 'Give an interval: 15 minutes, 2 weeks.'
        else 'Give a time with its zone: 2030-01-31T09:00:00+01:00, or now() + interval ''1 hour''.' end;
  end if;
  v_surplus := case
    when schedule.kind <> 'cron' and schedule.cron_expression is not null then 'cron_expression'
    when schedule.kind <> 'interval' and schedule.every is not null then 'every'
    when schedule.kind <> 'once' and schedule.run_at is not null then 'run_at'
  end;
  if v_surplus is not null then
    raise exception using errcode = 'AL010', column = v_surplus,
      message = format('A schedule of kind %s takes no %s.', schedule.kind, v_surplus),
      detail = format('kind: %s.', schedule.kind),
      hint = format('Set %s to null, or choose the kind that goes with it.', v_surplus);
  end if;

  perform almanac_private.check_schedule(schedule);
  perform almanac_private.check_timezone(schedule.timezone);

  schedule.rule_seconds := null;
  schedule.rule_minutes := null;
  schedule.rule_hours := null;
  schedule.rule_first_time := null;
  schedule.rule_weekdays := null;
  schedule.rule_months := null;
  schedule.rule_days := null;
  schedule.rule_running := null;
  if schedule.kind = 'cron' then
    v_rule := almanac_private.compile_cron(schedule.cron_expression);
    schedule.rule_seconds := v_rule.rule_seconds;
    schedule.rule_minutes := v_rule.rule_minutes;
    schedule.rule_hours := v_rule.rule_hours;
    schedule.rule_first_time := v_rule.rule_first_time;
    schedule.rule_weekdays := v_rule.rule_weekdays;
    schedule.rule_months := v_rule.rule_months;
    schedule.rule_days := v_rule.rule_days;
    schedule.rule_running := v_rule.rule_running;
  elsif schedule.kind = 'interval' then
    perform almanac_private.check_interval(schedule.every);
  elsif schedule.kind = 'once' and not isfinite(schedule.run_at) then
    raise exception using errcode = 'AL004', column = 'run_at', message = 'A single run needs a finite time.',
      detail = format('run_at: %s.', schedule.run_at), hint = 'Give a timestamp with its zone.';
  end if;

  if jsonb_typeof(schedule.payload) is distinct from 'object' then
    raise exception using errcode = 'AL006', column = 'payload', message = 'The payload is not a JSON object.',
      detail = format('It is of type %s.', coalesce(jsonb_typeof(schedule.payload), 'null')),
      hint = 'Wrap it: {"value": …}. Without anything to say, give {}.';
  end if;

  if schedule.calendars <> '{}' then
    v_unknown := (select min(u.name) from unnest(schedule.calendars) u(name) where not exists (select from almanac.calendars c where c.name = u.name));
  end if;
  if v_unknown is not null or array_position(schedule.calendars, null) is not null then
    raise exception using errcode = 'AL015', column = 'calendars', message = format('There is no calendar %s.', coalesce(quote_literal(v_unknown), 'null')),
      detail = format('Known are: %s.', coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.calendars c), 'none')),
      hint = 'Make it first: select almanac.create_calendar(''' || replace(coalesce(v_unknown, 'holidays'), '''', '''''') || ''').';
  end if;
  if not isfinite(schedule.jitter) or extract(month from schedule.jitter) <> 0 or extract(year from schedule.jitter) <> 0
    or schedule.jitter not between '0' and '24 hours'
  then
    raise exception using errcode = 'AL003', column = 'jitter', message = 'The jitter is not a length of time up to a day.',
      detail = format('jitter: %s.', schedule.jitter), hint = 'Give seconds, minutes or hours, up to a day: 30 seconds.';
  end if;

  -- Of elapsed time: a day is 24 hours, whatever the session's zone does.
  schedule.jitter := make_interval(secs => extract(epoch from schedule.jitter)::float8);
  return schedule;
end
$$;
comment on function almanac_private.prepare_schedule(almanac.schedules) is
  'Checks a definition and compiles its rule; raises AL001 to AL015 with the column at fault. Saving and previewing both go through it.';
grant execute on function almanac_private.prepare_schedule(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/prepare_schedule.sql
--! Included functions/find_schedule.sql
create or replace function almanac_private.find_schedule(name text) returns almanac.schedules
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
begin
  select s.* into v_schedule from almanac.schedules s where s.name = find_schedule.name and s.deleted_at is null;
  if v_schedule.id is null then
    raise exception using errcode = 'AL007', message = format('There is no schedule %s.', coalesce(quote_literal(find_schedule.name), 'null')),
      detail = coalesce((
        select format('One of this name was deleted at %s.', max(s.deleted_at)) from almanac.schedules s
        where s.name = find_schedule.name having max(s.deleted_at) is not null), 'No schedule has this name.'),
      hint = case when find_schedule.name is null then 'Give a name.' else 'Names are exact.' end || coalesce(almanac_private.perhaps(find_schedule.name,
        array(select s.name from almanac.schedules s where s.deleted_at is null order by s.is_system, s.id desc limit 1000)), '') || ' Look at: select name from almanac.schedules where deleted_at is null. A deleted one comes back by almanac.restore().';
  end if;
  return v_schedule;
end
$$;
comment on function almanac_private.find_schedule(text) is 'The schedule of this name that is not deleted; raises AL007 if there is none.';
grant execute on function almanac_private.find_schedule(text) to almanac_viewer;
--! EndIncluded functions/find_schedule.sql
--! Included functions/find_calendar.sql
create or replace function almanac_private.find_calendar(name text, to_change boolean default false) returns almanac.calendars
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars;
begin
  select c.* into v_calendar from almanac.calendars c where c.name = find_calendar.name;
  if v_calendar.id is null then
    raise exception using errcode = 'AL015', message = format('There is no calendar %s.', coalesce(quote_literal(find_calendar.name), 'null')),
      detail = format('Known are: %s.', coalesce((select string_agg(c.name, ', ' order by c.name) from almanac.calendars c), 'none')),
      hint = 'Names are exact.' || coalesce(almanac_private.perhaps(find_calendar.name,
        array(select c.name from almanac.calendars c order by c.id desc limit 1000)), '') || ' Make one: select almanac.create_calendar(''holidays'').';
  end if;
  if find_calendar.to_change then
    perform almanac_private.check_calendar_owner(v_calendar);
  end if;
  return v_calendar;
end
$$;
comment on function almanac_private.find_calendar(text, boolean) is
  'The calendar of this name; raises AL015 if there is none, AL011 if it is to be changed by someone who may not.';
grant execute on function almanac_private.find_calendar(text, boolean) to almanac_viewer;
--! EndIncluded functions/find_calendar.sql
--! Included functions/update_schedule.sql
create or replace function almanac.update_schedule(schedule_id bigint, changes jsonb) returns almanac.schedules
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if update_schedule.schedule_id is null then
    raise exception using errcode = 'AL007', message = 'No schedule is named: its number is null.', detail = 'schedule_id: null.',
      hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  return almanac_private.save_schedule(update_schedule.changes, update_schedule.schedule_id);
end
$$;
comment on function almanac.update_schedule(bigint, jsonb) is
  'Changes columns of a schedule, given as JSON; the others stay. What the old rule owes up to this moment is settled first.';
grant execute on function almanac.update_schedule(bigint, jsonb) to almanac_operator;
--! EndIncluded functions/update_schedule.sql
--! Included functions/checked_count.sql
create or replace function almanac_private.checked_count(max_count integer, most integer default 100000) returns integer
language plpgsql immutable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if checked_count.max_count is null or checked_count.max_count not between 1 and checked_count.most then
    raise exception using errcode = 'AL012', message = format('max_count must be between 1 and %s.', checked_count.most),
      detail = format('max_count: %s.', coalesce(checked_count.max_count::text, 'null')), hint = case when checked_count.max_count > checked_count.most then 'Ask for a shorter list or range.' else 'Give at least 1, or leave it out.' end;
  end if;
  return checked_count.max_count;
end
$$;
comment on function almanac_private.checked_count(integer, integer) is 'The count, if it is in bounds; else AL012.';
grant execute on function almanac_private.checked_count(integer, integer) to almanac_viewer;
--! EndIncluded functions/checked_count.sql
--! Included functions/never_runs.sql
create or replace function almanac_private.never_runs(schedule almanac.schedules, after timestamptz) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_unbounded almanac.schedules := schedule;
  v_first timestamptz;
begin
  if schedule.kind = 'manual' or schedule.has_overrides and exists (select from almanac_private.moved_occurrences(schedule)) then
    return null;
  end if;
  v_first := almanac_private.next_occurrence(schedule, never_runs.after);
  if v_first is null then
    v_unbounded.starts_at := null;
    v_unbounded.ends_at := null;
    v_first := almanac_private.next_occurrence(v_unbounded, never_runs.after);
    return case
      when v_first is null and schedule.kind = 'cron' then format('No date ever matches its rule, %s.', schedule.cron_expression)
      when v_first is null then 'Its time is past.'
      when schedule.kind = 'once' then format('Its time, %s, lies outside of its bounds.', almanac_private.spoken_time(v_first, schedule.timezone))
      when schedule.ends_at <= never_runs.after then format('It ended at %s.', almanac_private.spoken_time(schedule.ends_at, schedule.timezone))
      when schedule.ends_at is null then format('Its rule names no time that can be computed from its start on, %s: that is too far in the future.',
        almanac_private.spoken_time(schedule.starts_at, schedule.timezone))
      else format('Its rule names no time from %s to its end, %s.', almanac_private.spoken_time(greatest(schedule.starts_at, never_runs.after), schedule.timezone),
        almanac_private.spoken_time(schedule.ends_at, schedule.timezone)) end;
  elsif schedule.max_runs <= schedule.fired_runs then
    return format('Its rule has fired %s times already, and max_runs is %s.', schedule.fired_runs, schedule.max_runs);
  elsif (schedule.calendars <> '{}' or schedule.has_overrides)
    and not exists (select from almanac_private.coming_occurrences(schedule, greatest(v_first, never_runs.after) - interval '1 microsecond', 'infinity', 1))
  then
    return format('Its calendars (%s) exclude every time that its rule names%s.', array_to_string(schedule.calendars, ', '),
      case when schedule.ends_at is null then ', for as long as anyone has looked ahead' else '' end);
  end if;
  return null;
end
$$;
comment on function almanac_private.never_runs(almanac.schedules, timestamptz) is
  'Why a schedule will not run after a moment, as it is: no date matches, its bounds or its calendars leave nothing; null: it will, or is not meant to by itself.';
grant execute on function almanac_private.never_runs(almanac.schedules, timestamptz) to almanac_viewer;
--! EndIncluded functions/never_runs.sql
--! Included functions/restore_occurrence.sql
-- Definer: writes overrides; the caller's right to do so is checked first.
create or replace function almanac.restore_occurrence(schedule text, occurrence timestamptz) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(restore_occurrence.schedule);
  v_override almanac.occurrence_overrides;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = restore_occurrence.occurrence;
  if v_override.schedule_id is null then
    raise exception using errcode = 'AL016', message = 'The occurrence is neither moved nor skipped.',
      detail = format('occurrence: %s.', coalesce(restore_occurrence.occurrence::text, 'null')), hint = 'Look at: select * from almanac.occurrence_overrides.';
  elsif v_override.done_at is not null or v_override.is_owed then
    raise exception using errcode = 'AL016',
      message = case when v_override.is_owed and v_override.done_at is null then 'The nominal time of the occurrence is past.' else 'The occurrence has its outcome already.' end,
      detail = format('occurrence: %s, moved to: %s.', v_override.scheduled_for, coalesce(v_override.moved_to::text, 'nowhere')),
      hint = 'One that is still to come can be moved again, or skipped.';
  end if;
  delete from almanac.occurrence_overrides o where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for;
  perform almanac_private.replan(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id;
  return v_schedule;
end
$$;
comment on function almanac.restore_occurrence(text, timestamptz) is
  'Takes back what move_occurrence() or skip_occurrence() did to an occurrence that is still to come.';
grant execute on function almanac.restore_occurrence(text, timestamptz) to almanac_operator;
--! EndIncluded functions/restore_occurrence.sql
--! Included functions/override_occurrence.sql
-- Definer: writes overrides and the ledger; the caller's right to do so is checked first.
create or replace function almanac_private.override_occurrence(
  schedule text, occurrence timestamptz, action almanac.override_action, moved_to timestamptz, reason text
) returns almanac.occurrence_overrides
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(override_occurrence.schedule);
  v_now timestamptz := statement_timestamp();
  v_override almanac.occurrence_overrides;
  v_near record;
begin
  if v_schedule.is_system or not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  if v_schedule.status not in ('active', 'paused') then
    raise exception using errcode = 'AL013', column = 'status', message = format('Schedule %s is %s: it has no occurrence to come.', v_schedule.name, v_schedule.status),
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at: select * from almanac.upcoming(…).';
  end if;
  perform almanac_private.settle_before_change(array[v_schedule.id]);
  select s.* into v_schedule from almanac.schedules s where s.id = v_schedule.id for no key update;
  select o.* into v_override from almanac.occurrence_overrides o
  where o.schedule_id = v_schedule.id and o.scheduled_for = override_occurrence.occurrence;

  if override_occurrence.action = 'move' and (override_occurrence.moved_to > v_now and isfinite(override_occurrence.moved_to)) is not true then
    raise exception using errcode = 'AL016', message = 'An occurrence is moved to a time in the future.',
      detail = format('moved_to: %s, now: %s.', coalesce(override_occurrence.moved_to::text, 'null'), v_now), hint = 'Give a later time, or run it at once: almanac.trigger_now().';
  elsif v_override.done_at is not null or v_override.schedule_id is null and (
    exists (select from almanac.runs r where r.schedule_id = v_schedule.id and r.scheduled_for = override_occurrence.occurrence and r.trigger = 'schedule')
    or exists (select from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> override_occurrence.occurrence))
  then
    raise exception using errcode = 'AL016', message = 'The occurrence has its outcome already.',
      detail = format('occurrence: %s.', override_occurrence.occurrence), hint = 'Look at it in almanac.runs and almanac.omissions. To run it again, use almanac.trigger_now().';
  elsif v_override.schedule_id is null and (override_occurrence.occurrence > v_schedule.cursor_at
    and almanac_private.next_occurrence(v_schedule, override_occurrence.occurrence - interval '1 microsecond') = override_occurrence.occurrence) is not true
  then
    select n.* into v_near from almanac_private.nearest_occurrences(v_schedule, coalesce(override_occurrence.occurrence, v_now), v_schedule.cursor_at) n;
    raise exception using errcode = 'AL016',
      message = format('Schedule %s has no occurrence at this time%s.', v_schedule.name,
        case when override_occurrence.occurrence <= v_schedule.cursor_at then ' that is to come' end),
      detail = format('occurrence: %s.', coalesce(override_occurrence.occurrence::text, 'null')),
      hint = format('Give its nominal time, scheduled_for. %s: %s.', case when v_near.before is null then 'The next one is' else 'The nearest are' end,
        coalesce(nullif(concat_ws(' and ', v_near.before, v_near.after), ''), 'none'));
  end if;

  insert into almanac.occurrence_overrides as o (schedule_id, scheduled_for, action, moved_to, reason, created_by)
  values (v_schedule.id, override_occurrence.occurrence, override_occurrence.action, override_occurrence.moved_to, override_occurrence.reason,
    almanac_private.actor())
  on conflict (schedule_id, scheduled_for) do update
  set action = excluded.action, moved_to = excluded.moved_to, reason = excluded.reason, created_by = excluded.created_by, created_at = excluded.created_at,
    is_held_over = false
  returning o.* into v_override;
  if v_override.is_owed and v_override.action = 'skip' then
    perform almanac_private.insert_skipped(v_schedule, v_override.scheduled_for, 'skipped', v_now);
    update almanac.occurrence_overrides o set done_at = v_now
    where o.schedule_id = v_override.schedule_id and o.scheduled_for = v_override.scheduled_for returning o.* into v_override;
  end if;
  perform set_config('almanac.engine', 'on', true);
  update almanac.schedules s set has_overrides = true where s.id = v_schedule.id and not s.has_overrides;
  perform set_config('almanac.engine', 'off', true);
  perform almanac_private.replan(array[v_schedule.id]);
  return v_override;
end
$$;
comment on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) is
  'Moves or skips one occurrence that has no outcome yet, named by its nominal time; what is due by now is settled first.';
grant execute on function almanac_private.override_occurrence(text, timestamptz, almanac.override_action, timestamptz, text) to almanac_operator;
--! EndIncluded functions/override_occurrence.sql
--! Included functions/why_unnamed.sql
create or replace function almanac_private.why_unnamed(
  schedule almanac.schedules, rule almanac.schedules, valid_from timestamptz, moment timestamptz, timezone text
) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lines text[];
  v_near record;
  v_run almanac.runs;
begin
  if rule.kind is null then
    v_lines := array[format('%s had no rule at %s: %s.', schedule.name, almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone), case
      when why_unnamed.moment < schedule.created_at then format('it was created at %s', almanac_private.spoken_time(schedule.created_at, why_unnamed.timezone))
      when schedule.kind = 'manual' then 'it runs only when triggered'
      when schedule.deleted_at <= why_unnamed.moment then format('it was deleted at %s', almanac_private.spoken_time(schedule.deleted_at, why_unnamed.timezone))
      else 'it was disabled or deleted, or it is from before rules were kept' end)];
  else
    select n.* into v_near from almanac_private.nearest_occurrences(rule, why_unnamed.moment, why_unnamed.valid_from) n;
    v_lines := array[
      format('The rule of %s names no time at %s.', schedule.name, almanac_private.spoken_time(why_unnamed.moment, why_unnamed.timezone)),
      format('Before it: %s. After it: %s.', coalesce(almanac_private.spoken_time(v_near.before, why_unnamed.timezone), 'none within 400 days'),
        coalesce(almanac_private.spoken_time(v_near.after, why_unnamed.timezone), 'none'))];
  end if;
  if almanac_private.is_stopped() and not (why_unnamed.schedule).is_system and why_unnamed.moment > (why_unnamed.schedule).cursor_at then
    v_lines := v_lines || 'All schedules are stopped: until almanac.resume_all() what comes after it does not run either.'::text;
  end if;
  -- Of what was due before, as far as it is worth looking.
  for v_run in
    select p.* from (
      select r.* from almanac.runs r where r.schedule_id = (why_unnamed.schedule).id and r.scheduled_for <= why_unnamed.moment
      order by r.scheduled_for desc limit 1000
    ) p
    where p.started_at <= why_unnamed.moment and coalesce(p.finished_at, 'infinity') >= why_unnamed.moment order by p.id limit 10
  loop
    v_lines := v_lines || format('Run %s, for %s, was going on then.', v_run.id, almanac_private.spoken_time(v_run.scheduled_for, why_unnamed.timezone));
  end loop;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac_private.why_unnamed(almanac.schedules, almanac.schedules, timestamptz, timestamptz, text) is
  'Explains in words what there is around a time that a rule (of null kind: none) does not name.';
--! EndIncluded functions/why_unnamed.sql
--! Included functions/check_schedule.sql
create or replace function almanac_private.check_schedule(schedule almanac.schedules) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_most constant interval := '10 years';
  v_field text;
begin
  v_field := case
    when schedule.name = '' or length(schedule.name) > 200 then 'name'
    when not isfinite(schedule.starts_at) then 'starts_at'
    when not isfinite(schedule.ends_at) or schedule.ends_at <= schedule.starts_at then 'ends_at'
    when schedule.max_runs < 1 then 'max_runs'
    when schedule.priority not between 0 and 2 then 'priority'
    when schedule.max_concurrent < 1 then 'max_concurrent'
    when schedule.late_tolerance not between '0' and v_most then 'late_tolerance'
    when schedule.catchup_window not between '0' and v_most then 'catchup_window'
    when schedule.catchup_per_minute < 1 then 'catchup_per_minute'
    when schedule.max_attempts not between 1 and 1000 then 'max_attempts'
    when schedule.retry_delay not between '0' and v_most then 'retry_delay'
    when schedule.retry_backoff not between 1 and 100 then 'retry_backoff'
    when schedule.retry_ceiling not between '0' and v_most then 'retry_ceiling'
    when schedule.timeout <= '0' or schedule.timeout > v_most then 'timeout'
  end;
  if v_field is null then
    return;
  end if;
  raise exception using errcode = 'AL019', column = v_field,
    message = case v_field
      when 'name' then 'A name has 1 to 200 characters.'
      when 'starts_at' then 'The start is not a time.'
      when 'ends_at' then case when isfinite(schedule.ends_at) then 'It must end after it starts.' else 'The end is not a time.' end
      when 'priority' then 'The priority is 0, 1 or 2.'
      when 'max_attempts' then 'max_attempts must be between 1 and 1000.'
      when 'retry_backoff' then 'retry_backoff must be between 1 and 100.'
      when 'timeout' then 'The time-out must be longer than nothing, and at most 10 years.'
      when 'max_runs' then 'max_runs must be at least 1.'
      when 'max_concurrent' then 'max_concurrent must be at least 1.'
      when 'catchup_per_minute' then 'catchup_per_minute must be at least 1.'
      else format('%s must be between 0 and 10 years.', v_field) end,
    detail = case when v_field = 'ends_at' then format('starts_at: %s, ends_at: %s.', coalesce(schedule.starts_at::text, 'null'), schedule.ends_at)
      else format('%s: %s.', v_field, quote_literal(left(to_jsonb(schedule) ->> v_field, 100))) end,
    hint = case v_field
      when 'name' then case when schedule.name = '' then 'Give it one: it is found by it.' else 'More goes into its description.' end
      when 'starts_at' then 'Leave it null to start at once.'
      when 'ends_at' then 'Leave it null for no end.'
      when 'max_runs' then 'Leave it null for no limit. To keep it from running, set status to disabled.'
      when 'priority' then '0 is urgent, 1 normal, 2 for what can wait.'
      when 'max_concurrent' then 'Leave it null for no limit.'
      when 'max_attempts' then '1 is a single attempt: none is retried.'
      when 'retry_backoff' then '1 keeps the delay as it is, 2 doubles it each time.'
      when 'timeout' then 'Leave it null for no limit, or give seconds, minutes or hours: 90 seconds.'
      when 'catchup_per_minute' then 'To catch up nothing, set missed_run_policy to skip.'
      when 'late_tolerance' then 'What is later than that is treated as missed_run_policy says.'
      when 'catchup_window' then '0 catches up nothing.'
      else 'Give seconds, minutes or hours: 90 seconds.' end;
end
$$;
comment on function almanac_private.check_schedule(almanac.schedules) is
  'Raises AL019 for a value of a schedule that is out of its bounds, where the constraints of the table would show their names and the row.';
grant execute on function almanac_private.check_schedule(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/check_schedule.sql
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
  v_warning text;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if new.task_identifier is null or new.task_identifier !~ '\S' then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = 'A schedule needs a task.',
      detail = format('Schedule %s.', coalesce(quote_literal(new.name), 'null')), hint = 'Look at: select identifier, description from almanac.tasks.';
  elsif (new.name, new.priority, new.status, new.overlap_policy, new.missed_run_policy, new.late_tolerance, new.catchup_window, new.catchup_per_minute,
    new.max_attempts, new.retry_delay, new.retry_backoff, new.retry_ceiling, new.tags, new.calendars, new.exclusion_policy) is not null is not true
  then
    perform almanac_private.check_given('almanac.schedules', to_jsonb(new) - 'cursor_at');
  end if;
  if (tg_op = 'INSERT' or new.tags <> old.tags) and new.tags <> '{}' then
    perform almanac_private.check_tags(new.tags);
  end if;
  -- Of one that is there already, only a new task: it can be paused and deleted when its task is gone.
  if (tg_op = 'INSERT' or new.task_identifier <> old.task_identifier)
    and not exists (select from almanac.tasks t where t.identifier = new.task_identifier)
  then
    raise exception using errcode = 'AL005', column = 'task_identifier', message = format('The task %s is unknown.', new.task_identifier),
      detail = 'No worker has announced it.',
      hint = concat(case when new.task_identifier ~ '^[_a-zA-Z][_a-zA-Z0-9:_/-]*$'
          then format('Start a worker that has it, or announce it: select almanac.register_task(%L).', new.task_identifier)
          else 'Look at: select identifier, description from almanac.tasks.' end,
        almanac_private.perhaps(new.task_identifier, array(select t.identifier from almanac.tasks t order by t.is_builtin, t.identifier limit 1000)));
  end if;
  -- Of one that is there already, only a new name: it can be changed and deleted under the one that it has.
  if (tg_op = 'INSERT' and not v_loads or tg_op = 'UPDATE' and new.name <> old.name) and new.name ~ '^\s|\s$|[[:cntrl:]]' then
    raise exception using errcode = 'AL019', column = 'name', message = 'A name has no spaces at its ends, and no line breaks or tabs.',
      detail = format('name: %L.', left(new.name, 200)),
      hint = coalesce(
        'Perhaps ' || quote_literal(nullif(btrim(regexp_replace(new.name, '[[:cntrl:][:space:]]+', ' ', 'g')), '')) || '.',
        'Give letters or digits.');
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
  if new.status = 'completed' and v_rule_changed and not (new.kind = 'once' and v_loads) then
    new.status := 'active';
  end if;
  v_fires := new.status = 'active' and v_is_there;
  v_restarts := v_fires and (v_rule_changed or not v_was_firing);
  if v_fires and new.kind = 'once' and v_rule_changed and new.run_at <= v_now and not v_loads then
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
    if new.timezone <> old.timezone and not almanac_private.knows_timezone(old.timezone) then
      -- What it owes by a zone that the server has lost is settled by the one that takes its place.
      old.timezone := new.timezone;
    end if;
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
    new.fired_runs := v_settled.fired_runs;
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
  if (v_rule_changed or v_restarts) and v_is_there and new.status <> 'disabled' and (new.next_scheduled_for is null or new.calendars <> '{}') then
    v_warning := almanac_private.never_runs(new, new.cursor_at);
    if v_warning is not null then
      raise warning using errcode = 'AL020', message = format('Schedule %s is saved, but will never run: %s', new.name, v_warning),
        hint = 'Look at what it would do: select * from almanac.preview(…), and change its rule, its bounds or its calendars.';
    end if;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_compute_schedule() is
  'Before an insert or update of a schedule by anyone but the engine: checks it, settles what the old rule owes up to this moment, and computes the next run by the new one.';
--! EndIncluded functions/tg_compute_schedule.sql
-- A note of deleted runs has each time: what is lost between deleted runs is found. Who deletes from a partition names it.
alter table almanac_private.deleted_history drop column if exists count;
alter table almanac_private.deleted_history add column if not exists times timestamptz[];
comment on table almanac_private.deleted_history is
  'What history was deleted manually: the ledger check does not miss it.';
comment on column almanac_private.deleted_history.times is
  'Nominal times of runs that were deleted, of one day each row. Null: all times of the range, as of an omission.';
-- Without a key purge() fails where a publication is for all tables, and so would an update here. The table is small.
alter table almanac_private.deleted_history
  add column if not exists id bigint generated always as identity primary key;
comment on column almanac_private.deleted_history.id is 'Number of the note, by which replication finds it.';
--! Included functions/tg_note_deleted.sql
-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_deleted() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_horizon timestamptz := almanac_private.history_horizon();
begin
  if tg_table_name = 'omissions' then
    insert into almanac_private.deleted_history (schedule_id, during)
    select o.schedule_id, o.during from old_rows o where upper(o.during) >= v_horizon;
  else
    insert into almanac_private.deleted_history (schedule_id, during, times)
    select o.schedule_id, tstzrange(min(o.scheduled_for), max(o.scheduled_for), '[]'),
      array_agg(o.scheduled_for order by o.scheduled_for)
    from old_rows o where o.trigger = 'schedule' and o.scheduled_for >= v_horizon
    group by o.schedule_id, date_trunc('day', o.scheduled_for at time zone 'UTC');
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_deleted() is
  'After history was deleted manually: notes of which schedules and times, so that the ledger check does not take it '
  'for lost.';
--! EndIncluded functions/tg_note_deleted.sql
--! Included functions/tg_note_truncated.sql
-- Definer: writes what only the owner may.
create or replace function almanac_private.tg_note_truncated() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_horizon timestamptz := almanac_private.history_horizon();
begin
  if tg_table_name = 'omissions' then
    insert into almanac_private.deleted_history (schedule_id, during)
    select o.schedule_id, o.during from almanac.omissions o where upper(o.during) >= v_horizon;
  else
    -- A partition; truncating the table calls this for each.
    execute format('insert into almanac_private.deleted_history (schedule_id, during, times)
      select r.schedule_id, tstzrange(min(r.scheduled_for), max(r.scheduled_for), ''[]''),
        array_agg(r.scheduled_for order by r.scheduled_for)
      from %s r where r.trigger = ''schedule'' and r.scheduled_for >= $1
      group by r.schedule_id, date_trunc(''day'', r.scheduled_for at time zone ''UTC'')', tg_relid::regclass)
      using v_horizon;
  end if;
  return null;
end
$$;
comment on function almanac_private.tg_note_truncated() is
  'Before history is truncated: notes the same as for history that is deleted manually.';
--! EndIncluded functions/tg_note_truncated.sql
drop trigger if exists _800_note_truncated on almanac.runs;
create or replace trigger _800_note_truncated before truncate on almanac.omissions
  for each statement execute function almanac_private.tg_note_truncated();
select almanac_private.note_what_is_deleted(i.inhrelid)
from pg_inherits i where i.inhparent = 'almanac.runs'::regclass;
--! Included functions/check_ledger.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.check_ledger(
  range_start timestamptz default now() - interval '1 day', range_end timestamptz default now(), max_count integer default 1000
) returns table (problem text, schedule_id bigint, schedule_name text, scheduled_for timestamptz, detail text)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set jit to off set work_mem to '64MB'
  -- How many rows these steps have cannot be foreseen: a hash of all columns is good for any number, other joins for few only.
  set enable_nestloop to off set enable_mergejoin to off
as $$
#variable_conflict use_column
declare
  v_now timestamptz := statement_timestamp();
begin
  perform almanac_private.checked_count(check_ledger.max_count);
  perform almanac_private.check_range(check_ledger.range_start, check_ledger.range_end);
  -- What was deleted by purge() is not judged.
  check_ledger.range_start := greatest(check_ledger.range_start, almanac_private.history_horizon());
  if check_ledger.range_start >= check_ledger.range_end then
    return;
  end if;

  return query
  with versions as (
    select v.schedule_id, coalesce(s.name, v.schedule_name) as name, jsonb_populate_record(null::almanac.schedules, v.rule) as rule,
      v.valid_from, v.valid_to, v.rule ->> 'timezone' as timezone, coalesce(v.valid_to, s.cursor_at) as settled_until
    from almanac_private.rule_versions v left join almanac.schedules s on s.id = v.schedule_id
    where v.valid_from < check_ledger.range_end and coalesce(v.valid_to, 'infinity') >= check_ledger.range_start
  ), zones as materialized (
    select z.timezone from (select distinct v.timezone from versions v) z where not almanac_private.knows_timezone(z.timezone)
  ), lost as materialized (
    -- Whose times cannot be computed: nothing is said of them but that.
    select v.schedule_id, v.name, v.valid_from, coalesce(v.valid_to, 'infinity') as valid_to, v.timezone
    from versions v join zones z on z.timezone = v.timezone
  ), known as materialized (
    select v.* from versions v where v.timezone not in (select z.timezone from zones z)
  ), planned as materialized (
    select v.schedule_id, v.name, o.at, o.at <= v.settled_until as is_settled
    from known v
    cross join lateral almanac_private.occurrences_between(v.rule, greatest(check_ledger.range_start, v.valid_from + interval '1 microsecond'),
      least(check_ledger.range_end, v.valid_to + interval '1 microsecond'), null) o(at)
  ), fired as materialized (
    select r.schedule_id, r.schedule_name, r.scheduled_for as at, r.status
    from almanac.runs r
    where r.trigger = 'schedule' and r.scheduled_for >= check_ledger.range_start and r.scheduled_for < check_ledger.range_end
  ), stretches as materialized (
    select o.*, row_number() over (partition by o.schedule_id order by o.during) as turn
    from almanac.omissions o where o.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), members as materialized (
    -- Of a schedule's stretches, which do not overlap, only the last that begins by a time can have it.
    select o.id, t.schedule_id, t.at
    from (
      select e.*, count(*) filter (where not e.is_planned) over (partition by e.schedule_id order by e.at, e.is_planned) as turn
      from (
        select o.schedule_id, lower(o.during) as at, false as is_planned from stretches o
        union all
        select p.schedule_id, p.at, true from planned p where p.schedule_id in (select o.schedule_id from stretches o)
      ) e
    ) t join stretches o on o.schedule_id = t.schedule_id and o.turn = t.turn
    where t.is_planned and t.at <@ o.during
  ), deleted_runs as materialized (
    select d.schedule_id, t.at from almanac_private.deleted_history d cross join lateral unnest(d.times) t(at)
    where d.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
  ), deleted_stretches as materialized (
    -- One value each, in which a time is looked up by halving.
    select d.schedule_id, range_agg(d.during) as during from almanac_private.deleted_history d
    where d.times is null and d.during && tstzrange(check_ledger.range_start, check_ledger.range_end)
    group by d.schedule_id
  ), found as (
    select 'missing' as problem, p.schedule_id, p.name, p.at, 'Neither a run nor an omission has it.' as detail
    from planned p
    where p.is_settled
      and not exists (select from fired f where f.schedule_id = p.schedule_id and f.at = p.at)
      and not exists (select from members m where m.schedule_id = p.schedule_id and m.at = p.at)
      and not exists (
        select from almanac.occurrence_overrides o
        where o.schedule_id = p.schedule_id and o.scheduled_for = p.at and o.action = 'move' and o.done_at is null)
      and not exists (select from deleted_runs d where d.schedule_id = p.schedule_id and d.at = p.at)
      and not exists (select from deleted_stretches d where d.schedule_id = p.schedule_id and d.during @> p.at)
    union all
    select 'unknown zone', l.schedule_id, l.name, greatest(l.valid_from, check_ledger.range_start),
      format('This server does not know the time zone %s, so the times of the rule cannot be computed.', l.timezone)
    from lost l
    union all
    select 'twice', f.schedule_id, f.schedule_name, f.at, format('It has a run, which is %s, and lies in an omission.', f.status)
    from fired f join members m on m.schedule_id = f.schedule_id and m.at = f.at
    union all
    select 'unplanned', f.schedule_id, f.schedule_name, f.at, format('It has a run, which is %s, but no rule named the time.', f.status)
    from fired f
    where not exists (select from planned p where p.schedule_id = f.schedule_id and p.at = f.at)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = f.schedule_id and v.valid_from < f.at)
      and not exists (select from almanac.occurrence_overrides o where o.schedule_id = f.schedule_id and o.scheduled_for = f.at)
      and not exists (
        select from lost l where l.schedule_id = f.schedule_id and l.valid_from <= f.at and l.valid_to >= f.at)
    union all
    select 'miscounted', o.schedule_id, o.schedule_name, lower(o.during),
      format('The omission to %s (%s) counts %s, the rule names %s.', upper(o.during), o.reason, o.count, coalesce(m.count, 0))
    from stretches o left join (select m.id, count(*) from members m group by m.id) m on m.id = o.id
    where lower(o.during) >= check_ledger.range_start and upper(o.during) < check_ledger.range_end and o.count is distinct from coalesce(m.count, 0)
      and exists (select from almanac_private.rule_versions v where v.schedule_id = o.schedule_id and v.valid_from < lower(o.during))
      and not exists (select from almanac.occurrence_overrides v where v.schedule_id = o.schedule_id and v.scheduled_for = lower(o.during))
      and not exists (
        select from lost l where l.schedule_id = o.schedule_id and l.valid_from <= upper(o.during) and l.valid_to >= lower(o.during))
    union all
    select 'overdue', s.id, s.name, s.next_scheduled_for, format('It was due at %s. Does a worker live?', s.next_run_at)
    from almanac.schedules s
    where s.next_run_at < v_now - interval '1 minute' and (s.is_system or not almanac_private.is_stopped()) and s.next_scheduled_for >= check_ledger.range_start
      and s.next_scheduled_for < check_ledger.range_end
  )
  select f.problem, f.schedule_id, f.name, f.at, f.detail from found f order by f.at, f.schedule_id, f.problem limit check_ledger.max_count;
end
$$;
comment on function almanac.check_ledger(timestamptz, timestamptz, integer) is
  'Recomputes which nominal times in [range_start, range_end) the rules named that held then, and compares them with the ledger: missing (no outcome), twice (two), unplanned (an outcome that no rule asked for), miscounted (an omission whose count is not what the rule names), overdue (due for over a minute), unknown zone (the server does not know the time zone of its rule, so it is not checked). No rows: no duplicate and no gap. Later than what a schedule has settled nothing is missing yet; what was deleted, by purge() or manually, is not missing.';
grant execute on function almanac.check_ledger(timestamptz, timestamptz, integer) to almanac_viewer;
--! EndIncluded functions/check_ledger.sql

-- Nobody but the owner chooses ids: the right to insert leaves them out.
alter table almanac.schedules drop constraint if exists schedule_id_is_positive;
alter table almanac.schedules add constraint schedule_id_is_positive check (id > 0);
alter table almanac.calendars drop constraint if exists calendar_id_is_positive;
alter table almanac.calendars add constraint calendar_id_is_positive check (id > 0);
revoke insert on almanac.schedules, almanac.calendars, almanac.calendar_entries, almanac.calendar_rules
from almanac_operator;
revoke insert on almanac.users from almanac_admin;
do $$
declare
  v_grant text;
begin
  for v_grant in
    select format('grant insert (%s) on %s to %s', string_agg(quote_ident(a.attname), ', ' order by a.attnum),
      a.attrelid::regclass, t.role_name)
    from (values ('almanac.schedules'::regclass, 'almanac_operator'), ('almanac.calendars', 'almanac_operator'),
        ('almanac.calendar_entries', 'almanac_operator'), ('almanac.calendar_rules', 'almanac_operator'),
        ('almanac.users', 'almanac_admin')) t (id, role_name)
    join pg_attribute a on a.attrelid = t.id
    where a.attnum > 0 and not a.attisdropped and a.attidentity = ''
    group by a.attrelid, t.role_name
  loop
    execute v_grant;
  end loop;
end
$$;

-- What a deleted user owned is the admins'; a number in a dump may be another user's.
--! Included functions/tg_compute_calendar.sql
create or replace function almanac_private.tg_compute_calendar() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_gives boolean;
  v_was_owned boolean := false;
  v_loads boolean := tg_op = 'INSERT' and almanac_private.loads_dump();
begin
  if coalesce(length(new.name), 0) not between 1 and 200 then
    raise exception using errcode = 'AL019', column = 'name', message = 'A name has 1 to 200 characters.',
      detail = format('name: %s.', coalesce(quote_literal(left(new.name, 100)), 'null')), hint = 'More goes into its description.';
  end if;
  if new.timezone is not null then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  if tg_op = 'INSERT' then
    if v_loads then
      -- The number may be another user's here.
      v_was_owned := new.owner_user is not null;
      new.owner_user := (select u.id from almanac.users u where u.id = new.owner_user and u.username = new.created_by);
    else
      new.owned_by := current_user;
      new.owner_user := coalesce(almanac.current_user_id(), new.owner_user);
      new.created_at := statement_timestamp();
      new.created_by := almanac_private.actor();
    end if;
    new.owned_by_key := almanac_private.role_key(new.owned_by);
    v_gives := new.owner_user is distinct from almanac.current_user_id();
  else
    if current_setting('almanac.engine', true) is distinct from 'on' or not has_schema_privilege('almanac_private', 'create') then
      new.owned_by := old.owned_by;
      new.owned_by_key := old.owned_by_key;
    end if;
    new.created_at := old.created_at;
    new.created_by := old.created_by;
    v_was_owned := old.owner_user is not null;
    v_gives := new.owner_user is distinct from old.owner_user;
  end if;
  if v_was_owned and new.owner_user is null then
    new.owned_by_key := almanac_private.no_role_key();
  end if;
  if v_gives and not pg_has_role('almanac_admin', 'member') and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'owner_user', message = 'Only an admin gives a calendar to another user.',
      detail = format('Calendar %s.', new.name), hint = 'Ask an admin.';
  elsif v_gives and new.owner_user is not null and not exists (select from almanac.users u where u.id = new.owner_user) then
    raise exception using errcode = 'AL019', column = 'owner_user', message = format('There is no user with the number %s.', new.owner_user),
      detail = format('Calendar %s.', new.name), hint = 'Look at: select id, username from almanac.users.';
  end if;
  new.updated_at := statement_timestamp();
  new.updated_by := almanac_private.actor();
  return new;
end
$$;
comment on function almanac_private.tg_compute_calendar() is
  'Before an insert or update of a calendar: checks its zone and says who did it. Invoker: current_user is the point.';
--! EndIncluded functions/tg_compute_calendar.sql

--! Included functions/refuse_change.sql
create or replace function almanac_private.refuse_change(schedule_id bigint) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_role name;
begin
  select s.* into v_schedule from almanac.schedules s where s.id = refuse_change.schedule_id;
  v_role := almanac_private.role_of_key(v_schedule.run_as_key);
  if v_schedule.id is null then
    raise exception using errcode = 'AL007', message = format('There is no schedule with the number %s.', refuse_change.schedule_id),
      detail = 'It may have been deleted.', hint = 'Look at: select id, name from almanac.schedules.';
  end if;
  if v_schedule.is_system then
    raise exception using errcode = 'AL017', message = format('Schedule %s is Almanac''s own and cannot be changed.', v_schedule.name),
      detail = 'It is a system schedule.', hint = 'An admin may run it at once, with almanac.trigger_now(). A statement over many rows leaves it out by: where almanac.schedules_may_change(schedules).';
  end if;
  raise exception using errcode = 'AL011', message = format('Schedule %s may not be changed by %s.', v_schedule.name, almanac_private.actor()),
    detail = format('It belongs to %s.', coalesce((select u.username from almanac.users u where u.id = v_schedule.owner_user), v_role::text,
      case when v_schedule.owner_user is null then format('no one: its user, or the role %s, is no longer there', v_schedule.run_as) end)),
    hint = case when v_schedule.owner_user is null and v_role is null
      then format('An admin gives it to another role: select almanac.give_schedule(%L, ''…''). After a restore from another server: npx almanac migrate. ', v_schedule.name)
      else 'Its owner and admins may. ' end || 'A statement over many rows leaves it out by: where almanac.schedules_may_change(schedules).';
end
$$;
comment on function almanac_private.refuse_change(bigint) is 'Raises why a schedule cannot be changed by the caller: AL007, it is not there, AL017, it is Almanac''s own, or AL011, it is someone else''s.';
grant execute on function almanac_private.refuse_change(bigint) to almanac_viewer;
--! EndIncluded functions/refuse_change.sql
-- Who keeps Almanac waiting is named, and may be ended.
--! Included functions/lockers.sql
create or replace function almanac_private.lockers(xmax xid) returns setof xid
language plpgsql stable strict set search_path to pg_catalog, pg_temp
as $$
begin
  return next lockers.xmax;
  begin
    -- Of a row that several hold, the number of their group; of any other, none.
    return query select m.xid from pg_get_multixact_members(lockers.xmax) m;
  exception when others then
    null;
  end;
end
$$;
comment on function almanac_private.lockers(xid) is
  'The transactions that the xmax of a row may stand for: those that hold it, or did.';
grant execute on function almanac_private.lockers(xid) to almanac_viewer, almanac_server;
--! EndIncluded functions/lockers.sql
--! Included functions/blockers.sql
-- Invoker: pg_stat_activity shows statements and times to whom it should. It reads no table while someone waits.
create or replace function almanac.blockers()
returns table (
  pid integer, role_name text, application_name text, transaction_since timestamptz, query text, blocks text,
  blocked_since timestamptz
)
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return query
  with recursive engine as materialized (
    select a.pid, a.application_name from pg_stat_activity a
    where a.datname = current_database() and a.application_name like 'almanac %'
      and (pg_has_role(a.usesysid, 'almanac_worker', 'member') or pg_has_role(a.usesysid, 'almanac_server', 'member'))
  ), chain(pid, blocks, since) as (
    select b.pid, e.application_name, coalesce(w.waitstart, clock_timestamp())
    from pg_locks w join engine e on e.pid = w.pid cross join unnest(pg_blocking_pids(w.pid)) b(pid)
    where not w.granted
    union
    select b.pid, c.blocks, c.since from chain c cross join unnest(pg_blocking_pids(c.pid)) b(pid)
  )
  select c.pid, coalesce(a.usename::text, 'a prepared transaction'), nullif(a.application_name, ''), a.xact_start,
    nullif(left(a.query, 1000), '<insufficient privilege>'), string_agg(distinct c.blocks, ', '), min(c.since)
  from chain c left join pg_stat_activity a on a.pid = c.pid
  where c.pid not in (select e.pid from engine e)
  group by c.pid, a.usename, a.application_name, a.xact_start, a.query
  order by min(c.since), c.pid;

  if not found then
    -- A worker that locks them is firing.
    -- Locked rows are passed over, so nobody waits for who holds them.
    return query
    select l.pid, a.usename::text, nullif(a.application_name, ''), a.xact_start,
      nullif(left(a.query, 1000), '<insufficient privilege>'),
      format('%s due, first of all %L',
        case count(*) when 1 then 'a schedule that is' else count(*) || ' schedules that are' end,
        (array_agg(s.name order by s.next_run_at))[1]), min(s.next_run_at)
    from almanac.schedules s
    cross join lateral almanac_private.lockers(s.xmax) x
    join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted
    join pg_stat_activity a on a.pid = l.pid
    where s.next_run_at < clock_timestamp() - interval '2 seconds'
      and not (a.datname = current_database() and a.application_name like 'almanac %'
        and (pg_has_role(a.usesysid, 'almanac_worker', 'member') or pg_has_role(a.usesysid, 'almanac_server', 'member')))
    group by l.pid, a.usename, a.application_name, a.xact_start, a.query
    order by min(s.next_run_at), l.pid;
  end if;
end
$$;
comment on function almanac.blockers() is
  'Sessions that keep Almanac waiting: they hold locks that its workers, servers or migrate wait for, or rows of schedules that are due. transaction_since and query are null where the caller may not see them.';
grant execute on function almanac.blockers() to almanac_viewer, almanac_server;
--! EndIncluded functions/blockers.sql
--! Included functions/end_blockers.sql
-- Definer: ends sessions, where the owner has pg_signal_backend or is a superuser: viewers and operators can reset every
-- limit that their login has. What is one's own one may hold.
create or replace function almanac_private.end_blockers(grace interval default '15 seconds')
returns table (pid integer, role_name text, is_ended boolean)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_blocker record;
begin
  for v_blocker in
    select b.pid, b.role_name
    from almanac.blockers() b
    join pg_stat_activity a on a.pid = b.pid
    join pg_roles r on r.oid = a.usesysid
    where b.blocked_since < clock_timestamp() - end_blockers.grace
      and not r.rolsuper and pg_has_role(r.oid, 'almanac_viewer', 'member')
      and not pg_has_role(r.oid, 'almanac_admin', 'member') and not pg_has_role(r.oid, 'almanac_worker', 'member')
      and (b.blocks ~ 'almanac (ticker|pulse)' or exists (
        select from almanac.schedules s
        cross join lateral almanac_private.lockers(s.xmax) x
        join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted and l.pid = b.pid
        where s.next_run_at < clock_timestamp() - end_blockers.grace and (s.owner_user is not null
          or not coalesce(pg_has_role(r.oid, almanac_private.role_of_key(s.run_as_key), 'member'), false))))
  loop
    pid := v_blocker.pid;
    role_name := v_blocker.role_name;
    begin
      is_ended := pg_terminate_backend(v_blocker.pid);
    exception when insufficient_privilege then
      is_ended := false;
    end;
    return next;
  end loop;
end
$$;
comment on function almanac_private.end_blockers(interval) is
  'Ends the sessions of viewers and operators that have kept schedules of others from firing for longer than grace, and says which, and whether it could.';
grant execute on function almanac_private.end_blockers(interval) to almanac_worker;
--! EndIncluded functions/end_blockers.sql
--! Included functions/health.sql
-- Definer: the server's login may not read leases by itself.
create or replace function almanac_private.health(as_of timestamptz default clock_timestamp()) returns jsonb
language sql stable security definer set search_path to pg_catalog, pg_temp
begin atomic
  select jsonb_build_object(
    'workers', (
      select jsonb_build_object('running', count(*), 'takingJobs', count(*) filter (where w.takes_nothing_since is null))
      from almanac.workers w where w.status = 'active' and w.last_heartbeat_at >= health.as_of - interval '15 seconds'),
    'isCopy', almanac.copied_from() is not null,
    'isStopped', almanac_private.is_stopped(),
    'overdue', (
      select jsonb_build_object('count', o.overdue -> 'count', 'since', o.overdue -> 'at')
      from almanac_private.overdue(health.as_of) o(overdue) where o.overdue is not null),
    'leader', exists (select from almanac_private.leases l where l.name = 'ticker' and l.expires_at > health.as_of),
    'ledger', (
      select jsonb_build_object('checkedAt', c.checked_at, 'isFresh', coalesce(c.stale_at >= health.as_of, false), 'problems', c.found)
      from (values (true)) one left join (
        select l.checked_at, l.stale_at, l.found from almanac.ledger_checks l order by l.checked_at desc, l.id desc limit 1
      ) c on true),
    'blockers', (
      -- Anyone may ask, so not who they are.
      select coalesce(jsonb_agg(jsonb_build_object('pid', b.pid, 'since', b.blocked_since) order by b.blocked_since, b.pid), '[]')
      from almanac.blockers() b where b.blocked_since < health.as_of - interval '1 second'));
end;
comment on function almanac_private.health(timestamptz) is
  'What /healthz says: how many workers are running and take jobs, whether this is a copy that no one has adopted, whether all schedules are stopped, how many are overdue, whether a ticker leads, whether the last check of the ledger is fresh, and which processes of PostgreSQL keep Almanac waiting.';
grant execute on function almanac_private.health(timestamptz) to almanac_server;
--! EndIncluded functions/health.sql

-- A series that is too long, or lacks something, met the constraints of the table raw.
--! Included functions/tg_check_calendar_rule.sql
create or replace function almanac_private.tg_check_calendar_rule() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if length(new.ics) > 200000 then
    raise exception using errcode = 'AL015', column = 'ics', message = 'The text of a series has at most 200,000 characters.',
      detail = format('It has %s.', length(new.ics)), hint = 'Import the file in parts, or leave the series out.';
  end if;
  perform almanac_private.check_given('almanac.calendar_rules', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_calendar_rule() is 'Before a series of an import is written: refuses what the constraints of the table would show raw.';
--! EndIncluded functions/tg_check_calendar_rule.sql
--! Included functions/calendar_rule_triggers.sql
create or replace trigger _100_check_calendar_owner before insert or update or delete on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_calendar_owner();
create or replace trigger _200_check_calendar_rule before insert or update on almanac.calendar_rules
  for each row execute function almanac_private.tg_check_calendar_rule();
--! EndIncluded functions/calendar_rule_triggers.sql

-- Overrides that a dump of schedules brings count there.
--! Included functions/tg_load_override.sql
create or replace function almanac_private.tg_load_override() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := statement_timestamp();
begin
  if new.action = 'move' and new.done_at is null and new.moved_to >= v_now then
    new.is_owed := new.scheduled_for <= v_now;
  elsif new.scheduled_for > v_now then
    -- It ran early where it comes from, or was to.
    new.action := 'skip';
    new.moved_to := null;
    new.done_at := null;
    new.is_owed := false;
    new.is_held_over := false;
  else
    return null;
  end if;
  return new;
end
$$;
comment on function almanac_private.tg_load_override() is
  'Before a dump loads an override: keeps what is still to be done by it, as the run history stays where it comes from.';
--! EndIncluded functions/tg_load_override.sql
--! Included functions/tg_plan_loaded_overrides.sql
-- Definer: writes what only the engine may.
create or replace function almanac_private.tg_plan_loaded_overrides() returns trigger
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_ids bigint[] := array(select distinct n.schedule_id from new_rows n order by n.schedule_id);
begin
  perform almanac_private.settle_before_change(v_ids);
  perform set_config('almanac.engine', 'on', true);
  update almanac.schedules s set has_overrides = true where s.id = any (v_ids) and not s.has_overrides;
  perform set_config('almanac.engine', 'off', true);
  perform almanac_private.replan(v_ids);
  return null;
end
$$;
comment on function almanac_private.tg_plan_loaded_overrides() is
  'After a dump has loaded overrides: plans their schedules by them, which were loaded before.';
--! EndIncluded functions/tg_plan_loaded_overrides.sql
create or replace trigger _200_load_override before insert on almanac.occurrence_overrides for each row
  when (almanac_private.loads_dump() and current_setting('almanac.engine', true) is distinct from 'on')
  execute function almanac_private.tg_load_override();
create or replace trigger _800_plan_loaded_overrides after insert on almanac.occurrence_overrides
  referencing new table as new_rows for each statement
  when (almanac_private.loads_dump() and current_setting('almanac.engine', true) is distinct from 'on')
  execute function almanac_private.tg_plan_loaded_overrides();
--! Included functions/tg_check_user.sql
create or replace function almanac_private.tg_check_user() returns trigger
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' and almanac_private.loads_dump()
    and exists (select from almanac.users u where u.id = new.id or u.username = new.username)
  then
    raise exception using errcode = 'AL013', column = 'id',
      message = 'A dump of users is not loaded where there are users already.',
      detail = format('User %s, number %s.', new.username, new.id),
      hint = 'Restore a whole dump into an empty database, or load schedules and calendars alone: docs/operations.md, '
        '"Schedules alone".';
  elsif (new.username ~ '^[[:alnum:]._@+-]{1,100}$') is not true then
    raise exception using errcode = 'AL019', column = 'username', message = 'A user name is one word of 1 to 100 letters, digits and . _ @ + -.',
      detail = format('username: %s.', coalesce(quote_literal(left(new.username, 200)), 'null')), hint = 'What else people are called goes into display_name.';
  end if;
  if new.timezone is not null and (tg_op = 'INSERT' or new.timezone is distinct from old.timezone) then
    perform almanac_private.check_timezone(new.timezone);
  end if;
  perform almanac_private.check_given('almanac.users', to_jsonb(new));
  return new;
end
$$;
comment on function almanac_private.tg_check_user() is 'Before an insert or update of a user: checks it.';
--! EndIncluded functions/tg_check_user.sql

-- Plain words in what is said of calendars.
--! Included functions/schedules_of_calendars.sql
create or replace function almanac_private.schedules_of_calendars(names text[]) returns bigint[]
language sql stable parallel safe
return array(
  select s.id from almanac.schedules s
  where s.calendars && names and s.calendars <> '{}' and s.deleted_at is null and s.archived_at is null order by s.id);
comment on function almanac_private.schedules_of_calendars(text[]) is
  'Numbers of the schedules that use any of these calendars.';
--! EndIncluded functions/schedules_of_calendars.sql
--! Included functions/create_calendar.sql
create or replace function almanac.create_calendar(name text, timezone text default null, description text default null) returns almanac.calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars;
begin
  insert into almanac.calendars as c (name, timezone, description)
  values (create_calendar.name, create_calendar.timezone, create_calendar.description)
  returning c.* into v_calendar;
  return v_calendar;
end
$$;
comment on function almanac.create_calendar(text, text, text) is
  'Makes an empty calendar of exclusions. Without a timezone its dates are meant in the zone of each schedule that '
  'uses it.';
grant execute on function almanac.create_calendar(text, text, text) to almanac_operator;
--! EndIncluded functions/create_calendar.sql
--! Included functions/update_calendar.sql
create or replace function almanac.update_calendar(calendar text, changes jsonb) returns almanac.calendars
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_calendar almanac.calendars := almanac_private.find_calendar(update_calendar.calendar, true);
  v_unknown text;
  v_new almanac.calendars;
begin
  if jsonb_typeof(update_calendar.changes) is distinct from 'object' then
    raise exception using errcode = 'AL009', message = 'The changes are not a JSON object.',
      detail = format('They are of type %s.', coalesce(jsonb_typeof(update_calendar.changes), 'null')), hint = 'Give {"column": value, …}.';
  end if;
  v_unknown := (select min(k) from jsonb_object_keys(update_calendar.changes) k where k <> all (array['name', 'description', 'timezone', 'owner_user']));
  if v_unknown is not null then
    raise exception using errcode = 'AL009', column = v_unknown, message = format('There is no setting %s.', v_unknown),
      detail = 'Known are: name, description, timezone, owner_user.', hint = 'Entries are changed by functions of their own.';
  end if;
  v_new := jsonb_populate_record(v_calendar, update_calendar.changes);
  update almanac.calendars c
  set name = v_new.name, description = v_new.description, timezone = v_new.timezone, owner_user = v_new.owner_user
  where c.id = v_calendar.id returning c.* into v_new;
  return v_new;
end
$$;
comment on function almanac.update_calendar(text, jsonb) is
  'Changes name, description, timezone or owner_user of a calendar, given as JSON. Schedules that use it follow a '
  'new name.';
grant execute on function almanac.update_calendar(text, jsonb) to almanac_operator;
--! EndIncluded functions/update_calendar.sql
--! Included functions/tg_settle_calendar.sql
-- Definer: settles schedules of other people that use the calendar.
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
  'Before a calendar or an entry of it changes: settles by its old state what the schedules that use it owe up to '
  'this moment. A calendar in use is not deleted.';
--! EndIncluded functions/tg_settle_calendar.sql
--! Included functions/tg_replan_calendar.sql
-- Definer: replans schedules of other people that use the calendar.
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
  'After calendars or their entries changed: computes when the schedules that use them are due now; a new name '
  'goes into them.';
--! EndIncluded functions/tg_replan_calendar.sql
--! Included functions/check_may_run_sql.sql
create or replace function almanac_private.check_may_run_sql() returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if almanac.current_user_id() is not null and not pg_has_role(almanac_private.caller(), 'almanac_admin', 'member') then
    raise exception using errcode = 'AL011', column = 'task_identifier', message = 'Only an admin lets almanac:sql run a statement over the API.',
      detail = format('Signed in as %s.', almanac_private.actor()),
      hint = 'Ask an admin, or make the schedule over a database connection of your own.';
  end if;
end
$$;
comment on function almanac_private.check_may_run_sql() is 'Raises AL011 for a signed-in user who is no admin: statements of all operators of the web client run as one role, whose rights are not each user''s.';
grant execute on function almanac_private.check_may_run_sql() to almanac_viewer;
--! EndIncluded functions/check_may_run_sql.sql

-- A time zone that the server does not know any more: an upgrade of its data, or a dump restored on another server.
--! Included functions/knows_timezone.sql
create or replace function almanac_private.knows_timezone(timezone text) returns boolean
language plpgsql stable strict set search_path to pg_catalog, pg_temp
as $$
begin
  perform statement_timestamp() at time zone knows_timezone.timezone;
  return true;
exception when invalid_parameter_value then
  return false;
end
$$;
comment on function almanac_private.knows_timezone(text) is
  'Whether the server can compute with a time zone: an upgrade of its time zone data, or another server, may lack a name that a schedule has.';
grant execute on function almanac_private.knows_timezone(text) to almanac_viewer;
--! EndIncluded functions/knows_timezone.sql
--! Included functions/lost_timezone.sql
create or replace function almanac_private.lost_timezone(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not almanac_private.knows_timezone(schedule.timezone) then
    return schedule.timezone;
  elsif schedule.calendars = '{}' then
    return null;
  end if;
  return (
    select min(z.timezone)
    from (
      select c.timezone from almanac.calendars c where c.name = any (schedule.calendars)
      union
      select e.timezone from almanac.calendars c join almanac.calendar_entries e on e.calendar_id = c.id
      where c.name = any (schedule.calendars)
    ) z
    where not almanac_private.knows_timezone(z.timezone));
end
$$;
comment on function almanac_private.lost_timezone(almanac.schedules) is
  'The time zone of a schedule, or of one of its calendars, that the server does not know (any more); null: it knows all.';
grant execute on function almanac_private.lost_timezone(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/lost_timezone.sql
--! Included functions/lost_timezone_note.sql
create or replace function almanac_private.lost_timezone_note(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_lost text := almanac_private.lost_timezone(schedule);
begin
  return case
    when v_lost = schedule.timezone then format('This server does not know its time zone %s, so it cannot fire. '
      'Give it another: update almanac.schedules set timezone = ''…'' where name = %L;', v_lost, schedule.name)
    when v_lost is not null then format('This server does not know the time zone %s of one of its calendars, so it cannot '
      'fire. Give the calendar and its entries another.', v_lost)
  end;
end
$$;
comment on function almanac_private.lost_timezone_note(almanac.schedules) is
  'What lost_timezone() means for a schedule, and the remedy, in words; null where the server knows all its zones.';
grant execute on function almanac_private.lost_timezone_note(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/lost_timezone_note.sql
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
  v_note text;
begin
  perform set_config('almanac.engine', 'on', true);
  begin
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
          exit when settle_rule.closing is null or not almanac_private.hold_occurrence(v_settled, settle_rule.as_of, 'it was still to run when its rule changed');
          v_settled.has_overrides := true;
        end if;
      end loop;
    end if;
  exception when invalid_parameter_value then
    v_note := almanac_private.lost_timezone_note(schedule);
    if v_note is null then
      raise;
    end if;
    -- It can be paused, changed and deleted all the same.
    raise warning using errcode = 'AL002', hint = v_note,
      message = format('What schedule %s owes since %s is not recorded: its times cannot be computed.', schedule.name, schedule.cursor_at);
    v_settled := schedule;
    perform set_config('almanac.engine', 'on', true);
  end;
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
    continue when almanac_private.lost_timezone(v_schedule) is not null;
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
    continue when almanac_private.lost_timezone(v_schedule) is not null;
    v_was := v_schedule.next_run_at;
    v_was_for := v_schedule.next_scheduled_for;
    select d.scheduled_for, d.due_at into v_schedule.next_scheduled_for, v_schedule.next_run_at from almanac_private.next_due(v_schedule) d;
    if v_schedule.next_run_at < statement_timestamp()
      and almanac_private.hold_occurrence(v_schedule, statement_timestamp(), 'what held it back went away')
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
  v_regained bigint[] := '{}';
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
    if exists (select from old_rows o join new_rows n on n.id = o.id where n.task_identifier <> o.task_identifier) then
      perform almanac_private.cancel_other_tasks(array(
        select n.id from old_rows o join new_rows n on n.id = o.id where n.task_identifier <> o.task_identifier order by n.id));
    end if;
    if v_ended <> '{}' then
      v_regained := array(
        select o.id from old_rows o join new_rows n on n.id = o.id
        where o.id = any (v_ended) and n.timezone <> o.timezone and not almanac_private.knows_timezone(o.timezone));
    end if;
    if v_regained <> '{}' then
      -- In place of a zone that the server has lost, the new one holds for all that was not settled yet.
      delete from almanac_private.rule_versions v using old_rows o
      where o.id = any (v_regained) and v.schedule_id = o.id and v.valid_to is null and v.valid_from >= o.cursor_at;
      update almanac_private.rule_versions v set valid_to = o.cursor_at
      from old_rows o where o.id = any (v_regained) and v.schedule_id = o.id and v.valid_to is null;
      insert into almanac_private.rule_versions (schedule_id, rule, valid_from)
      select o.id, almanac_private.rule_of(o) || jsonb_build_object('timezone', n.timezone), o.cursor_at
      from old_rows o join new_rows n on n.id = o.id
      where o.id = any (v_regained) and almanac_private.has_rule(o.kind, o.status, o.deleted_at, o.archived_at);
    end if;
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
--! Included functions/schedules_warning.sql
create or replace function almanac.schedules_warning(schedule almanac.schedules) returns text
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  return case
    when schedule.deleted_at is not null or schedule.archived_at is not null or schedule.status = 'disabled' then null
    -- One that is done is so rightly, unless it never had a time.
    when schedule.status = 'completed' and schedule.fired_runs > 0 then null
    when schedule.status = 'completed' then almanac_private.never_runs(schedule, schedule.created_at)
    else almanac_private.never_runs(schedule, schedule.cursor_at)
  end;
exception when invalid_parameter_value then
  return almanac_private.lost_timezone_note(schedule);
end
$$;
comment on function almanac.schedules_warning(almanac.schedules) is
  'Why the schedule will never run as it is: no date matches its rule, or its bounds, max_runs or calendars leave nothing, or the server does not know its time zone. Null: it will run, or has run and is done, or is not meant to run by itself.';
grant execute on function almanac.schedules_warning(almanac.schedules) to almanac_viewer;
--! EndIncluded functions/schedules_warning.sql
--! Included functions/why.sql
-- Definer: reads rule versions, which are the owner's.
create or replace function almanac.why(schedule text, moment timestamptz) returns text
language plpgsql stable security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules;
  v_version almanac_private.rule_versions;
  v_rule almanac.schedules;
  v_zone text;
  v_is_named boolean := false;
  v_has_run boolean := false;
  v_run almanac.runs;
  v_planned almanac_private.planned_occurrence;
  v_omission almanac.omissions;
  v_override almanac.occurrence_overrides;
  v_lines text[] := '{}';
  v_lost text;
begin
  if why.moment is null or not isfinite(why.moment) then
    raise exception using errcode = 'AL012', message = 'The moment must be a time.', detail = format('moment: %s.', coalesce(why.moment::text, 'null')),
      hint = 'Give the time at which it ran, or should have run.';
  end if;
  select s.* into v_schedule from almanac.schedules s where s.name = why.schedule order by s.deleted_at is not null, s.deleted_at desc, s.id desc limit 1;
  if v_schedule.id is null then
    v_schedule := almanac_private.find_schedule(why.schedule);
  end if;
  v_zone := v_schedule.timezone;
  v_lost := almanac_private.lost_timezone_note(v_schedule);
  select v.* into v_version from almanac_private.rule_versions v
  where v.schedule_id = v_schedule.id and v.valid_from < why.moment and (v.valid_to is null or v.valid_to >= why.moment)
  order by v.valid_from desc limit 1;
  if v_version.id is not null then
    v_rule := jsonb_populate_record(null::almanac.schedules, v_version.rule);
    v_zone := v_rule.timezone;
  end if;
  if not almanac_private.knows_timezone(v_zone) then
    v_lost := coalesce(v_lost, format('This server does not know the time zone %s, which its rule had then.', v_zone));
    v_zone := 'UTC';
  elsif v_version.id is not null then
    v_is_named := almanac_private.next_occurrence(v_rule, why.moment - interval '1 microsecond') is not distinct from why.moment;
  end if;

  -- By its own time first, then what was due at it.
  for v_run in
    select r.* from almanac.runs r
    where r.id in (
      select a.id from almanac.runs a where a.schedule_id = v_schedule.id and a.scheduled_for = why.moment
      union all
      select b.id from almanac.runs b where b.due_at = why.moment and b.due_at <> b.scheduled_for and b.schedule_id = v_schedule.id)
    order by r.trigger = 'schedule' desc, r.scheduled_for = why.moment desc, r.id limit 10
  loop
    v_lines := v_lines || almanac_private.why_run(v_run, v_zone);
    v_has_run := v_has_run or v_run.trigger = 'schedule' and v_run.scheduled_for = why.moment;
  end loop;
  if v_has_run then
    return array_to_string(v_lines, E'\n');
  end if;

  if v_lost is not null then
    return array_to_string(v_lines || v_lost, E'\n');
  end if;

  select o.* into v_omission from almanac.omissions o where o.schedule_id = v_schedule.id and o.during @> why.moment;
  select o.* into v_override from almanac.occurrence_overrides o where o.schedule_id = v_schedule.id and o.scheduled_for = why.moment;
  -- A stretch begins and ends with a time that had its outcome, whatever the rule names now.
  v_is_named := v_is_named or coalesce(why.moment in (lower(v_omission.during), upper(v_omission.during)), false)
    or coalesce(v_override.done_at is null and v_override.is_owed, false);
  if not v_is_named and v_lines <> '{}' then
    return array_to_string(v_lines, E'\n');
  elsif not v_is_named then
    return array_to_string(array[almanac_private.why_unnamed(v_schedule, v_rule, v_version.valid_from, why.moment, v_zone),
      case when v_omission.id is not null
        then 'What comes before and after it did not run. ' || almanac_private.why_omitted(v_omission, why.moment, v_schedule, v_zone) end], E'\n');
  end if;

  v_lines := v_lines || format('The rule of %s names %s.', v_schedule.name, almanac_private.spoken_time(why.moment, v_zone));
  if v_omission.id is not null then
    v_lines := v_lines || almanac_private.why_omitted(v_omission, why.moment, v_schedule, v_zone);
  elsif v_override.schedule_id is not null and v_override.done_at is null then
    v_lines := v_lines || case
      when v_override.is_held_over then format('It is held over to %s: %s.', almanac_private.spoken_time(v_override.moved_to, v_zone), v_override.reason)
      when v_override.action = 'move' then format('It was moved to %s by %s%s.', almanac_private.spoken_time(v_override.moved_to, v_zone),
        v_override.created_by, ': ' || v_override.reason)
      else format('It will be left out: skipped by %s%s.', v_override.created_by, ': ' || v_override.reason) end;
  elsif why.moment > v_schedule.cursor_at then
    select p.* into v_planned
    from almanac_private.planned_occurrences(v_schedule, why.moment - interval '1 microsecond', why.moment + interval '1 microsecond', null, true) p limit 1;
    v_lines := v_lines || case
      when v_schedule.status <> 'active' then format('The schedule is %s%s.', v_schedule.status, ': ' || v_schedule.pause_reason)
      when almanac_private.is_stopped() and not v_schedule.is_system then 'All schedules are stopped.'
      when v_planned.outcome = 'excluded' then format('It is excluded by a calendar%s.', ': ' || (
        select string_agg(w.calendar || coalesce(', ' || w.label, ''), '; ')
        from almanac_private.exclusion_windows(v_schedule.calendars, v_schedule.timezone, why.moment, why.moment) w))
      when v_planned.outcome = 'merged' then 'A calendar excludes it, and a later one runs in its stead.'
      when v_planned.due_at > statement_timestamp() then format('It is to come: due at %s.', almanac_private.spoken_time(v_planned.due_at, v_zone))
      else format('It is due since %s and was not fired: does a worker live?', almanac_private.spoken_time(v_planned.due_at, v_zone)) end;
  else
    v_lines := v_lines || 'It has no outcome, which should not be: see almanac.check_ledger().'::text;
  end if;
  return array_to_string(v_lines, E'\n');
end
$$;
comment on function almanac.why(text, timestamptz) is
  'Explains in words why a schedule ran, or did not run, at a time: its rule then, its outcome, and what decided it. The time is meant exactly: the nominal time of an occurrence, or the one at which it was due. Of any other it says what comes before and after, and what was going on.';
grant execute on function almanac.why(text, timestamptz) to almanac_viewer;
--! EndIncluded functions/why.sql
--! Included functions/calendar.sql
create or replace function almanac.calendar(
  range_start timestamptz, range_end timestamptz, timezone text default 'UTC', bucket interval default '1 hour', fold_above integer default 12,
  schedules text[] default null, tags text[] default null, task text default null, max_count integer default 5000,
  with_system boolean default true
) returns setof almanac.calendar_item
language plpgsql stable set search_path to pg_catalog, pg_temp set jit to off set enable_mergejoin to off set work_mem to '64MB'
as $$
declare
  v_now timestamptz := statement_timestamp();
  v_ids bigint[];
  v_hidden bigint[] := '{}';
  v_lost bigint[] := '{}';
  v_wide interval := calendar.bucket;
begin
  perform almanac_private.check_timezone(calendar.timezone);
  if calendar.max_count is distinct from 0 then
    perform almanac_private.checked_count(calendar.max_count);
  end if;
  perform almanac_private.check_range(calendar.range_start, calendar.range_end);
  if calendar.bucket is null or not (calendar.bucket between interval '1 minute' and interval '1 day') or extract(month from calendar.bucket) <> 0 then
    raise exception using errcode = 'AL012', message = 'The bucket must be between a minute and a day.',
      detail = format('bucket: %s.', calendar.bucket), hint = 'For instance 15 minutes, 1 hour or 1 day.';
  end if;
  if extract(epoch from calendar.range_end - calendar.range_start) / extract(epoch from calendar.bucket) > 1000 then
    v_wide := interval '1 day';
  end if;
  if calendar.schedules is not null or calendar.tags is not null or calendar.task is not null then
    v_ids := array(
      select s.id from almanac.schedules s
      where (calendar.schedules is null or s.name = any (calendar.schedules)) and (calendar.tags is null or s.tags && calendar.tags)
        and (calendar.task is null or s.task_identifier = calendar.task));
  end if;

  if calendar.with_system is false then
    v_hidden := array(select s.id from almanac.schedules s where s.is_system);
  end if;

  loop
    begin
      return query
      with listed as materialized (
        select 'run' as item, r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at as at, r.id as run_id, r.status, r.trigger, r.reason,
          r.started_at, r.finished_at, r.attempt, r.max_attempts
        from almanac.runs r
        where r.scheduled_for >= calendar.range_start and r.scheduled_for < calendar.range_end and r.due_at = r.scheduled_for
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select 'run', r.schedule_id, r.schedule_name, r.scheduled_for, r.due_at, r.id, r.status, r.trigger, r.reason,
          r.started_at, r.finished_at, r.attempt, r.max_attempts
        from almanac.runs r
        where r.due_at >= calendar.range_start and r.due_at < calendar.range_end and r.due_at <> r.scheduled_for
          and (v_ids is null or r.schedule_id = any (v_ids)) and r.schedule_id <> all (v_hidden)
        union all
        select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
        from almanac.schedules s
        cross join lateral almanac_private.cron_between(s.rule_seconds, s.rule_minutes, s.rule_hours, s.rule_first_time, s.rule_weekdays,
          s.rule_months, s.rule_days, s.rule_running, s.timezone,
          greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now), s.starts_at) - interval '1 microsecond', least(calendar.range_end, s.ends_at)) o(at)
        where s.kind = 'cron' and s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        union all
        select 'occurrence', s.id, s.name, o.at, o.at, null, null, 'schedule', null, null, null, null, null
        from almanac.schedules s
        cross join lateral almanac_private.occurrences_between(
          s, greatest(calendar.range_start, coalesce(s.next_scheduled_for, v_now)), calendar.range_end, null) o(at)
        where s.kind <> 'cron' and s.deleted_at is null and s.archived_at is null and (s.next_scheduled_for < calendar.range_end or s.status = 'paused')
          and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null
        union all
        -- What may be due at another time than its nominal one, or not at all.
        select case when c.outcome in ('run', 'moved', 'held over') then 'occurrence' else 'omitted' end, s.id, s.name, c.scheduled_for, c.due_at, null, null, 'schedule',
          case when c.outcome <> 'run' then c.outcome end, null, null, null, null
        from almanac.schedules s
        cross join lateral almanac_private.coming_occurrences(
          s, greatest(calendar.range_start, case when s.status = 'active' then s.cursor_at + interval '1 microsecond' else v_now end), calendar.range_end,
          null, true) c
        where s.deleted_at is null and s.archived_at is null and s.status in ('active', 'paused') and (v_ids is null or s.id = any (v_ids)) and s.id <> all (v_hidden) and s.id <> all (v_lost)
          and not (s.calendars = '{}' and not s.has_overrides and s.jitter is null and s.max_runs is null)
      ), placed as materialized (
        select l.*, date_trunc('day', l.at, calendar.timezone) as day from listed l
      ), dense as materialized (
        select p.schedule_id, p.day from placed p group by p.schedule_id, p.day having count(*) > calendar.fold_above
      ), items as materialized (
        select p.item, p.schedule_id, p.schedule_name, p.at as starts_at, null::timestamptz as ends_at, p.at as due_at, p.run_id, p.status, p.trigger, p.reason,
          p.started_at, p.finished_at, p.attempt, p.max_attempts, 1::bigint as total,
          (p.status is not distinct from 'succeeded')::int::bigint as succeeded, coalesce(p.status in ('failed', 'timed_out'), false)::int::bigint as failed,
          (p.item = 'omitted' or coalesce(p.status in ('skipped', 'cancelled'), false))::int::bigint as skipped,
          coalesce(p.status in ('waiting', 'queued', 'running', 'retrying'), false)::int::bigint as running, (p.item = 'occurrence')::int::bigint as upcoming,
          p.scheduled_for
        from placed p where not exists (select from dense d where d.schedule_id = p.schedule_id and d.day = p.day)
        union all
        select 'bucket', p.schedule_id, max(p.schedule_name), b.start, b.start + calendar.bucket, null, null, null, null, null, null, null, null, null,
          count(*), count(*) filter (where p.status = 'succeeded'), count(*) filter (where p.status in ('failed', 'timed_out')),
          count(*) filter (where p.item = 'omitted' or p.status in ('skipped', 'cancelled')),
          count(*) filter (where p.status in ('waiting', 'queued', 'running', 'retrying')), count(*) filter (where p.item = 'occurrence'), null
        from placed p join dense d on d.schedule_id = p.schedule_id and d.day = p.day
        cross join lateral (
          select case when calendar.bucket = interval '1 day' then p.day else date_bin(calendar.bucket, p.at, p.day) end as start
        ) b
        group by p.schedule_id, p.day, b.start
        union all
        select 'omission', o.schedule_id, o.schedule_name, lower(o.during), upper(o.during), null, null, null, null, o.reason::text, null, null, null, null,
          o.count, 0, 0, o.count, 0, 0, null
        from almanac.omissions o
        where o.during && tstzrange(calendar.range_start, calendar.range_end) and (v_ids is null or o.schedule_id = any (v_ids)) and o.schedule_id <> all (v_hidden)
      ), ranked as (
        select i.*, row_number() over (order by i.failed > 0 desc, i.starts_at, i.schedule_id, i.run_id) as position from items i
      )
      select r.item, r.schedule_id, r.schedule_name, s.status, r.starts_at, r.ends_at, r.due_at, r.run_id, r.status, r.trigger, r.reason,
        r.started_at, r.finished_at, r.attempt, r.max_attempts, r.total, r.succeeded, r.failed, r.skipped, r.running, r.upcoming, r.scheduled_for
      from ranked r left join almanac.schedules s on s.id = r.schedule_id
      where r.position <= calendar.max_count
      union all
      select 'left_out', null, null, null, greatest(b.start, calendar.range_start), least(b.start + v_wide, calendar.range_end), null, null, null, null, null,
        null, null, null, null, sum(r.total)::bigint, sum(r.succeeded)::bigint, sum(r.failed)::bigint, sum(r.skipped)::bigint, sum(r.running)::bigint,
        sum(r.upcoming)::bigint, null
      from ranked r
      cross join lateral (select date_trunc('day', greatest(r.starts_at, calendar.range_start), calendar.timezone) as day) d
      cross join lateral (
        select case when v_wide = interval '1 day' then d.day else date_bin(v_wide, greatest(r.starts_at, calendar.range_start), d.day) end as start
      ) b
      where r.position > calendar.max_count
      group by b.start
      order by 5, 2, 8;
      return;
    exception when invalid_parameter_value then
      -- A time zone that the server does not know hides what its schedules name, and no one else's.
      v_lost := case when v_lost = '{}' then array(
        select s.id from almanac.schedules s where almanac_private.lost_timezone(s) is not null) else '{}' end;
      if v_lost = '{}' then
        raise;
      end if;
    end;
  end loop;
end
$$;
comment on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean) is
  'Runs and occurrences to come that are due in [range_start, range_end), of all schedules or of those with one of the names, one of the tags, a task. Where a schedule has more than fold_above in a local day, it comes as counts per bucket. Above max_count items (failures come first) the rest comes as left_out items: counts of all schedules together per bucket, per day if that were more than 1,000. max_count 0: only those. with_system false: without Almanac''s own schedules.';
grant execute on function almanac.calendar(timestamptz, timestamptz, text, interval, integer, text[], text[], text, integer, boolean) to almanac_viewer;
--! EndIncluded functions/calendar.sql
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
  if almanac.copied_from() is not null then
    -- Not by whoever calls it, of whatever version: the original fires elsewhere.
    moved := 0;
    return;
  end if;
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
  exception when invalid_parameter_value then
    -- A time zone that the server does not know: without the schedules that have it.
    begin
      select f.fired, f.done into fired, v_done
      from almanac_private.fire_in_order(array(
        select u.id from unnest(v_ids) with ordinality u(id, nth) join almanac.schedules s on s.id = u.id
        where almanac_private.lost_timezone(s) is null order by u.nth), fire_due.as_of, v_resumed) f;
    exception when others then
      v_done := null;
      fired := 0;
    end;
  when others then
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
        fired := fired + (v_settled.fired_runs - v_schedule.fired_runs)::integer;
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
  'Fires up to max_count schedules that are due (what is far behind in parts, so that more is due still): ledger, run jobs, next run and re-arming in one transaction. Returns how many runs came of it, when the next is due (which may be already; null: none is), how many schedules it moved on (0: what is due is held by others, or cannot be settled), and, where more is due already, when what is not yet will be. While all are stopped, system schedules alone; in a copy that was not adopted, nothing.';
grant execute on function almanac_private.fire_due(timestamptz, integer) to almanac_worker;
--! EndIncluded functions/fire_due.sql
