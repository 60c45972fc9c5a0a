-- Called by the definer functions that change calendars or time zones, with their rights.
create or replace function almanac_private.forget_exclusions(calendar_ids bigint[]) returns void
language sql volatile
begin atomic
  insert into almanac_private.calendar_versions as v (calendar_id, version)
  select c.id, 1 from almanac.exclusion_calendars c where c.id = any (forget_exclusions.calendar_ids) order by c.id
  on conflict (calendar_id) do update set version = v.version + 1;
  -- No one finds them any more. Anyone who holds one deletes it.
  delete from almanac_private.known_exclusions d
  where d.id = any (array(
    select k.id from almanac_private.known_exclusions k where k.calendar_ids && forget_exclusions.calendar_ids
    for update skip locked));
end;
comment on function almanac_private.forget_exclusions(bigint[]) is
  'After calendars have changed: what exclusions() has kept of them no longer holds.';
