-- Called by functions that have checked who may, with their rights.
create or replace function almanac_private.cancel_unbegun(
  run_ids bigint[], scheduled_fors timestamptz[], reason text
) returns integer
language plpgsql volatile set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say, like fire_due.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_runs bigint[];
  v_times timestamptz[];
  v_done record;
begin
  select array_agg(o.id), array_agg(o.scheduled_for) into v_runs, v_times
  from (
    select r.id, r.scheduled_for
    from unnest(cancel_unbegun.run_ids, cancel_unbegun.scheduled_fors) u(id, at)
    join almanac.runs r on r.id = u.id and r.scheduled_for = u.at
    where r.status in ('waiting', 'queued', 'retrying')
    order by r.scheduled_for, r.id for no key update of r
  ) o;
  v_done := almanac_private.cancel_locked_runs(v_runs, v_times, cancel_unbegun.reason, clock_timestamp());
  if v_done.cancelled is not null then
    perform almanac_private.notify_changed('almanac_runs', v_done.schedules);
  end if;
  return coalesce(cardinality(v_done.cancelled), 0);
end
$$;
comment on function almanac_private.cancel_unbegun(bigint[], timestamptz[], text) is
  'Cancels those of these runs that no worker has: their jobs go, their rows stay, with the reason. Returns how many.';
