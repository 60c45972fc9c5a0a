create or replace function almanac_private.schedules_of(owner_user bigint, role_key text) returns bigint
language sql stable
begin atomic
  -- Each part by its index.
  select (
    select count(*) from almanac.schedules s
    where s.owner_user = schedules_of.owner_user
      and s.deleted_at is null and s.status <> 'completed' and not s.is_system
  ) + (
    select count(*) from almanac.schedules s
    where schedules_of.owner_user is null and s.owner_user is null and s.run_as_key = schedules_of.role_key
      and s.deleted_at is null and s.status <> 'completed' and not s.is_system
  );
end;
comment on function almanac_private.schedules_of(bigint, text) is
  'How many schedules that can still run belong to a user, or else to the role of the key.';
grant execute on function almanac_private.schedules_of(bigint, text) to almanac_viewer;
