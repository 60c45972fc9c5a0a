create or replace function almanac_private.check_admin(action text, or_worker boolean default false) returns void
language plpgsql stable set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  -- By rights that the caller has right now: the server's login has those of the user it acts for, once it does.
  if pg_has_role(v_caller, 'almanac_admin', 'usage') or has_schema_privilege(v_caller, 'almanac_private', 'create')
    or check_admin.or_worker and pg_has_role(v_caller, 'almanac_worker', 'usage')
  then
    return;
  end if;
  raise exception using errcode = 'AL011', message = format('Only an admin may use almanac.%s().', check_admin.action),
    detail = format('%s is not an admin.', almanac_private.actor()),
    hint = case when almanac.current_user_id() is null
      then format('Ask an admin, or ask a DBA to run: grant almanac_admin to %I;', v_caller)
      else 'Ask an admin to do it, or to grant you the role.' end;
end
$$;
comment on function almanac_private.check_admin(text, boolean) is
  'Raises AL011, with whom to ask, for a caller who is neither an admin nor the owner nor, where they may, a worker.';
grant execute on function almanac_private.check_admin(text, boolean) to almanac_viewer;
