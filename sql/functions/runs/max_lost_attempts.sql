create or replace function almanac_private.max_lost_attempts() returns integer
language sql stable parallel safe
return (select (s.value #>> '{}')::integer from almanac_private.settings s where s.key = 'max_lost_attempts');
comment on function almanac_private.max_lost_attempts() is
  'How many workers may be lost with a run: with the last of them it fails, as its task may be what ends them.';
