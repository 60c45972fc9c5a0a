create or replace function almanac_private.month_start(month integer) returns integer
language sql immutable strict parallel safe
return 365 * (month / 12) + month / 48 - month / 1200 + month / 4800 + (153 * (month % 12) + 2) / 5;
comment on function almanac_private.month_start(integer) is
  'Day on which a month begins; both count from March of the year 0. A plain expression, so that callers inline it.';
grant execute on function almanac_private.month_start(integer) to almanac_viewer;
