-- Called by functions that end runs, and by maintenance, with their rights and settings.
--
-- Asked once for all runs that a call has ended, not for each. Nearly always the answer is "not yet", by one look into
-- an index of live_runs, from the youngest child on: older ones end first, and their entries are dead.
--
-- No lock of a run is waited for: a parent that someone holds is ended by the next heartbeat, which asks for all. Two
-- workers that end the last two children at one moment take turns (take_parents_turns). Cancelling takes none, as a
-- person's transaction may stay open: what it ended at such a moment the heartbeat finds.
create or replace function almanac_private.end_parents(parent_ids bigint[], as_of timestamptz) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_found record;
  v_counts jsonb;
  v_ended bigint[] := '{}';
  v_queueing bigint[] := '{}';
begin
  if exists (
    select from almanac_private.live_runs l where l.is_waiting and l.parent_id is not null
      and (end_parents.parent_ids is null or l.parent_id = any (end_parents.parent_ids))
  ) then
    perform almanac_private.start_steps(end_parents.parent_ids, end_parents.as_of);
  end if;
  for v_found in
    select r.id, r.scheduled_for, r.schedule_id, r.cancel_requested_at, r.children
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.children is not null and (end_parents.parent_ids is null or l.run_id = any (end_parents.parent_ids))
      and not exists (
        select from (
          select from almanac_private.live_runs c where c.parent_id = l.run_id order by c.run_id desc limit 1) y)
      and case when r.status = 'running' then true else false end
    order by r.scheduled_for, r.id for no key update of r skip locked
  loop
    v_counts := almanac_private.count_children(v_found.id, v_found.scheduled_for);
    update almanac.runs r
    set status = almanac_private.status_of_parent(v_counts, r.cancel_requested_at), finished_at = end_parents.as_of,
      final_counts = coalesce(v_counts, '{}'), progress = 1, progress_note = null,
      error = case when v_counts ?| array['failed', 'timed_out']
        then almanac_private.children_note(r.id, r.scheduled_for, r.children, v_counts) end,
      reason = case when v_counts ? 'cancelled' and r.reason is null
        then format('%s of its %s children were cancelled', v_counts ->> 'cancelled', r.children)
        when r.reason is null and almanac_private.status_of_parent(v_counts, r.cancel_requested_at) = 'skipped'
        then 'all of its steps were skipped' else r.reason end
    where r.id = v_found.id and r.scheduled_for = v_found.scheduled_for;
    delete from almanac_private.live_runs l where l.schedule_id = v_found.schedule_id and l.run_id = v_found.id;
    perform almanac_private.count_runs(v_found.scheduled_for, v_found.scheduled_for, array[v_found.id]);
    v_ended := v_ended || v_found.id;
    v_queueing := v_queueing || v_found.schedule_id;
  end loop;
  if v_ended <> '{}' then
    perform almanac_private.release_waiting(v_queueing, end_parents.as_of);
    perform almanac_private.notify_changed('almanac_runs', v_queueing);
  end if;
  return v_ended;
end
$$;
comment on function almanac_private.end_parents(bigint[], timestamptz) is
  'Starts the steps of these parent runs (null: of all) that can begin now, and ends those that have begun and of '
  'which no child is unfinished: their state and their counts follow from those of their children. Returns which.';
