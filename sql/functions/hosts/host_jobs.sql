-- Definer: Graphile Worker's tables are the owner's. Its view jobs is public, and has no payloads.
--
-- Jobs are read in the order of their key, and no more than look_at_most() of them, so that a filter that fits few of
-- millions costs a call no more than another.
create or replace function almanac.host_jobs(
  task text default null, in_state text default null, queue text default null, search text default null,
  before_id bigint default null, max_count integer default 100
)
returns table (id bigint, task_identifier text, state text, queue_name text, key text, priority integer,
  run_at timestamptz, created_at timestamptz, attempts integer, max_attempts integer, last_error text, flags text[],
  locked_at timestamptz, locked_by text, worker_id bigint, worker_name text)
language plpgsql stable rows 100 security definer set search_path to pg_catalog, pg_temp set lock_timeout to '2s'
  set jit to off
  -- By key, whatever the statistics say: only that stops where it has enough.
  set enable_seqscan to off set enable_hashjoin to off set enable_mergejoin to off
as $$
#variable_conflict use_column
declare
  v_most constant integer := almanac_private.checked_count(host_jobs.max_count, 1000);
  v_before constant bigint := coalesce(host_jobs.before_id, 9223372036854775807);
  v_now constant timestamptz := clock_timestamp();
  v_search constant text := lower(left(nullif(host_jobs.search, ''), 200));
  v_sees_errors constant boolean := almanac_private.sees_host_errors();
  v_found bigint;
begin
  if host_jobs.in_state not in ('ready', 'scheduled', 'retrying', 'locked', 'failed') then
    raise exception using errcode = 'AL009', message = format('There is no state %L.', left(host_jobs.in_state, 100)),
      detail = 'States: ready, scheduled, retrying, locked, failed.',
      hint = 'Use one of these, or null for jobs in any state.';
  end if;

  return query
  select l.id, l.task_identifier, s.state, l.queue_name, l.key, l.priority::integer, l.run_at, l.created_at,
    l.attempts::integer, l.max_attempts::integer, case when v_sees_errors then left(l.last_error, 2000) end,
    case when l.flags is not null then array(select k.key from jsonb_object_keys(l.flags) k(key) order by k.key) end,
    l.locked_at, l.locked_by, w.id, w.name
  from (
    select j.* from graphile_worker.jobs j where j.id < v_before order by j.id desc
    limit almanac_private.look_at_most()
  ) l
  cross join lateral almanac_private.host_job_state(l.attempts, l.max_attempts, l.run_at, l.locked_at, v_now) s(state)
  left join lateral (
    select w.id, w.name from almanac.workers w where l.locked_by = any (w.pool_ids) order by w.id desc limit 1
  ) w on true
  where almanac_private.is_host_job(l.key, l.task_identifier)
    and (host_jobs.task is null or l.task_identifier = host_jobs.task)
    and (host_jobs.in_state is null or s.state = host_jobs.in_state)
    and (host_jobs.queue is null or l.queue_name = host_jobs.queue)
    and (v_search is null or strpos(lower(l.task_identifier), v_search) > 0 or strpos(lower(l.key), v_search) > 0
      or strpos(lower(l.queue_name), v_search) > 0)
  order by l.id desc limit v_most;

  get diagnostics v_found = row_count;
  if v_found < v_most then
    return query
    select j.id + 1, null::text, null::text, null::text, null::text, null::integer, null::timestamptz,
      null::timestamptz, null::integer, null::integer, null::text, null::text[], null::timestamptz, null::text,
      null::bigint, null::text
    from graphile_worker.jobs j where j.id < v_before
    order by j.id desc offset almanac_private.look_at_most() limit 1;
  end if;
end
$$;
comment on function almanac.host_jobs(text, text, text, text, bigint, integer) is
  'The application''s own jobs of Graphile Worker, the newest first: without those of schedules and runs. task and '
  'queue are exact; search is a part of the task, the key or the queue. in_state: ready, scheduled, retrying (waits '
  'for another attempt), locked (a worker has it) or failed (no attempts are left). At most max_count (up to 1,000) '
  'older than before_id. worker_id and worker_name: which worker of Almanac has it; locked_by is its pool in any '
  'case. last_error is for operators and admins. One call reads 100,000 jobs at most: where it ends before the page '
  'is full, the last row has nothing but an id, with which to continue.';
grant execute on function almanac.host_jobs(text, text, text, text, bigint, integer) to almanac_viewer;
