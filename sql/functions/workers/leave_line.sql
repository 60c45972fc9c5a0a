-- Called by heartbeat, with its rights. Without looking at runs: a heartbeat continues while someone holds that table
-- locked.
create or replace function almanac_private.leave_line(worker_id bigint, ended jsonb) returns void
language sql volatile set search_path to pg_catalog, pg_temp
begin atomic
  update almanac_private.live_runs l set counts_toward_overlap = false
  from (
    select l.schedule_id, l.run_id
    from (
      select (e.ended ->> 'scheduleId')::bigint as schedule_id, (e.ended ->> 'runId')::bigint as run_id
      from jsonb_array_elements(leave_line.ended) e(ended) limit 10000
    ) e
    join almanac_private.live_runs l on l.schedule_id = e.schedule_id and l.run_id = e.run_id
      and l.counts_toward_overlap
    where e.run_id = any (array(
      select unnest(w.run_ids) from almanac.workers w where w.id = leave_line.worker_id))
    -- Those that are locked are being recorded.
    for update of l skip locked
  ) e
  where l.schedule_id = e.schedule_id and l.run_id = e.run_id;
end;
comment on function almanac_private.leave_line(bigint, jsonb) is
  'Runs that a worker has have ended for good, [{"scheduleId", "runId"}], and it could not record that yet: they are '
  'no longer in the way of any occurrence. At most 10,000.';
