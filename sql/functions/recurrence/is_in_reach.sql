create or replace function almanac_private.is_in_reach(at timestamptz) returns boolean
language sql immutable parallel safe
return isfinite(at) and at >= '0001-01-01Z' and at < '10000-01-01Z';
comment on function almanac_private.is_in_reach(timestamptz) is
  'Whether a time is finite and in the years 1 to 9999: near the ends of what PostgreSQL holds sums overflow, and few '
  'programs read a year of five digits.';
grant execute on function almanac_private.is_in_reach(timestamptz) to almanac_viewer;
