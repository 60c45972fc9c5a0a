-- Called by fire_due, resolve_rule and insert_run, with their rights and their settings.
create or replace function almanac_private.lock_cancellable(
  schedule_ids bigint[], waits boolean default false
) returns bigint[]
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_locked bigint[];
  v_held bigint[];
begin
  if lock_cancellable.waits then
    perform from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_cancellable.schedule_ids) and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r;
    return '{}';
  end if;
  v_locked := array(
    select r.id from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_cancellable.schedule_ids) and l.counts_toward_overlap
    order by r.scheduled_for, r.id for no key update of r skip locked);
  delete from almanac_private.held_runs h where h.run_id = any (v_locked);
  with held as (
    select r.id, r.scheduled_for, r.schedule_id from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.schedule_id = any (lock_cancellable.schedule_ids) and l.counts_toward_overlap
      and r.id <> all (v_locked) and r.finished_at is null
  ), noted as (
    insert into almanac_private.held_runs (run_id, scheduled_for, held_since)
    select h.id, h.scheduled_for, clock_timestamp() from held h on conflict do nothing
  )
  select array_agg(distinct h.schedule_id) into v_held from held h;
  return coalesce(v_held, '{}');
end
$$;
comment on function almanac_private.lock_cancellable(bigint[], boolean) is
  'Locks the runs that these schedules, whose overlap policy is cancel_running, may cancel for a later one, so that '
  'none begins or ends between the decision and its record. Returns the schedules of which someone else holds one: '
  'firing waits for no one. With waits it waits for all and returns none, for callers that must leave nothing to a '
  'later call.';
