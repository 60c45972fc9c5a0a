create or replace function almanac_private.recorded_time(at timestamptz, timezone text default 'UTC') returns text
language sql stable strict parallel safe
return almanac_private.spoken_time(date_trunc('second', at), timezone);
comment on function almanac_private.recorded_time(timestamptz, text) is
  'When something happened, as people read it: to the second, as a clock in the zone shows it.';
grant execute on function almanac_private.recorded_time(timestamptz, text) to almanac_viewer;
