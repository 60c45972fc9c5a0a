-- Definer: writes computed columns.
create or replace function almanac_private.apply_counters(
  deltas almanac_private.pending_counters[] default '{}', schedule_ids bigint[] default null
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_ids bigint[];
  v_count integer;
  v_engine text;
begin
  begin
    lock table almanac.schedules in row exclusive mode nowait;
  exception when lock_not_available then
    -- Runs end meanwhile: no one waits for a counter, and so no end waits for a session that locks the table.
    insert into almanac_private.pending_counters (schedule_id, failed, last_status, total, last_run_at,
      has_succeeded, failed_since)
    select d.schedule_id, d.failed, d.last_status, d.total, d.last_run_at, d.has_succeeded, d.failed_since
    from unnest(apply_counters.deltas) d;
    return 0;
  end;
  v_engine := almanac_private.enter_engine();
  v_ids := array(
    select s.id from almanac.schedules s
    where s.id
      = any (coalesce(apply_counters.schedule_ids,
      array(select distinct u.schedule_id from almanac_private.pending_counters u)))
    order by s.id for no key update skip locked
  );
  with taken as (
    delete from almanac_private.pending_counters u
    where u.schedule_id = any (v_ids)
      or apply_counters.schedule_ids is null
        and not exists (select from almanac.schedules s where s.id = u.schedule_id)
    returning u.*
  ), kept as (
    insert into almanac_private.pending_counters (schedule_id, failed, last_status, total, last_run_at,
      has_succeeded, failed_since)
    select d.schedule_id, d.failed, d.last_status, d.total, d.last_run_at, d.has_succeeded, d.failed_since
    from unnest(apply_counters.deltas) d
    where d.schedule_id <> all (v_ids) and exists (select from almanac.schedules s where s.id = d.schedule_id)
  ), ordered as (
    -- Those that waited came before.
    select t.*, coalesce(t.id, 9223372036854775807) as position from taken t
    union all
    select d.*, 9223372036854775807 from unnest(apply_counters.deltas) d where d.schedule_id = any (v_ids)
  ), summed as (
    select o.schedule_id, sum(o.total) as total, max(o.last_run_at) as last_run_at, sum(o.failed) as failed,
      (array_agg(o.last_status order by o.position desc) filter (where o.last_status is not null))[1] as last_status,
        bool_or(o.has_succeeded) as has_succeeded,
      sum(o.failed_since) filter (where o.position >= coalesce(o.succeeded_at, 0)) as failed_since
    from (
      select o.*, max(o.position) filter (where o.has_succeeded) over (partition by o.schedule_id) as succeeded_at
        from ordered o
    ) o
    group by o.schedule_id
  )
  update almanac.schedules s
  set total_runs = s.total_runs + c.total, last_run_at = greatest(s.last_run_at, c.last_run_at),
    failed_runs = s.failed_runs + c.failed,
    last_status = coalesce(c.last_status, s.last_status),
    consecutive_failures = case when c.has_succeeded then 0 else s.consecutive_failures end + c.failed_since
  from summed c where s.id = c.schedule_id;
  get diagnostics v_count = row_count;
  perform almanac_private.leave_engine(v_engine);
  return v_count;
end
$$;
comment on function almanac_private.apply_counters(almanac_private.pending_counters[], bigint[]) is
  'Adds to the counters of schedules (null: of all) what waits in pending_counters, and then deltas. What belongs '
  'to a row that someone holds locked, or to any while the table is, waits there: no one waits for a counter.';
