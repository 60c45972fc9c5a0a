create or replace function almanac_private.no_role_key() returns text
language sql stable parallel safe set search_path to pg_catalog, pg_temp
return almanac_private.server_key() || ':0';
comment on function almanac_private.no_role_key() is
  'The key of no role: what has this key and no user belongs to no one, and only admins change it.';
grant execute on function almanac_private.no_role_key() to almanac_viewer, almanac_server;
