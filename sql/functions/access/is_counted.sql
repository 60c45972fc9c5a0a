create or replace function almanac_private.is_counted() returns boolean
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
declare
  v_caller name := almanac_private.caller();
begin
  return pg_has_role(v_caller, 'almanac_operator', 'member') and not pg_has_role(v_caller, 'almanac_admin', 'member')
    and not has_schema_privilege(v_caller, 'almanac_private', 'create');
end
$$;
comment on function almanac_private.is_counted() is
  'Whether the limits of users hold for the caller: operators. Admins and the owner have none, and workers write for '
  'the engine.';
grant execute on function almanac_private.is_counted() to almanac_viewer;
