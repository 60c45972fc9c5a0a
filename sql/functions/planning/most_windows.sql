create or replace function almanac_private.most_windows() returns integer
language sql immutable parallel safe
return 1000;
comment on function almanac_private.most_windows() is
  'How many windows of calendars firing looks at before it puts off the rest of a look-up: some 10 ms.';
