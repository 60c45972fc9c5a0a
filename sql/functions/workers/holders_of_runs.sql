-- Definer: reads what only the engine may. The transaction that holds a run is in its xmax.
create or replace function almanac_private.holders_of_runs()
returns table (pid integer, schedule_name text, held_since timestamptz)
language plpgsql stable security definer set search_path to pg_catalog, pg_temp set lock_timeout to '200ms'
  -- By key, whatever the statistics say, like begin_runs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
#variable_conflict use_column
begin
  return query
  select l.pid, r.schedule_name, h.held_since
  from almanac_private.held_runs h
  join almanac.runs r on r.id = h.run_id and r.scheduled_for = h.scheduled_for
  cross join lateral almanac_private.lock_holders(r.xmax) x
  join pg_locks l on l.locktype = 'transactionid' and l.transactionid = x and l.granted;
exception when lock_not_available then
  return;
end
$$;
comment on function almanac_private.holders_of_runs() is
  'The processes that hold runs locked whose beginning or end is to be recorded, and since when that waits for them.';
grant execute on function almanac_private.holders_of_runs() to almanac_viewer, almanac_server;
