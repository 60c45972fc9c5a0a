-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac.sql_login(run_as name default null) returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name from almanac_private.logins l
  where l.purpose = 'sql' and l.role_key = almanac_private.login_key(l.role_name)
    and (l.serves is null
      or almanac_private.login_key(coalesce(sql_login.run_as, almanac_private.caller())) in (l.serves, l.role_key))
  order by l.serves is null, l.role_name limit 1
$$;
comment on function almanac.sql_login(name) is
  'The login that statements of almanac:sql run as, for schedules that run as a role (null: the caller''s). It has '
  'the rights of that role and those granted to the login itself; almanac_sql, the login for the owner, has only the '
  'latter. Returns null until the first statement has run, and where ALMANAC_SQL_URL is set.';
grant execute on function almanac.sql_login(name) to almanac_viewer;
