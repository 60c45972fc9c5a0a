-- Called by trigger_now and retry_run, with their rights.
create or replace function almanac_private.trigger_run(
  schedule almanac.schedules, payload jsonb, respect_overlap boolean, retried almanac.runs default null,
  reason text default null, is_part boolean default false, graph jsonb default null
) returns almanac.runs
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_run almanac.runs;
  v_now timestamptz;
begin
  if not almanac_private.may_change(schedule.owner_user, schedule.run_as_key) or schedule.is_system
    and trigger_run.payload is distinct from schedule.payload then
    perform almanac_private.refuse_change(schedule.id);
  end if;
  if not schedule.is_system then
    perform almanac_private.check_task_is_on(schedule.task_identifier);
    perform almanac_private.check_target_use(schedule, trigger_run.graph);
  end if;
  perform almanac_private.count_uses('triggers', 1);
  if trigger_run.respect_overlap then
    -- As in firing: of two at the same time one sees the other's run.
    perform from almanac.schedules s where s.id = schedule.id for no key update;
  end if;
  if (trigger_run.is_part or trigger_run.payload is not distinct from schedule.payload)
    -- An earlier version of a workflow is someone's text, as a payload is.
    and (trigger_run.graph is null or schedule.target <> 'workflow'
      or almanac_private.graph_as_defined(trigger_run.graph) = almanac_private.graph_of(schedule)) then
    -- Its size was checked when it was written; since then the schema of the task may have changed.
    perform almanac_private.check_target_payload(schedule, trigger_run.payload, trigger_run.graph);
  else
    perform almanac_private.check_payload(schedule, trigger_run.payload, trigger_run.graph);
    schedule.run_as := almanac_private.run_as_after(almanac_private.role_of_key(schedule.run_as_key),
      almanac_private.role_served(almanac_private.caller()));
  end if;
  perform almanac_private.check_limits(almanac_private.account(schedule.run_as, schedule.owner_user),
    almanac_private.payload_bytes(trigger_run.payload));
  perform almanac_private.notify_changed('almanac_runs', array[schedule.id]);
  v_now := clock_timestamp();
  v_run := almanac_private.insert_run(schedule, coalesce(retried.scheduled_for, v_now), v_now, 'manual',
    trigger_run.payload, almanac_private.actor(), v_now, counts_toward_overlap => trigger_run.respect_overlap);
  if retried.id is not null then
    update almanac.runs r set retried_from = retried.id, request_reason = trigger_run.reason,
      graph = coalesce(trigger_run.graph, r.graph),
      children = case when trigger_run.graph is null then r.children else (
        select count(*) from jsonb_array_elements(trigger_run.graph) g(step) where not g.step ? 'run') end
    where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for
    returning r.* into v_run;
  end if;
  return v_run;
end
$$;
comment on function almanac_private.trigger_run(
  almanac.schedules, jsonb, boolean, almanac.runs, text, boolean, jsonb
) is
  'Runs a schedule''s task once, now, if the caller may, with a payload that is checked. retried: the run that it '
  'repeats, whose nominal time it has; reason: why, as the caller says; is_part: the payload is a part of the list '
  'that the schedule has; graph: the steps to run.';
