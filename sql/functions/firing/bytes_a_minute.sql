create or replace function almanac_private.bytes_a_minute(an_hour bigint) returns bigint
language sql immutable parallel safe
return least(an_hour, greatest(an_hour / 20, 10000000));
comment on function almanac_private.bytes_a_minute(bigint) is
  'How many of an hour''s bytes of payload one minute may have: a twentieth, or 10 MB. A plain expression, so that '
  'callers inline it.';
