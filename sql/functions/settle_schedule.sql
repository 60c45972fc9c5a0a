-- Definer: writes the ledger on behalf of whoever changes a schedule that is due.
create or replace function almanac_private.settle_schedule(
  schedule almanac.schedules, as_of timestamptz, max_steps integer default 20000,
  out cursor_at timestamptz, out next_scheduled_for timestamptz, out fired integer, out last_due timestamptz
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
as $$
declare
  v_at timestamptz := schedule.next_scheduled_for;
  v_tolerated timestamptz := settle_schedule.as_of - schedule.late_tolerance;
  v_window timestamptz := settle_schedule.as_of - schedule.catchup_window;
  v_follows timestamptz := schedule.cursor_at;
  v_first timestamptz;
  v_last timestamptz;
  v_count bigint := 0;
  v_run almanac.runs;
  v_steps integer := 0;
  v_following timestamptz;
begin
  fired := 0;
  cursor_at := schedule.cursor_at;
  while v_at <= settle_schedule.as_of and v_steps < settle_schedule.max_steps loop
    if schedule.max_runs <= schedule.total_runs + fired then
      v_at := null;
      exit;
    end if;
    v_steps := v_steps + 1;
    v_following := almanac_private.next_occurrence(schedule, v_at);
    if v_at >= v_tolerated
      or (v_at >= v_window and schedule.missed_run_policy = 'run_all')
      or (v_at >= v_window and schedule.missed_run_policy = 'run_latest' and (v_following is null or v_following > settle_schedule.as_of))
    then
      v_run := almanac_private.insert_run(schedule, v_at, v_at, 'schedule', schedule.payload, null, settle_schedule.as_of);
      if v_run.status <> 'skipped' then
        fired := fired + 1;
        last_due := v_at;
      end if;
    else
      v_first := coalesce(v_first, v_at);
      v_last := v_at;
      v_count := v_count + 1;
    end if;
    cursor_at := v_at;
    v_at := v_following;
  end loop;
  if v_count > 0 then
    perform almanac_private.record_omission(schedule.id, schedule.name, v_first, v_last, v_count, 'missed', v_follows, settle_schedule.as_of);
  end if;
  next_scheduled_for := case when schedule.max_runs <= schedule.total_runs + fired then null else v_at end;
end
$$;
comment on function almanac_private.settle_schedule(almanac.schedules, timestamptz, integer) is
  'Gives every occurrence due by as_of its outcome, one by one: a run, or a place in a stretch of missed ones. The path for what is behind; fire_due does the rest at once.';
