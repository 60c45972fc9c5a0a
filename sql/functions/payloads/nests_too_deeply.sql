create or replace function almanac_private.nests_too_deeply(value jsonb) returns boolean
language sql immutable strict parallel safe
-- The level below the deepest: more than that is never looked at.
return jsonb_path_exists(nests_too_deeply.value, 'strict $.**{100}');
comment on function almanac_private.nests_too_deeply(jsonb) is
  'Whether JSON has more than 100 levels, the innermost value included: a program that reads lists of it may fail.';
grant execute on function almanac_private.nests_too_deeply(jsonb) to almanac_viewer;
