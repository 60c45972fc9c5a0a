create or replace function almanac_private.is_limited(account text) returns boolean
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return not exists (
  select from pg_roles r where r.rolname = almanac_private.role_of_account(is_limited.account)
    and (pg_has_role(r.oid, 'almanac_admin', 'member') or has_schema_privilege(r.oid, 'almanac_private', 'create')));
comment on function almanac_private.is_limited(text) is
  'Whether what schedules of this account fire is limited: not for admins and the owner.';
