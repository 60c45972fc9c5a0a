-- Definer: writes the ledger and Graphile Worker's jobs.
--
-- The other half of begin_runs, by the same rules (week by week, by key, no waiting, locks in one order): 22 to 25 µs a
-- run for the update, a row of run_attempts and the deletion from live_runs; the first version took 47.
--
-- Nearly every result is "succeeded" with nothing to tell. The arguments are therefore boiled down to v_details, which
-- has an entry only for runs of which there is more to say, and is null for most batches. What follows from an end is
-- done only for those that need it: attempts left (retry_runs); a status that the schedule does not show yet
-- (count_runs; a schedule that only succeeds is not written: that would cost 20 µs a run); runs that waited for this
-- one (release_waiting), which one look into an index of live_runs tells.
create or replace function almanac_private.finish_runs(
  worker_id bigint, results jsonb, as_of timestamptz default clock_timestamp()
) returns bigint[]
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    -- Of rows that are gone, a scan of an index marks the entries, so that the next one passes them; a bitmap does not.
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
declare
  v_first timestamptz;
  v_last timestamptz;
  v_ids bigint[];
  v_free bigint[];
  v_trying bigint[];
  v_held bigint[] := '{}';
  v_were_held boolean := exists (select from almanac_private.held_runs);
  v_details jsonb;
  v_ended bigint[];
  v_retried bigint[];
  v_queueing bigint[];
  v_counts boolean;
  v_pending boolean := exists (select from almanac_private.pending_counters);
  v_grouped bigint[];
  v_parents bigint[];
begin
  -- One week after the other: so only the partition of that week is opened. In order of time and number all runs are
  -- locked.
  for v_first, v_last, v_ids, v_details in
    select min(t.at), max(t.at), array_agg((a.result ->> 'runId')::bigint),
      jsonb_object_agg(a.result ->> 'runId', almanac_private.kept_outcome(a.result))
        filter (where a.result ->> 'status' <> 'succeeded' or a.result ?| array['result', 'agoMs'])
    from jsonb_array_elements(finish_runs.results) a(result)
    cross join lateral (select (a.result ->> 'scheduledFor')::timestamptz as at) t
    group by date_trunc('week', t.at at time zone 'UTC') order by 1
  loop
    v_free := array(
      select r.id from almanac.runs r where r.id = any (v_ids) and r.scheduled_for between v_first and v_last
      order by r.scheduled_for, r.id for no key update skip locked);
    -- One that may be tried again needs another job, and someone may hold the one that it has.
    v_trying := array(
      select f.id from unnest(v_free) f(id)
      where v_details -> f.id::text ->> 'status' <> 'succeeded' order by f.id);
    if v_trying <> '{}' then
      v_free := array(
        select f.id from unnest(v_free) f(id) where f.id <> all (v_trying)
        union all select w.id from unnest(almanac_private.with_free_jobs(v_trying)) w(id)
        order by 1);
    end if;
    if cardinality(v_free) < cardinality(v_ids) then
      v_held := v_held || almanac_private.note_held_runs(v_first, v_last, v_ids, v_free);
    end if;
    if v_were_held then
      delete from almanac_private.held_runs h where h.run_id = any (v_free);
    end if;
    with ended as materialized (
      -- Of whom there is nothing to tell, they have succeeded.
      update almanac.runs r
      set (status, finished_at) = (
          select a.status, case when a.status <> 'retrying'
            then almanac_private.ended_at(r.attempt_started_at, v_details -> r.id::text, finish_runs.as_of) end
          from almanac_private.status_after_attempt(
            coalesce((v_details -> r.id::text ->> 'status')::almanac.run_status, 'succeeded'),
            r.attempt, r.max_attempts, r.cancel_requested_at, r.lost_attempts, v_details -> r.id::text) a(status)),
        -- What ended with its worker does not use up an attempt of the task.
        max_attempts = r.max_attempts + case when r.max_attempts = 1 then 0
          when (v_details -> r.id::text ->> 'isReturned')::boolean
          or (v_details -> r.id::text ->> 'isLost')::boolean
            and coalesce(r.lost_attempts, 0) + 1 < almanac_private.max_lost_attempts() then 1 else 0 end,
        lost_attempts = coalesce(r.lost_attempts, 0)
          + coalesce((v_details -> r.id::text ->> 'isLost')::boolean::integer, 0),
        error = case when v_details is null then null else coalesce((v_details -> r.id::text ->> 'error')
            || almanac_private.lost_note(coalesce(r.lost_attempts, 0) + 1, r.max_attempts, v_details -> r.id::text),
              case when v_details -> r.id::text ->> 'status' <> 'succeeded' then r.error end) end,
        result = v_details -> r.id::text -> 'result'
      where r.id = any (v_free) and r.scheduled_for between v_first and v_last
        -- A case, which no plan is built on: by their status, all of a partition may be read for the few that run.
        and case when r.status = 'running' then r.worker_id = finish_runs.worker_id else false end
      returning r.id, r.scheduled_for, r.schedule_id, r.attempt, r.status, r.attempt_started_at, r.resource_group,
        r.parent_id
    ), attempts as (
      insert into almanac.run_attempts (run_id, scheduled_for, attempt, status, started_at, finished_at,
        worker_id, error, causes)
      select e.id, e.scheduled_for, e.attempt,
        case when e.status = 'retrying' and (v_details -> e.id::text ->> 'isReturned')::boolean then 'cancelled'
          when e.status = 'retrying' then (v_details -> e.id::text ->> 'status')::almanac.run_status else e.status end,
        e.attempt_started_at, almanac_private.ended_at(e.attempt_started_at, v_details -> e.id::text,
          finish_runs.as_of), finish_runs.worker_id, v_details -> e.id::text ->> 'error',
        nullif(v_details -> e.id::text -> 'causes', 'null')
      from ended e
    ), dead as (
      delete from almanac_private.live_runs l using ended e
      where l.schedule_id = any (array[e.schedule_id]) and l.run_id = e.id and e.status <> 'retrying'
    )
    select array_agg(e.id) filter (where e.status <> 'retrying'),
      array_agg(e.id order by e.id) filter (where e.status = 'retrying'),
      -- Behind a child no one waits: behind its parent.
      v_queueing || array_agg(e.schedule_id) filter (where e.status <> 'retrying' and case when e.parent_id is null then
        exists (select from almanac_private.live_runs w where w.schedule_id = e.schedule_id and w.is_waiting)
        else false end),
      bool_or(e.parent_id is null and (e.status in ('failed', 'timed_out') or e.status <> 'retrying'
        and (v_pending or s.last_status is distinct from e.status))),
      v_grouped || array_agg(e.id) filter (where e.resource_group is not null),
      v_parents || array_agg(distinct e.parent_id) filter (where e.status <> 'retrying' and e.parent_id is not null)
    into v_ended, v_retried, v_queueing, v_counts, v_grouped, v_parents
    from ended e left join almanac.schedules s on s.id = any (array[e.schedule_id]);

    if v_details is not null then
      perform almanac_private.count_outcomes(v_first, v_last,
        coalesce(v_ended, '{}') || coalesce(v_retried, '{}'), v_details, finish_runs.as_of);
    end if;
    if v_retried is not null then
      perform almanac_private.retry_runs(v_first, v_last, v_retried, v_details, finish_runs.as_of);
    end if;
    if v_counts then
      perform almanac_private.count_runs(v_first, v_last, v_ended);
    end if;
  end loop;
  if v_parents <> '{}' then
    perform almanac_private.take_parents_turns(v_parents);
    perform almanac_private.end_parents(v_parents, finish_runs.as_of);
  end if;
  if v_queueing <> '{}' then
    perform almanac_private.release_waiting(v_queueing, finish_runs.as_of);
  end if;
  if v_grouped <> '{}' then
    perform almanac_private.pass_on_places(v_grouped, finish_runs.as_of);
  end if;
  return v_held;
end
$$;
comment on function almanac_private.finish_runs(bigint, jsonb, timestamptz) is
  'Records how attempts ended: [{"runId", "scheduledFor", "status": succeeded|failed|timed_out|cancelled, "error", '
  '"causes", "result", "isLost": it was lost with its worker, "isReturned": its worker, which stops, hands it back, '
  '"isPermanent": another attempt would fail just so, "agoMs": how long ago it ended; none: just now}]. Retries what '
  'has attempts left, and releases what waited. Looks only at runs that this worker had running. Those that someone '
  'holds locked are not waited for: it returns them, and is to be told again. An error or result that is too large is '
  'cut or left out, and says so.';
grant execute on function almanac_private.finish_runs(bigint, jsonb, timestamptz) to almanac_worker;
