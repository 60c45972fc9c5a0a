-- Definer: writes the ledger. Called by the engine only; its callers check rights.
create or replace function almanac_private.insert_run(
  schedule almanac.schedules, scheduled_for timestamptz, due_at timestamptz, trigger almanac.run_trigger,
  payload jsonb, requested_by text, as_of timestamptz, counts_toward_overlap boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_run almanac.runs;
  v_status almanac.run_status := 'queued';
  v_reason text;
  v_cancels boolean := insert_run.counts_toward_overlap and schedule.overlap_policy = 'cancel_running';
  v_recorded record;
begin
  if v_cancels then
    perform almanac_private.lock_cancellable(array[schedule.id], true);
  end if;
  if insert_run.counts_toward_overlap
    and not (schedule.overlap_policy = 'allow' and schedule.max_concurrent is null)
  then
    select almanac_private.overlap_status(schedule.overlap_policy, schedule.max_concurrent, c.live, c.waiting),
      almanac_private.overlap_reason(schedule.overlap_policy, schedule.max_concurrent, c.live, c.waiting)
    into v_status, v_reason
    from (
      select case when v_cancels then l.running else l.live end as live, l.waiting
      from almanac_private.live_counts(schedule.id, schedule.overlap_policy, schedule.max_concurrent) l
    ) c;
  end if;
  v_recorded := almanac_private.record_verdicts(array[row(schedule.id, insert_run.scheduled_for, insert_run.due_at,
    v_status, v_reason, null, v_cancels, null, null, null, null, null, insert_run.trigger, insert_run.payload,
    schedule.run_as, insert_run.requested_by, insert_run.counts_toward_overlap)::almanac_private.verdict],
    '{}', insert_run.as_of);
  select r.* into v_run from almanac.runs r
  where r.id = v_recorded.run_ids[1] and r.scheduled_for = insert_run.scheduled_for;
  if v_run.status <> 'skipped' then
    insert into almanac_private.pending_counters (schedule_id, total, last_run_at)
    values (schedule.id, 1, insert_run.due_at);
  end if;
  return v_run;
end
$$;
comment on function almanac_private.insert_run(
  almanac.schedules, timestamptz, timestamptz, almanac.run_trigger, jsonb, text, timestamptz, boolean
) is
  'Writes one run that no rule names to the ledger, with its job, and counts it. counts_toward_overlap: the overlap '
  'policy looks at it, and it counts for others.';
