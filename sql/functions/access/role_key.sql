create or replace function almanac_private.role_key(role_name name) returns text
language plpgsql stable parallel safe set search_path to pg_catalog, pg_temp
as $$
begin
  return almanac_private.server_key() || ':'
    || coalesce((select r.oid from pg_roles r where r.rolname = role_key.role_name), 0::oid);
end
$$;
comment on function almanac_private.role_key(name) is
  'Which role a name means here and now: the server, and the role''s oid there, which survives a rename and is not '
  'reused. Oid 0: there is none.';
grant execute on function almanac_private.role_key(name) to almanac_viewer, almanac_server;
