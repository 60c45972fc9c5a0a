-- Called by settle_schedule, with its rights and its settings.
create or replace function almanac_private.catchup_backlog(schedule almanac.schedules, as_of timestamptz) returns integer
language sql stable set search_path to pg_catalog, pg_temp
return case when schedule.missed_run_policy = 'run_all' and schedule.next_run_at < catchup_backlog.as_of - schedule.late_tolerance then coalesce((
  select ceil(extract(epoch from j.run_at - catchup_backlog.as_of) * schedule.catchup_per_minute / 60)::integer + 1
  from (
    select l.run_id from almanac_private.live_runs l
    where l.schedule_id = (catchup_backlog.schedule).id and l.trigger = 'schedule' and not l.is_waiting order by l.run_id desc limit 1
  ) l
  join graphile_worker.jobs j on j.key = 'run:' || l.run_id
  where j.run_at > catchup_backlog.as_of
), 0) else 0 end;
comment on function almanac_private.catchup_backlog(almanac.schedules, timestamptz) is
  'How many runs of a schedule that is being caught up are still to come at its pace, so that the next ones follow them.';
