create or replace function almanac_private.role_of_key(role_key text) returns name
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  if split_part(role_of_key.role_key, ':', 1) is distinct from almanac_private.server_key() then
    return null;
  end if;
  return (select r.rolname from pg_roles r where r.oid = split_part(role_of_key.role_key, ':', 2)::oid);
end
$$;
comment on function almanac_private.role_of_key(text) is
  'What the role of a key is called now. Null: it was dropped, or belongs to another server, from which a dump came; '
  'migrate then looks for the name.';
grant execute on function almanac_private.role_of_key(text) to almanac_viewer, almanac_server;
