-- Definer: writes the ledger; whose run it is, is checked first.
create or replace function almanac.cancel_run(run_id bigint, reason text default null) returns almanac.runs
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_run almanac.runs := almanac_private.find_run(cancel_run.run_id);
  v_note text := almanac_private.said_by('cancelled', cancel_run.reason);
  v_done record;
begin
  if not almanac_private.may_change_run(v_run) then
    perform almanac_private.refuse_change(v_run.schedule_id);
  end if;
  select r.* into v_run from almanac.runs r where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for
    for no key update;
  if v_run.finished_at is not null then
    raise exception using errcode = 'AL013', message = format('Run %s has ended.', v_run.id),
      detail = format('Its status has been %s since %s.', v_run.status,
        almanac_private.recorded_time(v_run.finished_at)),
      hint = 'What has ended stays as it is. almanac.retry_run() repeats a run that failed or was cancelled.';
  end if;
  v_done := almanac_private.cancel_locked_runs(array[v_run.id], array[v_run.scheduled_for], v_note, clock_timestamp());
  if v_done.schedules is not null then
    perform almanac_private.release_waiting(v_done.schedules, clock_timestamp());
    perform almanac_private.notify_changed('almanac_runs', v_done.schedules);
  end if;
  select r.* into v_run from almanac.runs r where r.id = v_run.id and r.scheduled_for = v_run.scheduled_for;
  return v_run;
end
$$;
comment on function almanac.cancel_run(bigint, text) is
  'Cancels a run: one that is waiting, queued or retrying at once; of one that is running, the worker aborts the '
  'task, and it is running until that has ended (cancel_requested_at). The same again changes nothing. AL013: it has '
  'ended.';
grant execute on function almanac.cancel_run(bigint, text) to almanac_operator;
