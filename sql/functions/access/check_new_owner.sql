-- Invoker: the caller's rights are the point.
create or replace function almanac_private.check_new_owner(kind text, name text, owner_user bigint) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
begin
  if not pg_has_role('almanac_admin', 'member') and not has_schema_privilege('almanac_private', 'create') then
    raise exception using errcode = 'AL011', column = 'owner_user',
      message = format('Only an admin may give a %s to another user.', check_new_owner.kind),
      detail = format('%s %s.', initcap(check_new_owner.kind), check_new_owner.name), hint = 'Ask an admin.';
  elsif check_new_owner.owner_user is not null
    and not exists (select from almanac.users u where u.id = check_new_owner.owner_user)
  then
    raise exception using errcode = 'AL019', column = 'owner_user',
      message = format('There is no user with id %s.', check_new_owner.owner_user),
      detail = format('%s %s.', initcap(check_new_owner.kind), check_new_owner.name),
      hint = 'See: select id, username from almanac.users.';
  end if;
end
$$;
comment on function almanac_private.check_new_owner(text, text, bigint) is
  'Raises AL011 where the caller may not give a schedule or a calendar (kind) to another user, AL019 for a user who '
  'does not exist. null: to no one.';
grant execute on function almanac_private.check_new_owner(text, text, bigint) to almanac_viewer;
