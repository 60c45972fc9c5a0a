-- Definer: writes the ledger.
create or replace function almanac_private.release_waiting(
  schedule_ids bigint[] default null, as_of timestamptz default now()
) returns integer
language plpgsql volatile security definer set search_path to pg_catalog, pg_temp
  -- By key, whatever the statistics say: a hash join would read all of a large table for a handful of rows, here and in
  -- add_jobs.
  set jit to off set enable_hashjoin to off set enable_mergejoin to off set enable_seqscan to off
as $$
declare
  v_count integer;
begin
  with queues as (
    select distinct l.schedule_id from almanac_private.live_runs l
    -- Steps wait for each other, not behind an earlier run.
    where l.is_waiting and l.parent_id is null
      and (release_waiting.schedule_ids is null or l.schedule_id = any (release_waiting.schedule_ids))
  ), candidates as (
    -- Once for each queue: looked at for each of its runs, a queue of thousands would take minutes.
    select o.run_id, o.scheduled_for
    from queues q
    cross join lateral (
      select l.run_id, l.scheduled_for from almanac_private.live_runs l
      where l.schedule_id = q.schedule_id and l.is_waiting and l.parent_id is null order by l.run_id limit 1
    ) o
    where not exists (
      select from almanac_private.live_runs b
      where b.schedule_id = q.schedule_id and not b.is_waiting and b.counts_toward_overlap
    )
  ), locked as (
    select r.id, r.scheduled_for from almanac.runs r
    join candidates c on c.run_id = r.id and c.scheduled_for = r.scheduled_for
    where r.status = 'waiting'
    order by r.id for update of r skip locked
  ), released as (
    update almanac.runs r set status = 'queued', reason = null, queued_at = release_waiting.as_of
    from locked l where r.id = l.id and r.scheduled_for = l.scheduled_for
    returning r.*
  ), freed as (
    update almanac_private.live_runs l set is_waiting = false
    from released r where l.schedule_id = r.schedule_id and l.run_id = r.id
  ), added as (
    select count(*) from graphile_worker.add_jobs(array(
      select almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger, r.task_identifier,
        r.payload, r.priority, null, r.lost_attempts)
      from released r order by r.id
    ))
  )
  select count(*) into v_count from released, (select count(*) from added) a;
  return v_count;
end
$$;
comment on function almanac_private.release_waiting(bigint[], timestamptz) is
  'Queues the oldest waiting run of each schedule that has none unfinished. Called when runs end, and with every '
  'heartbeat: an end and a firing at the same moment do not see each other.';
grant execute on function almanac_private.release_waiting(bigint[], timestamptz) to almanac_worker;
