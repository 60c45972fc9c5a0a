-- Called by what fires, with its rights.
create or replace function almanac_private.begun_at(schedule_id bigint) returns timestamptz
language sql stable set search_path to pg_catalog, pg_temp
return (
  select case when bool_or(l.is_waiting or r.status = 'retrying' or r.attempt > 1) then '-infinity'
    else coalesce(min(r.started_at) filter (where r.status = 'running' and w.id is not null), 'infinity') end
  from almanac_private.live_runs l
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  left join almanac.workers w on w.id = r.worker_id and w.last_heartbeat_at > clock_timestamp() - interval '7 seconds'
  where l.schedule_id = begun_at.schedule_id and l.in_line
);
comment on function almanac_private.begun_at(bigint) is
  'When the first of the runs of a schedule that go on began; infinity: none has, as far as is known of its worker; -infinity: some wait for others, or are tried again. What came due before, and was reached late, overlaps none of them.';
