-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.is_server_login() returns boolean
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select exists (
    select from almanac_private.logins l
    where l.role_name = session_user and l.purpose = 'server' and l.role_key = almanac_private.login_key(session_user)
  )
$$;
comment on function almanac_private.is_server_login() is
  'Whether this connection is the server''s, so that its claims count.';
grant execute on function almanac_private.is_server_login() to almanac_viewer, almanac_server;
