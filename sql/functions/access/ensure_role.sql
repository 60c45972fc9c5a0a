create or replace function almanac_private.ensure_role(
  role_name name, member_of name default null, inherits boolean default true
) returns void
language plpgsql volatile set search_path to pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_roles r where r.rolname = ensure_role.role_name) then
    begin
      execute format('create role %I nologin %s', ensure_role.role_name, case when ensure_role.inherits then 'inherit'
        else 'noinherit' end);
    exception when duplicate_object or unique_violation then
      null; -- roles belong to the whole cluster: another database was quicker
    end;
  end if;
  if ensure_role.member_of is not null and not exists (
    select from pg_auth_members m
    where m.roleid = (select r.oid from pg_roles r where r.rolname = ensure_role.member_of)
      and m.member = (select r.oid from pg_roles r where r.rolname = ensure_role.role_name)
  ) then
    execute format('grant %I to %I', ensure_role.member_of, ensure_role.role_name);
  end if;
exception when insufficient_privilege then
  raise exception using
    errcode = 'AL011',
    message = format('The role %I cannot be created by %I.', ensure_role.role_name, current_user),
    detail = sqlerrm,
    hint = format('Ask a DBA to run: alter role %I createrole; — or create the roles beforehand: see '
        'docs/operations.md.',
      current_user);
end
$$;
comment on function almanac_private.ensure_role(name, name, boolean) is
  'Creates a group role if it is missing and makes it a member of another. Without inherits, its rights need SET ROLE.';
