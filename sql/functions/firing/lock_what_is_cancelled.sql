-- Called by fire_due, with its rights and settings.
create or replace function almanac_private.lock_what_is_cancelled(schedule_ids bigint[]) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_locked bigint[];
  v_held bigint[];
begin
  v_locked := array(
    select r.id from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_what_is_cancelled.schedule_ids) and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r skip locked);
  delete from almanac_private.held_runs h where h.run_id = any (v_locked);
  with held as (
    select r.id, r.scheduled_for, r.schedule_id from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_what_is_cancelled.schedule_ids)
      and l.counts_toward_overlap and r.id <> all (v_locked) and r.finished_at is null
  ), noted as (
    insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
    select h.id, h.scheduled_for, clock_timestamp() from held h on conflict do nothing
  )
  select array_agg(distinct h.schedule_id) into v_held from held h;
  return coalesce(v_held, '{}');
end
$$;
comment on function almanac_private.lock_what_is_cancelled(bigint[]) is
  'Locks the runs that these schedules will cancel for a later one, so that none begins or ends between the decision '
  'and its record, and returns the schedules of which someone else holds one: who fires waits for no one.';
