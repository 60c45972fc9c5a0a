create or replace function almanac_private.may_change(owner_user bigint, role_key text) returns boolean
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  if pg_has_role(v_caller, 'almanac_admin', 'member')
    or has_schema_privilege(v_caller, 'almanac_private', 'create') then
    return true; -- the second is the owner of the schema, who bypasses row security anyway
  end if;
  if not pg_has_role(v_caller, 'almanac_operator', 'member') then
    return false;
  end if;
  if may_change.owner_user is null then
    -- By the number, and the server last: for each row of a statement over many.
    return coalesce(pg_has_role(v_caller, split_part(may_change.role_key, ':', 2)::oid, 'member')
      and split_part(may_change.role_key, ':', 1) = almanac_private.server_key(), false);
  end if;
  return coalesce(may_change.owner_user = almanac.current_user_id(), false);
end
$$;
comment on function almanac_private.may_change(bigint, text) is
  'Whether the caller may change a schedule: admins all, operators what their user owns, or, without a user, what '
  'their role runs.';
grant execute on function almanac_private.may_change(bigint, text) to almanac_viewer, almanac_server;
