-- Definer: writes the ledger, for workers, which write no table. It raises nothing and waits for no one: a run does not
-- fail for what it says of itself.
create or replace function almanac_private.note_progress(reports jsonb) returns boolean
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
    set plan_cache_mode to force_generic_plan set lock_timeout to '50ms'
as $$
declare
  v_report record;
begin
  for v_report in
    select g.* from jsonb_to_recordset(note_progress.reports) g (run_id bigint, scheduled_for timestamptz,
      attempt integer, progress real, note text)
    where g.progress between 0 and 1 order by g.scheduled_for, g.run_id limit 1000
  loop
    -- The row is found, and locked, before it is looked at: one that someone holds is passed over.
    update almanac.runs r
    set progress = v_report.progress, progress_note = nullif(almanac_private.kept_text(v_report.note, 200), '')
    where r.scheduled_for = v_report.scheduled_for and r.id = any (array(
      select h.id from almanac.runs h
      where h.id = v_report.run_id and h.scheduled_for = v_report.scheduled_for and h.status = 'running'
        and h.attempt = v_report.attempt
      for no key update skip locked));
  end loop;
  return true;
exception when others then
  return false;
end
$$;
comment on function almanac_private.note_progress(jsonb) is
  'Notes how far runs say they are: [{"run_id", "scheduled_for", "attempt", "progress": 0 to 1, "note"}]. Those that '
  'someone holds locked, and those that do not run this attempt, are passed over. False: it could not be noted.';
grant execute on function almanac_private.note_progress(jsonb) to almanac_worker;
