create or replace function almanac_private.spoken_time(at timestamptz, timezone text) returns text
language sql stable strict parallel safe
return to_char(at at time zone timezone, 'Dy DD Mon YYYY HH24:MI:SS')
  || coalesce('.' || nullif(rtrim(to_char(at, 'US'), '0'), ''), '') || ' (' || timezone || ')';
comment on function almanac_private.spoken_time(timestamptz, text) is
  'An instant as people read it: as a clock in the zone shows it, with fractions of a second if it has any, and with '
  'the zone.';
grant execute on function almanac_private.spoken_time(timestamptz, text) to almanac_viewer;
