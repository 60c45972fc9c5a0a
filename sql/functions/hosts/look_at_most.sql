create or replace function almanac_private.look_at_most() returns integer
language sql immutable parallel safe
return 100000;
comment on function almanac_private.look_at_most() is
  'How many of Graphile Worker''s jobs one call reads: an application may have millions.';
