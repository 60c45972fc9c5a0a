create or replace function almanac_private.calendars_of(owner_user bigint, role_key text) returns bigint
language sql stable
begin atomic
  select count(*) from almanac.exclusion_calendars c
  where c.owner_user is not distinct from calendars_of.owner_user
    and (calendars_of.owner_user is not null or c.owned_by_key = calendars_of.role_key);
end;
comment on function almanac_private.calendars_of(bigint, text) is
  'How many exclusion calendars belong to a user, or else to the role of the key.';
grant execute on function almanac_private.calendars_of(bigint, text) to almanac_viewer;
