create or replace function almanac_private.most_steps(schedule almanac.schedules, most integer) returns integer
language sql stable parallel safe
return least(most,
  greatest(1, almanac_private.bytes_a_call() / almanac_private.payload_bytes((schedule).payload)))::integer;
comment on function almanac_private.most_steps(almanac.schedules, integer) is
  'How many occurrences of a schedule that is behind are resolved in one go: the fewer the larger its payload is, '
  'which each run stores.';
