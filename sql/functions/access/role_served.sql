-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac_private.role_served(login name) returns name
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select coalesce((
    select r.rolname from almanac_private.logins l join pg_roles r on r.rolname = almanac_private.role_of_key(l.serves)
    where l.role_name = role_served.login and l.purpose = 'sql'
      and l.role_key = almanac_private.login_key(role_served.login) and pg_has_role(role_served.login, r.oid, 'usage')
  ), role_served.login)
$$;
comment on function almanac_private.role_served(name) is
  'The role whose statements run as a login of almanac:sql, and which owns what they make; any other role as it is, '
  'and a login that has no rights of the role that it serves.';
grant execute on function almanac_private.role_served(name) to almanac_viewer, almanac_server;
