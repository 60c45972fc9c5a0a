-- Definer: writes the ledger; whose runs they are is checked for each.
create or replace function almanac.cancel_runs(
  filter jsonb, reason text default null, max_count integer default 1000,
  out cancelled integer, out stopping integer, out is_done boolean
)
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp set jit to off
as $$
declare
  v_filter almanac_private.run_filter := almanac_private.read_run_filter(cancel_runs.filter);
  v_note text := almanac_private.said_by('cancelled', cancel_runs.reason);
  v_found bigint[];
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  perform almanac_private.checked_count(cancel_runs.max_count, 10000);
  select array_agg(f.id order by f.scheduled_for, f.id), array_agg(f.scheduled_for order by f.scheduled_for, f.id)
  into v_found, v_times
  from (
    select u.id, u.scheduled_for from almanac_private.unfinished_runs(v_filter) u
    where u.is_mine and not u.is_stopping
    order by u.scheduled_for, u.id limit cancel_runs.max_count
  ) f;
  select array_agg(l.id), array_agg(l.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from unnest(v_found, v_times) u(id, at) join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
    -- One that has begun since it was found, and was not asked for as running, continues.
    where v_filter.status is null or r.status = any (v_filter.status)
    order by r.scheduled_for, r.id
    -- One that is beginning or ending at this moment is left to the next call.
    for no key update of r skip locked
  ) l;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, v_note, clock_timestamp());
  if v_done.schedules is not null then
    perform almanac_private.release_waiting(v_done.schedules, clock_timestamp());
    perform almanac_private.notify_changed('almanac_runs', v_done.schedules);
  end if;
  cancelled := coalesce(cardinality(v_done.cancelled), 0);
  stopping := coalesce(cardinality(v_done.asked), 0);
  is_done := coalesce(cardinality(v_found), 0) < cancel_runs.max_count
    and coalesce(cardinality(v_runs), 0) = coalesce(cardinality(v_found), 0);
end
$$;
comment on function almanac.cancel_runs(jsonb, text, integer) is
  'Cancels the unfinished runs that fit a filter, as cancel_run() does each, as far as the caller may change their '
  'schedules: the oldest first, at most max_count per call, so call it until is_done. filter: an object of ids, '
  'schedule (its name), schedule_id, task, tag, run_as, worker_id, trigger, status (one or a list), since and until '
  '(of scheduled_for), search (in names and errors), without_frequent; a run must fit all that is given. '
  'count_runs_to_cancel() says beforehand how many. cancelled: at once; stopping: their workers are asked.';
grant execute on function almanac.cancel_runs(jsonb, text, integer) to almanac_operator;
