-- Called by exclusions, with the rights of its caller. Volatile, as its callers are not: it sees what was kept for
-- another schedule in the same statement.
create or replace function almanac_private.kept_exclusions(
  key text, at timestamptz, out known_from timestamptz, out known_until timestamptz, out excluded tstzmultirange
)
language plpgsql volatile set search_path to pg_catalog, pg_temp
  set plan_cache_mode to force_generic_plan -- planning takes ten times as long as running
as $$
begin
  select k.known_from, k.known_until, k.excluded
  into kept_exclusions.known_from, kept_exclusions.known_until, kept_exclusions.excluded
  from almanac_private.known_exclusions k
  where k.key = kept_exclusions.key and k.known_from <= kept_exclusions.at and k.known_until > kept_exclusions.at
  order by k.known_until desc limit 1;
end
$$;
comment on function almanac_private.kept_exclusions(text, timestamptz) is
  'What exclusions() has kept under a key that is known at a moment, and the furthest from then on.';
