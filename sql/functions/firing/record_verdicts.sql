-- Definer: writes the ledger and Graphile Worker's jobs.
--
-- Everything that an outcome consists of is written here, in a fixed number of statements for however many verdicts:
-- per run a row of runs, one of live_runs and a job; per gap a row of omissions, or a longer one; per schedule its
-- columns and its wake-up job. The way from a schedule to the columns of its run is here alone. A firing of 500 takes
-- 85 to 105 µs a schedule, of which some 60 are these five rows and their 13 index entries: fewer writes would make it
-- faster, other statements do not.
--
-- Of an account with more than a hundred queued runs, further ones are behind those of other accounts: their jobs'
-- priority is worse than the worst that a schedule can have. They stay so until all of them have ended, so that the
-- runs of an account keep their order.
--
-- The caller holds the schedules, and the runs that are cancelled (lock_cancellable); jobs are locked last.
create or replace function almanac_private.record_verdicts(
  verdicts almanac_private.verdict[], courses almanac_private.course[], as_of timestamptz,
  out run_ids bigint[], out fired integer
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set enable_bitmapscan to off set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_specs graphile_worker.job_spec[];
  v_has_gaps boolean;
  v_has_overrides boolean;
  v_is_paced boolean;
  v_cancelling bigint[];
  v_ended text[];
  v_delay interval := almanac_private.arm_delay();
  -- As many as a worker begins at once by default.
  v_most_ahead constant integer := 100;
  v_there_are_groups constant boolean := exists (select from almanac.resource_groups);
begin
  select coalesce(bool_or(v.gap is not null), false), coalesce(bool_or(v.override is not null), false),
    coalesce(bool_or(v.job_at is not null), false), array_agg(distinct v.schedule_id) filter (where v.cancels)
  into v_has_gaps, v_has_overrides, v_is_paced, v_cancelling
  from unnest(record_verdicts.verdicts) v;

  if v_cancelling is not null then
    perform almanac_private.cancel_live_runs(c.id, 'a later run took its place', record_verdicts.as_of)
    from unnest(v_cancelling) c(id);
  end if;
  if v_has_gaps then
    perform almanac_private.record_omission(v.schedule_id, s.name, v.first, v.scheduled_for, v.count, v.gap, v.follows,
      record_verdicts.as_of)
    from unnest(record_verdicts.verdicts) v join almanac.schedules s on s.id = any (array[v.schedule_id])
    where v.gap is not null;
  end if;

  with ledger as (
    insert into almanac.runs as r
      (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason,
        max_attempts, timeout, priority, queued_at, finished_at, run_as, owner_user, requested_by,
        resource_group, children, graph)
    select s.id, s.name, s.task_identifier, coalesce(v.payload, s.payload), v.scheduled_for, v.due_at,
      coalesce(v.trigger, 'schedule'), v.status, v.reason, e.max_attempts, e.timeout, s.priority,
      case when v.status = 'queued' then record_verdicts.as_of end,
      case when v.status in ('skipped', 'cancelled') then record_verdicts.as_of end,
      coalesce(v.run_as, s.run_as), s.owner_user, v.requested_by,
      -- Of a parent each child belongs to its group.
      case when v_there_are_groups and s.target = 'task'
        then almanac_private.group_in_force(s.task_identifier, s.resource_group) end,
      case s.target when 'task' then null
        when 'list' then jsonb_array_length(coalesce(v.payload, s.payload) -> 'payloads')
        else jsonb_array_length(g.graph) end, g.graph
    from unnest(record_verdicts.verdicts) with ordinality v
    join almanac.schedules s on s.id = any (array[v.schedule_id])
    cross join lateral almanac_private.execution_in_force(s.task_identifier, s.max_attempts, s.retry_delay,
      s.retry_backoff, s.retry_ceiling, s.timeout) e
    cross join lateral (
      select case when almanac_private.has_steps(s.target) then almanac_private.graph_of(s) end as graph
      -- Once: it is asked for twice.
      offset 0) g
    where v.status is not null
    -- What is due first is queued first.
    order by s.next_run_at, s.id, v.ordinality
    on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
    returning r.id, r.schedule_id, r.scheduled_for, r.trigger, r.status, r.task_identifier, r.payload, r.priority,
      r.children,
      almanac_private.account(r.run_as, r.owner_user) as account
  ), backlogs as materialized (
    -- Nearly always none is large, and nothing is sorted.
    select d.account, case
      when b.is_behind then 0
      when b.unfinished + d.count > v_most_ahead then (
        select l.id from ledger l where l.account = d.account and l.status = 'queued'
        order by l.id offset v_most_ahead - b.unfinished limit 1) end as behind_from
    from (select l.account, count(*) from ledger l where l.status = 'queued' group by l.account) d
    cross join lateral almanac_private.backlog_of(d.account, v_most_ahead) b
  ), placed as (
    select l.*, coalesce(l.id >= b.behind_from, false) as is_behind
    from ledger l left join backlogs b on b.account = l.account
  ), live as (
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting,
      account, is_behind, children)
    select l.schedule_id, l.id, l.scheduled_for,
      l.trigger = 'schedule' or (record_verdicts.verdicts)[1].counts_toward_overlap, l.status = 'waiting', l.account,
      l.status = 'queued' and l.is_behind, l.children
    from placed l where l.status in ('queued', 'waiting')
  )
  select array_agg(l.id), count(*) filter (where l.status <> 'skipped'),
    array_agg(almanac_private.run_job_spec(l.id, l.schedule_id, l.scheduled_for, 1, l.trigger, l.task_identifier,
      -- A parent's job only has it begin.
      case when l.children is null then l.payload else '{}' end,
      case when l.is_behind then l.priority + 3::smallint else l.priority end,
      case when v_is_paced then (
        select v.job_at from unnest(record_verdicts.verdicts) v
        where v.schedule_id = l.schedule_id and v.scheduled_for = l.scheduled_for and v.status is not null) end))
      filter (where l.status = 'queued')
  into run_ids, fired, v_specs
  from placed l;

  if v_has_overrides then
    update almanac.occurrence_overrides o
    set is_owed = o.action = 'move' and o.done_at is null,
      done_at = coalesce(o.done_at, case o.action when 'skip' then record_verdicts.as_of end)
    from unnest(record_verdicts.verdicts) v
    where o.schedule_id = v.schedule_id and o.scheduled_for = v.scheduled_for and v.override = 'passed';
    update almanac.occurrence_overrides o set done_at = record_verdicts.as_of
    from unnest(record_verdicts.verdicts) v
    where o.schedule_id = v.schedule_id and o.scheduled_for = v.scheduled_for and v.override = 'done';
  end if;

  if record_verdicts.courses <> '{}' then
    perform almanac_private.write_courses(record_verdicts.courses);
    v_specs := v_specs || almanac_private.rearm(record_verdicts.courses, v_delay);
    select array_agg('schedule:' || c.schedule_id) into v_ended
    from unnest(record_verdicts.courses) c where c.next_run_at is null;
    if v_ended is not null then
      -- A worker that has one of them locked finds nothing to do.
      perform almanac_private.remove_jobs(v_ended);
    end if;
  end if;
  if v_specs is not null then
    perform graphile_worker.add_jobs(v_specs);
  end if;
end
$$;
comment on function almanac_private.record_verdicts(
  almanac_private.verdict[], almanac_private.course[], timestamptz
) is
  'Writes what was decided: ledger, run jobs, overrides, the columns of schedules, and their wake-up jobs. Schedules '
  'that the caller has locked, with the setting almanac.engine on. Returns the numbers of the runs, and how many of '
  'them were not skipped; an occurrence that has its run already keeps that.';
