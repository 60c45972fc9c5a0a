-- Definer: writes the ledger on behalf of those who change a schedule.
--
-- The same two steps as fire_due, decide and record, for one schedule and by the rule that is about to go.
create or replace function almanac_private.resolve_rule(
  schedule almanac.schedules, as_of timestamptz, omit_as almanac.omission_reason, closing text default null
) returns almanac.schedules
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan
as $$
declare
  v_resolved almanac.schedules := schedule;
  v_follows timestamptz;
  v_decided record;
  v_note text;
  v_omit almanac.omission_reason := resolve_rule.omit_as;
  v_engine text;
begin
  v_engine := almanac_private.enter_engine();
  begin
    if resolve_rule.closing = 'delete' and v_omit is null
      and almanac_private.next_occurrence(schedule, schedule.next_scheduled_for) <= resolve_rule.as_of
    then
      -- Runs that would be cancelled at once, and may be thousands.
      v_omit := 'stopped';
    elsif v_omit is null and almanac_private.has_met_limit(schedule, resolve_rule.as_of) then
      v_omit := 'missed';
    end if;
    loop
      v_follows := v_resolved.cursor_at;
      if v_resolved.overlap_policy = 'cancel_running' then
        perform almanac_private.lock_cancellable(array[v_resolved.id], true);
      end if;
      select d.verdicts, d.course into v_decided
      from almanac_private.decide(v_resolved, resolve_rule.as_of, case when v_resolved.is_system then '{}'
        else almanac_private.stopped_times(least(v_resolved.cursor_at, v_resolved.next_run_at))
          + almanac_private.task_stopped_times(v_resolved.task_identifier,
            least(v_resolved.cursor_at, v_resolved.next_run_at)) end,
        null, case when v_omit is null then 500 else 20000 end, v_omit) d;
      perform almanac_private.record_verdicts(v_decided.verdicts, '{}', resolve_rule.as_of);
      v_resolved := almanac_private.on_course(v_resolved, v_decided.course);
      if v_omit is null and almanac_private.has_met_limit(schedule, resolve_rule.as_of) then
        v_omit := 'missed';
      end if;
      exit when not v_resolved.has_overrides
        and almanac_private.next_occurrence(v_resolved, v_resolved.cursor_at) <= resolve_rule.as_of is not true;
      if v_resolved.cursor_at = v_follows then
        -- What jitter or a calendar postpones: as a moved one it no longer depends on the rule, and what comes
        -- after it can be resolved.
        exit when resolve_rule.closing is null
          or not almanac_private.carry_over_occurrence(v_resolved, resolve_rule.as_of,
          'its rule changed before it ran',
          case when resolve_rule.closing <> 'hold' then almanac_private.most_windows() end);
        v_resolved.has_overrides := true;
      end if;
    end loop;
  exception when invalid_parameter_value then
    v_note := almanac_private.lost_timezone_note(schedule);
    if v_note is null then
      raise;
    end if;
    -- It can be paused, changed and deleted all the same.
    raise warning using errcode = 'AL002', hint = v_note,
      message = format('Occurrences of schedule %s since %s are not recorded: its times cannot be computed.',
        schedule.name,
        schedule.cursor_at);
    v_resolved := schedule;
  end;
  if resolve_rule.closing in ('stop', 'delete') and v_resolved.has_overrides then
    perform almanac_private.record_omission(o.schedule_id, v_resolved.name, o.scheduled_for, o.scheduled_for, 1,
      'stopped', null, resolve_rule.as_of)
    from almanac.occurrence_overrides o where o.schedule_id = v_resolved.id and o.is_owed and o.done_at is null;
    update almanac.occurrence_overrides o set done_at = resolve_rule.as_of
    where o.schedule_id = v_resolved.id and o.is_owed and o.done_at is null;
  end if;
  perform almanac_private.leave_engine(v_engine);
  return v_resolved;
end
$$;
comment on function almanac_private.resolve_rule(almanac.schedules, timestamptz, almanac.omission_reason, text) is
  'Resolves all that a rule owes up to as_of before it changes, however much it is, and returns the row as it is then. '
  'closing: hold, the rule ends here and what it has postponed stays due; stop, the schedule ends firing and that is '
  'recorded as stopped; delete, so is what it is behind with.';
