-- The next migration, in the making.

-- Logins ------------------------------------------------------------------------------------------------------------

alter table almanac_private.logins add column if not exists role_key text;
comment on column almanac_private.logins.role_key is
  'Which role the name meant when it was noted, as role_key() has it: a role of the same name made later, or on another server, is not it. Null: not known, and nothing is trusted.';
comment on column almanac_private.logins.password is
  'For the sql login that migrate made itself; null: ALMANAC_SQL_URL says how to log in.';
--!include functions/login_key.sql
-- Where the database has always been, the roles are those that were noted. In a copy, migrate notes its own.
update almanac_private.logins l set role_key = almanac_private.login_key(l.role_name)
where l.role_key is null and almanac.copied_from() is null;
--!include functions/is_server_login.sql
--!include functions/sql_login.sql
