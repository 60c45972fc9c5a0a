-- Definer: the table of logins holds a password and is closed to everyone who asks this.
create or replace function almanac.sql_login() returns text
language sql stable security definer parallel safe set search_path to pg_catalog, pg_temp
as $$
  select l.role_name from almanac_private.logins l
  where l.purpose = 'sql' and l.role_key = almanac_private.login_key(l.role_name) order by l.role_name limit 1
$$;
comment on function almanac.sql_login() is
  'The login that statements of almanac:sql run as: grant it what they need, as in grant select on sales to almanac_sql. Null: it has none, see ALMANAC_SQL_URL.';
grant execute on function almanac.sql_login() to almanac_viewer;
