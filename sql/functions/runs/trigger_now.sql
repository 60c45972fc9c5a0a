-- Definer: writes the ledger; the caller's right to do so is checked first.
create or replace function almanac.trigger_now(
  schedule text, payload jsonb default null, respect_overlap boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
  v_payload jsonb := coalesce(trigger_now.payload, v_schedule.payload);
begin
  if not almanac_private.may_change(v_schedule.owner_user, v_schedule.run_as_key) or v_schedule.is_system
    and v_payload is distinct from v_schedule.payload then
    perform almanac_private.refuse_change(v_schedule.id);
  end if;
  perform almanac_private.count_uses('triggers', 1);
  if trigger_now.respect_overlap then
    -- As for whoever fires it: of two at the same time one sees the other's run.
    perform from almanac.schedules s where s.id = v_schedule.id for no key update;
  end if;
  if v_payload is not distinct from v_schedule.payload then
    -- Its size was checked when it was written; since then the schema of the task may have changed.
    perform almanac_private.check_payload_fits(v_schedule.task_identifier, v_payload);
  else
    perform almanac_private.check_payload(v_schedule.task_identifier, v_payload);
    perform almanac_private.check_task_use(v_schedule.task_identifier);
    v_schedule.run_as := almanac_private.run_as_after(almanac_private.role_of_key(v_schedule.run_as_key),
      almanac_private.role_served(almanac_private.caller()));
  end if;
  perform almanac_private.check_limits(v_schedule.run_as, almanac_private.payload_bytes(v_payload));
  perform almanac_private.notify_changed('almanac_runs', array[v_schedule.id]);
  return almanac_private.insert_run(v_schedule, clock_timestamp(), clock_timestamp(), 'manual', v_payload,
    almanac_private.actor(), clock_timestamp(),
    counts_toward_overlap => trigger_now.respect_overlap);
end
$$;
comment on function almanac.trigger_now(text, jsonb, boolean) is
  'Runs a schedule''s task once, now, with its own payload or another. The next planned run is unaffected. The run '
  'is outside the overlap policy; with respect_overlap it waits, is skipped (look at the status returned) or cancels '
  'what is running, as the policy says, and counts for later ones.';
grant execute on function almanac.trigger_now(text, jsonb, boolean) to almanac_operator;
