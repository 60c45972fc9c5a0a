-- Definer: writes the ledger; trigger_run checks whether the caller may.
create or replace function almanac.trigger_now(
  schedule text, payload jsonb default null, respect_overlap boolean default false
) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_schedule almanac.schedules := almanac_private.find_schedule(trigger_now.schedule);
begin
  return almanac_private.trigger_run(v_schedule, coalesce(trigger_now.payload, v_schedule.payload),
    trigger_now.respect_overlap);
end
$$;
comment on function almanac.trigger_now(text, jsonb, boolean) is
  'Runs a schedule''s task once, now, with its own payload or another. The next planned run is unaffected. The run '
  'is outside the overlap policy; with respect_overlap it waits, is skipped (look at the status returned) or cancels '
  'what is running, as the policy says, and counts for later ones.';
grant execute on function almanac.trigger_now(text, jsonb, boolean) to almanac_operator;
