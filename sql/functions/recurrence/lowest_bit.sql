create or replace function almanac_private.lowest_bit(mask bigint) returns integer
language sql immutable parallel safe
return (ln((mask & -mask)::float8) * 1.4426950408889634)::integer;
comment on function almanac_private.lowest_bit(bigint) is
  'Number of the lowest bit that is set, which there must be. A plain expression, so that callers inline it.';
grant execute on function almanac_private.lowest_bit(bigint) to almanac_viewer;
