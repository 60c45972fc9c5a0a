-- Called by exclusions, with the rights of its caller.
create or replace function almanac_private.keep_exclusions(
  key text, calendar_ids bigint[], known_from timestamptz, asked_from timestamptz, known_until timestamptz,
  excluded tstzmultirange
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
declare
  v_most_kept constant integer := 500;
  v_from timestamptz := greatest(keep_exclusions.known_from, keep_exclusions.asked_from - interval '1 minute');
  v_until timestamptz := keep_exclusions.known_until;
  v_kept tstzmultirange;
  v_id bigint;
begin
  v_from := coalesce((select lower(r) from unnest(keep_exclusions.excluded) r where r @> v_from), v_from);
  v_kept := keep_exclusions.excluded * tstzmultirange(tstzrange(v_from, v_until));
  select coalesce(max(lower(u.r)) filter (where u.nth = v_most_kept + 1), v_until) into v_until
  from unnest(v_kept) with ordinality u(r, nth);
  v_kept := v_kept * tstzmultirange(tstzrange(v_from, v_until));
  insert into almanac_private.known_exclusions (key, calendar_ids, known_from, known_until, excluded)
  values (keep_exclusions.key, keep_exclusions.calendar_ids, v_from, v_until, v_kept)
  returning id into v_id;
  -- Anyone who holds one of these has replaced it.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(
    select k.id from almanac_private.known_exclusions k
    where k.key = keep_exclusions.key and (k.known_until < keep_exclusions.asked_from - interval '1 minute'
      or k.known_from >= v_from and k.known_until < v_until)
    for update skip locked));
  -- Of calendars that no one asks for any more.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(
    select k.id from almanac_private.known_exclusions k where k.id < v_id - 20000
    order by k.id limit 10 for update skip locked));
end
$$;
comment on function almanac_private.keep_exclusions(
  text, bigint[], timestamptz, timestamptz, timestamptz, tstzmultirange
) is
  'Keeps what exclusions() found, 500 ranges of it, in place of what was kept of the same calendars and ended before. '
  'The last 20,000 are kept.';
