create or replace function almanac_private.bytes_a_call() returns bigint
language sql immutable parallel safe
return 2000000;
comment on function almanac_private.bytes_a_call() is
  'About how many bytes of payload one call of fire_due stores: to write a megabyte takes 0.1 s, and what is due '
  'meanwhile waits.';
