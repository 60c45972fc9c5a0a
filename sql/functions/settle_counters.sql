-- Definer: writes computed columns.
create or replace function almanac_private.settle_counters() returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_count integer;
begin
  perform set_config('almanac.engine', 'on', true);
  v_ids := array(
    select s.id from almanac.schedules s
    where s.id in (select u.schedule_id from almanac_private.unsettled_counters u)
    order by s.id for no key update skip locked
  );
  with taken as (
    delete from almanac_private.unsettled_counters u
    where u.schedule_id = any (v_ids) or not exists (select from almanac.schedules s where s.id = u.schedule_id)
    returning u.*
  ), summed as (
    select t.schedule_id, sum(t.failed) as failed, (array_agg(t.last_status order by t.id desc))[1] as last_status from taken t group by t.schedule_id
  )
  update almanac.schedules s set failed_runs = s.failed_runs + c.failed, last_status = c.last_status
  from summed c where s.id = c.schedule_id;
  get diagnostics v_count = row_count;
  perform set_config('almanac.engine', 'off', true);
  return v_count;
end
$$;
comment on function almanac_private.settle_counters() is 'Applies the counters that finish_runs could not, because someone held the schedule locked.';
grant execute on function almanac_private.settle_counters() to almanac_worker;
