-- Called by cancel_locked_runs, and by maintenance, with their rights and settings.
create or replace function almanac_private.cancel_children(
  parent_ids bigint[], reason text, as_of timestamptz
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  select array_agg(o.id), array_agg(o.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from almanac_private.live_runs l join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    where l.parent_id = any (cancel_children.parent_ids) and r.cancel_requested_at is null
    order by r.scheduled_for, r.id
    -- One that is beginning or ending at this moment is found by the next heartbeat.
    for no key update of r skip locked
  ) o;
  if v_runs is null then
    return 0;
  end if;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, cancel_children.reason, cancel_children.as_of);
  return coalesce(cardinality(v_done.cancelled), 0) + coalesce(cardinality(v_done.asked), 0);
end
$$;
comment on function almanac_private.cancel_children(bigint[], text, timestamptz) is
  'Cancels the unfinished children of parent runs, as cancel_locked_runs() does. Returns how many.';
