create or replace function almanac_private.day_start(day date) returns timestamptz
language sql immutable strict parallel safe
return day::timestamp at time zone 'UTC';
comment on function almanac_private.day_start(date) is 'When a day begins in UTC.';
grant execute on function almanac_private.day_start(date) to almanac_viewer;
