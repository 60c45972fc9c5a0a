-- Definer: writes the ledger. Called by the engine only; rights are checked by whoever calls it.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, caught_up integer default null,
  counts_toward_overlap boolean default null,
  was_idle boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan
as $$
#variable_conflict use_column
declare
  v_run almanac.runs;
  v_counts boolean := coalesce(insert_run.counts_toward_overlap, insert_run.trigger = 'schedule');
  v_status almanac.run_status := 'queued';
  v_reason text;
begin
  if v_counts and schedule.overlap_policy = 'cancel_running' and not was_idle then
    perform almanac_private.cancel_live_runs(schedule.id, 'a later run took its place', insert_run.as_of);
  end if;
  if v_counts and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null) then
    select o.status, o.reason into v_status, v_reason
    from almanac_private.overlap(schedule.id, schedule.overlap_policy, schedule.max_concurrent) o;
    if v_status = 'skipped'
      and almanac_private.waits_instead(schedule.overlap_policy, insert_run.caught_up is not null, was_idle)
    then
      v_status := 'waiting';
    end if;
    v_status := coalesce(v_status, 'queued');
  end if;

  insert into almanac.runs as r
    (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, reason, max_attempts,
      timeout, priority,
     queued_at, finished_at, run_as, requested_by)
  values (schedule.id, schedule.name, schedule.task_identifier, insert_run.payload, insert_run.scheduled_for,
    insert_run.due_at, insert_run.trigger,
    v_status, v_reason, schedule.max_attempts, schedule.timeout, schedule.priority,
    case when v_status = 'queued' then insert_run.as_of end, case when v_status = 'skipped' then insert_run.as_of end,
    schedule.run_as, insert_run.requested_by)
  on conflict (schedule_id, scheduled_for) where (r.trigger = 'schedule') do nothing
  returning r.* into v_run;
  if v_run.id is null then
    return null;
  end if;

  if v_status <> 'skipped' then
    insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting)
    values (schedule.id, v_run.id, v_run.scheduled_for, v_counts, v_status = 'waiting');
    if insert_run.trigger <> 'schedule' then
      -- What the rule fires is counted by whoever fires it.
      insert into almanac_private.pending_counters (schedule_id, total, last_run_at)
        values (schedule.id, 1, insert_run.due_at);
    end if;
  end if;
  if v_status = 'queued' then
    perform graphile_worker.add_jobs(array[almanac_private.run_job_spec(
      v_run.id, v_run.schedule_id, v_run.scheduled_for, 1, v_run.trigger, v_run.task_identifier, v_run.payload,
      v_run.priority,
      -- Those that wait for each other have their pace from that.
      case when schedule.overlap_policy = 'allow'
        then insert_run.as_of + make_interval(secs => insert_run.caught_up * 60.0 / schedule.catchup_per_minute) end)]);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(
  almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, integer, boolean, boolean
) is
  'Writes one run to the ledger, as its overlap policy has it, and adds its job; null: the occurrence has its run '
  'already. caught_up: how many before it are caught up in the same go, so that their jobs are paced; null: it is '
  'not caught up. counts_toward_overlap: whether the overlap policy looks at it, and it counts for others; null: if '
  'the rule names '
  'it. was_idle: nothing of the schedule was going on when this firing of several began, so that they wait for each '
  'other.';
