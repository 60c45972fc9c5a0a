create or replace function almanac_private.task_stopped_times(task text, since timestamptz) returns tstzmultirange
language sql stable parallel safe
return coalesce((
  select range_agg(tstzrange(s.stopped_at, s.resumed_at)) from almanac.task_stops s
  where s.task_identifier = task_stopped_times.task and not s.catch_up
    and (s.resumed_at is null or s.resumed_at > since)), '{}');
comment on function almanac_private.task_stopped_times(text, timestamptz) is
  'When a task was switched off, as far as that had not ended before a moment: what its schedules had due then is not '
  'caught up.';
