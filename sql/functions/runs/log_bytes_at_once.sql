create or replace function almanac_private.log_bytes_at_once() returns integer
language sql immutable parallel safe
return 300000;
comment on function almanac_private.log_bytes_at_once() is
  'How many bytes the lines may have that a run logs at once: more than a worker sends.';
