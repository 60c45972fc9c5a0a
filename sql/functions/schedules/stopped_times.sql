create or replace function almanac_private.stopped_times(since timestamptz) returns tstzmultirange
language sql stable parallel safe
return coalesce((
  select range_agg(tstzrange(s.stopped_at, s.resumed_at)) from almanac.stops s
    where not s.catch_up and (s.resumed_at is null or s.resumed_at > since)), '{}');
comment on function almanac_private.stopped_times(timestamptz) is
  'When all schedules were paused, by global pauses that have not ended before a moment: what was due then is not '
  'caught '
  'up.';
