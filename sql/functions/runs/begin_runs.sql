-- Definer: writes the ledger.
--
-- Called for every run, so it may do one thing a run: an update by key, 12 to 16 µs a run, where the first version took
-- 31.
--
-- 1. Week by week. The ledger is partitioned by scheduled_for, and a join on that column opens every partition: with a
--    year of weeks the same hundred runs took three times as long. With the first and the last time of a week in hand,
--    the plan opens one partition. (Time by time it was once: where each run has its own, each cost 0.1 to 0.4 ms.)
-- 2. By key and nothing else. A condition next to the key invites a plan that reads the partition for it (19,650 rows
--    for 100 runs), so what depends on the status is in a case, which no plan is built on.
-- 3. No lock is waited for, of a run or of its job: workers batch, and one run that someone holds would keep a hundred
--    from beginning. Rows are locked in order of time and number, as in finish_runs, so that two batches cannot
--    deadlock, and a person who locks several by several statements, in whatever order, is never waited for.
-- 4. A parent run begins with all of its children, and from then on no worker has it: its job is over.
-- 5. Asked again, the same answer: a worker whose connection broke does not know whether its call was committed. The
--    job that a run belongs to tells its own from another's.
create or replace function almanac_private.begin_runs(
  worker_id bigint, run_ids bigint[], scheduled_fors timestamptz[], job_ids bigint[] default null,
  as_of timestamptz default clock_timestamp(), room jsonb default null, is_admitted boolean default false
) returns table (run_id bigint, job_id bigint, schedule_id bigint, attempt integer, max_attempts integer,
  task_identifier text, timeout_ms double precision, run_as text, account text, is_held boolean, lacks text,
  is_postponed boolean)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_first timestamptz;
  v_last timestamptz;
  v_times timestamptz[];
  v_ids bigint[];
  v_jobs bigint[];
  v_free bigint[];
  v_held bigint[];
  v_left bigint[] := '{}';
  v_kept bigint[];
  v_off bigint[] := '{}';
  v_there_are_groups boolean := not begin_runs.is_admitted and exists (select from almanac.resource_groups);
  v_has_grouped boolean;
  v_grouped bigint[];
  v_in_groups bigint[] := '{}';
  v_in_groups_at timestamptz[] := '{}';
  v_in_groups_jobs bigint[] := '{}';
  v_groups text[];
  v_all_groups text[] := '{}';
  v_unchecked bigint[] := '{}';
  v_lacks jsonb;
  v_parents bigint[];
  v_were_held boolean := exists (select from almanac_private.held_runs);
  v_from text := almanac.copied_from();
begin
  if v_from is not null then
    raise exception using errcode = 'AL026', message = 'This database is a copy, so its runs do not start.',
      detail = format('It is a copy of %s.', v_from),
      hint = 'npx almanac adopt, or select almanac.adopt(…), decides what happens to queued runs.';
  end if;
  if exists (select from almanac_private.outdated_checks) then
    v_unchecked := almanac_private.end_misfits(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.as_of);
  end if;
  if exists (
    select from almanac_private.known_tasks t where coalesce(t.required_role, t.declared_role) is not null
  ) then
    perform almanac_private.end_unentitled(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.as_of);
  end if;
  if exists (select from almanac.task_stops t where t.resumed_at is null) then
    v_off := array(
      select r.id from unnest(begin_runs.run_ids, begin_runs.scheduled_fors) a(id, at)
      join almanac.runs r on r.id = a.id and r.scheduled_for = a.at
      join almanac.task_stops t on t.task_identifier = r.task_identifier and t.resumed_at is null
      where r.status in ('queued', 'retrying'));
  end if;
  v_off := v_off || v_unchecked;
  if begin_runs.room is not null then
    select coalesce(array_agg(w.run_id), '{}'),
      jsonb_object_agg(w.run_id, jsonb_build_array(w.lacks, begin_runs.as_of + w.retry_in))
    into v_left, v_lacks
    from almanac_private.runs_without_room(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.room) w;
  end if;
  -- One week after the other: so only the partition of that week is opened. In order of time and number all runs are
  -- locked.
  for v_first, v_last in
    select min(f.at), max(f.at) from unnest(begin_runs.scheduled_fors) f(at)
    group by date_trunc('week', f.at at time zone 'UTC') order by 1
  loop
    select array_agg(a.id order by a.id, a.job_id), array_agg(a.job_id order by a.id, a.job_id),
      array_agg(a.at order by a.id, a.job_id)
    into v_ids, v_jobs, v_times
    from unnest(begin_runs.run_ids, begin_runs.scheduled_fors, begin_runs.job_ids) a(id, at, job_id)
      where a.at between v_first and v_last;
    v_grouped := '{}';
    if v_there_are_groups then
      select coalesce(array_agg(f.id), '{}'), bool_or(f.resource_group is not null),
        array_agg(f.id) filter (where f.children is not null)
      into v_free, v_has_grouped, v_parents
      from (
        select r.id, r.resource_group, r.children from almanac.runs r
        where r.id = any (v_ids) and r.scheduled_for between v_first and v_last
        order by r.scheduled_for, r.id for no key update skip locked) f;
      if v_has_grouped then
        select array_agg(r.id order by r.id), array_agg(r.resource_group order by r.id) into v_grouped, v_groups
        from almanac.runs r
        where r.id = any (v_free) and r.scheduled_for between v_first and v_last and r.resource_group is not null;
      end if;
    else
      select coalesce(array_agg(f.id), '{}'), array_agg(f.id) filter (where f.children is not null)
      into v_free, v_parents
      from (
        select r.id, r.children from almanac.runs r
        where r.id = any (v_ids) and r.scheduled_for between v_first and v_last
        order by r.scheduled_for, r.id for no key update skip locked) f;
    end if;
    if v_parents is not null then
      perform almanac_private.begin_parents(v_first, v_last, array(
        select p.id from unnest(v_parents) p(id) where p.id <> all (v_left) and p.id <> all (v_off) order by p.id),
        begin_runs.as_of);
    end if;
    return query
    update almanac.runs r
    set status = 'running', attempt = r.attempt + (r.status <> 'running')::integer,
      started_at = coalesce(r.started_at, begin_runs.as_of),
      attempt_started_at = begin_runs.as_of, worker_id = begin_runs.worker_id,
        job_id = v_jobs[width_bucket(r.id, v_ids)],
      -- Of this attempt.
      progress = case when r.status = 'running' then r.progress end,
      progress_note = case when r.status = 'running' then r.progress_note end
    where r.id = any (v_free) and r.scheduled_for between v_first and v_last
      and r.id <> all (v_left) and r.id <> all (v_off) and r.id <> all (v_grouped)
      -- A case, which no plan is built on: by their status, all of a partition may be read for the few that are
      -- queued.
      and case
        when r.status in ('queued', 'retrying') then true
        -- Its own running one: the answer to an earlier call was lost, and the worker asks again for the same job.
        else r.status = 'running' and r.worker_id = begin_runs.worker_id
          and r.job_id = v_jobs[width_bucket(r.id, v_ids)]
      end
    returning r.id, r.job_id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
      extract(epoch from r.timeout)::float8 * 1000, r.run_as,
        almanac_private.account(r.run_as, r.owner_user), false, null::text, false;
    if v_grouped <> '{}' then
      -- What cannot begin for another reason has no place kept in its group.
      perform almanac_private.leave_groups(array(
        select g.id from unnest(v_grouped) g(id) where g.id = any (v_left) or g.id = any (v_off)));
      select v_in_groups || array_agg(j.id), v_in_groups_at || array_agg(j.at),
        v_in_groups_jobs || array_agg(j.job_id),
        v_all_groups || array_agg(v_groups[width_bucket(j.id, v_grouped)])
      into v_in_groups, v_in_groups_at, v_in_groups_jobs, v_all_groups
      from unnest(v_ids, v_jobs, v_times) j(id, job_id, at)
      where j.id = any (v_grouped) and j.id <> all (v_left) and j.id <> all (v_off);
    end if;
    if v_off && v_free then
      -- They are due again when the task is on, at the latest an hour from now.
      select almanac_private.postpone_runs(v_first, v_last, array_agg(r.id),
        array_agg(begin_runs.as_of + interval '1 hour'), v_jobs, '{almanac:task_is_off}')
      into v_kept from unnest(v_free) r(id) where r.id = any (v_off) and r.id <> all (v_unchecked);
      -- What is to be checked is soon asked for again.
      select v_kept || almanac_private.postpone_runs(v_first, v_last, array_agg(r.id),
        array_agg(begin_runs.as_of + interval '1 second'), v_jobs)
      into v_kept from unnest(v_free) r(id) where r.id = any (v_unchecked);
      return query
      select r.id, r.job_id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
        extract(epoch from r.timeout)::float8 * 1000, r.run_as,
        almanac_private.account(r.run_as, r.owner_user), true, null::text, false
      from almanac.runs r
      where r.id = any (v_kept) and r.scheduled_for between v_first and v_last
        and r.status in ('queued', 'retrying');
      v_free := array(select f.id from unnest(v_free) f(id) where f.id <> all (v_off));
      select coalesce(array_agg(j.run_id order by j.run_id, j.id), '{}'), array_agg(j.id order by j.run_id, j.id)
      into v_ids, v_jobs from unnest(v_ids, v_jobs) j(run_id, id) where j.run_id <> all (v_off);
    end if;
    if v_left && v_free then
      select almanac_private.postpone_runs(v_first, v_last, array_agg(r.id),
        array_agg((v_lacks -> r.id::text ->> 1)::timestamptz), v_jobs, '{almanac:waits_for_slot}')
      into v_kept from unnest(v_free) r(id) where v_lacks -> r.id::text ->> 1 is not null;
      return query
      select r.id, j.id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
        extract(epoch from r.timeout)::float8 * 1000, r.run_as,
        almanac_private.account(r.run_as, r.owner_user), false, v_lacks -> r.id::text ->> 0,
        v_lacks -> r.id::text ->> 1 is not null and r.id <> all (v_kept)
      from unnest(v_ids, v_jobs) j(run_id, id)
      join almanac.runs r on r.id = j.run_id and r.scheduled_for between v_first and v_last
      where r.id = any (v_free) and r.id = any (v_left) and r.status in ('queued', 'retrying');
    end if;
    if cardinality(v_free) < cardinality(v_ids) then
      v_held := almanac_private.note_held_runs(v_first, v_last, v_ids, v_free);
      select almanac_private.postpone_runs(v_first, v_last, array_agg(h.run_id), array_agg(begin_runs.as_of
        + least(greatest(begin_runs.as_of - h.held_since, interval '1 second'), interval '1 minute')), v_jobs)
      into v_kept from almanac_private.held_runs h where h.run_id = any (v_held);
      return query
      select r.id, r.job_id, r.schedule_id, r.attempt, r.max_attempts, r.task_identifier,
        extract(epoch from r.timeout)::float8 * 1000, r.run_as,
        almanac_private.account(r.run_as, r.owner_user), r.status <> 'running', null::text,
        r.status <> 'running' and r.id <> all (v_kept)
      from almanac.runs r
      where r.id = any (v_held) and r.scheduled_for between v_first and v_last
        and (r.status in ('queued', 'retrying') or r.status = 'running' and r.worker_id = begin_runs.worker_id
          and r.job_id = v_jobs[width_bucket(r.id, v_ids)]);
    end if;
    if v_were_held then
      delete from almanac_private.held_runs h where h.run_id = any (v_free);
    end if;
  end loop;
  -- After all runs are locked: another batch has those of other times, and of the same groups.
  if v_in_groups <> '{}' then
    return query select b.* from almanac_private.begin_in_groups(begin_runs.worker_id, v_in_groups, v_in_groups_at,
      v_in_groups_jobs, v_all_groups, begin_runs.as_of) b;
  end if;
end
$$;
comment on function almanac_private.begin_runs(
  bigint, bigint[], timestamptz[], bigint[], timestamptz, jsonb, boolean
) is
  'Marks runs as running, each for one job, and returns them. One that is not queued (cancelled, taken by another '
  'worker) does not come back and must not be run. Asked again for the same job, it gives the same answer. One that '
  'someone holds locked is not waited for: it is_held. room: what accounts may begin, as runs_without_room() reads '
  'it; null: all that is asked for. What has no room stays queued and comes back with what it lacks, slots or '
  'statements; is_postponed: it has a new job for later, otherwise the worker keeps it and asks again. One whose '
  'payload no longer fits the schema of its task fails, and does not come back either, nor does one whose role may '
  'not use its task. is_admitted: their groups have let them begin. One whose task is switched off, or whose payload '
  'is yet to be checked, has a new job for later. In a copy that was not adopted: AL026.';
grant execute on function almanac_private.begin_runs(
  bigint, bigint[], timestamptz[], bigint[], timestamptz, jsonb, boolean
) to almanac_worker;
