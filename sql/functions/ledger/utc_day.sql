create or replace function almanac_private.utc_day(at timestamptz) returns date
language sql immutable strict parallel safe
return (at at time zone 'UTC')::date;
comment on function almanac_private.utc_day(timestamptz) is 'The day in UTC of a time.';
grant execute on function almanac_private.utc_day(timestamptz) to almanac_viewer;
