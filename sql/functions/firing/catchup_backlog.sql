-- Called by decide, with its rights and its settings.
create or replace function almanac_private.catchup_backlog(
  schedule almanac.schedules, as_of timestamptz
) returns integer
language sql stable set search_path to pg_catalog, pg_temp
return case
  when schedule.missed_run_policy = 'run_all' and schedule.overlap_policy = 'allow'
    and schedule.next_run_at < catchup_backlog.as_of - schedule.late_tolerance
  then coalesce((
    select least(ceil(extract(epoch from j.run_at - catchup_backlog.as_of) * schedule.catchup_per_minute / 60),
      1000000000)::integer + 1
    from almanac_private.live_runs l
    join almanac.runs r on r.id = l.run_id and r.scheduled_for = l.scheduled_for
    join graphile_worker.jobs j on j.key = 'run:' || l.run_id
    -- Not one that waits for its next attempt, nor one that was on time.
    where l.schedule_id = (catchup_backlog.schedule).id and l.counts_toward_overlap and r.status = 'queued'
      and r.attempt = 0
      and r.due_at < r.queued_at - (catchup_backlog.schedule).late_tolerance and j.run_at > catchup_backlog.as_of
    order by l.run_id desc limit 1
  ), 0)
  else 0
end;
comment on function almanac_private.catchup_backlog(almanac.schedules, timestamptz) is
  'How many runs of a schedule that is being caught up concurrently are still pending at its pace, so that the next '
  'ones follow them.';
