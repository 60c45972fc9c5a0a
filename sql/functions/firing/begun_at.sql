-- Called by what fires, with its rights.
create or replace function almanac_private.begun_at(schedule_id bigint, due_at timestamptz, as_of timestamptz)
returns timestamptz
language sql stable set search_path to pg_catalog, pg_temp
return (
  select case
    -- Nothing was held up: neither this firing, nor those of what goes on.
    when begun_at.due_at >= begun_at.as_of - interval '1 second'
      and not bool_or(r.due_at < coalesce(r.queued_at, begun_at.as_of) - interval '1 second') then '-infinity'
    when bool_or(r.status = 'retrying' or r.attempt > 1) or count(*) filter (where l.is_waiting) >= 100
      then '-infinity'
    else coalesce(min(r.started_at) filter (where r.status = 'running' and w.id is not null), 'infinity')
  end
  from almanac_private.live_runs l
  join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
  left join almanac.workers w on w.id = r.worker_id and w.last_heartbeat_at > clock_timestamp() - interval '7 seconds'
  where l.schedule_id = begun_at.schedule_id and l.in_line
);
comment on function almanac_private.begun_at(bigint, timestamptz, timestamptz) is
  'When the first of the runs of a schedule that go on began, if it, or the occurrence due now, was fired more than '
  'a second late; infinity: none has begun, as far as is known of its worker; -infinity: nothing was late, or a run '
  'is tried again, or a hundred wait. What came due before does not overlap them: the engine was held up.';
