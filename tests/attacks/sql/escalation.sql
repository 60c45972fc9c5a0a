--! No one becomes the owner.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
set role almanac_test_owner

--! No one begins a session of another.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
set session authorization almanac_test_owner

--! No one takes a role that was not granted.
--! as stranger, viewer, operator, worker: 42501
set role almanac_admin

--! Not by a setting either.
--! as stranger, viewer, operator, worker: 42501
select set_config('role', 'almanac_admin', true)

--! Nor the server's.
--! as stranger, viewer, operator, admin, worker: 42501
set role almanac_server

--! Nor the workers'.
--! as stranger, viewer, operator, admin, server: 42501
set role almanac_worker

--! No role is granted.
--! as stranger, viewer, operator, admin, server, worker: 42501
grant almanac_admin to almanac_test_plain

--! No role is made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create role almanac_test_mine login

--! No role is changed.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter role almanac_test_owner password 'mine'

--! Claims are the server's to set: its own login's, no one else's.
--! as viewer, operator, admin: value null
select set_config('jwt.claims.user_id', '1', true); select almanac.current_user_id()

--! Nor with the name of a group.
--! as viewer, operator, admin: value null
set application_name = 'almanac server'; select set_config('jwt.claims.user_id', '1', true), set_config('jwt.claims.role', 'almanac_admin', true); select almanac.current_user_id()

--! Claims that are not a number identify no one.
--! as server as viewer: 22P02
select set_config('jwt.claims.user_id', '1 or true', true); select almanac.current_user_id()

--! A schedule made with claims of one's own is one's own.
--! as operator: value almanac_test_operator
select set_config('jwt.claims.user_id', '1', true); select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop'); select created_by from almanac.schedules where name = 'mine'

--! No function is put where the engine would find it.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function almanac.now() returns timestamptz language sql return '2000-01-01'::timestamptz

--! Nor in its own schema.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function almanac_private.may_change(bigint, name) returns boolean language sql return true

--! Nor in Graphile Worker's.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function graphile_worker.add_job(text, text) returns void language sql as ''

--! Nor in PostgreSQL's.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function pg_catalog.mine() returns int language sql return 1

--! Nor in public, where the names of others' statements would be looked for.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function public.now() returns timestamptz language sql return '2000-01-01'::timestamptz

--! Nor a schema of any name.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create schema mine

--! A temporary table hides none of the engine's.
--! as operator, admin, server as admin: AL011
create temp table users as select 1::bigint as id, 'x'::text as username; create temp table logins (role_name name, purpose text); insert into logins values (session_user, 'server'); set search_path = pg_temp, almanac; select set_config('jwt.claims.user_id', '1', true); select almanac.give_schedule('of the owner', 'almanac_test_owner')

--! A type of pg_temp is not taken for the engine's.
--! as viewer, operator: value null
create temp table logins (role_name name, purpose text); insert into logins values (session_user, 'server'); set search_path = pg_temp; select set_config('jwt.claims.user_id', '1', true); select almanac.current_user_id()

--! A function in pg_temp is not called by those of the owner.
--! as operator: AL011
create function pg_temp.may_change(bigint, text) returns boolean language sql return true; create function pg_temp.pg_has_role(name, text) returns boolean language sql return true; set search_path = pg_temp, pg_catalog; select almanac.pause('of ann')

--! An operator in pg_temp does not change what equals what.
--! as operator: AL011
create function pg_temp.same(text, text) returns boolean language sql return true; create operator pg_temp.= (leftarg = text, rightarg = text, function = pg_temp.same); set search_path = pg_temp, pg_catalog; select almanac.pause('of ann')

--! A cast of types that are not one's own is not made.
--! as stranger, viewer, operator, admin, server, worker: 42501
create function pg_temp.yes(text) returns boolean language sql return true; create cast (text as boolean) with function pg_temp.yes(text)

--! No event trigger is made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function pg_temp.e() returns event_trigger language plpgsql as 'begin end'; create event trigger mine on ddl_command_start execute function pg_temp.e()

--! No trigger is put on the schedules.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create function pg_temp.t() returns trigger language plpgsql as 'begin return null; end'; create trigger mine before insert on almanac.schedules for each row execute function pg_temp.t()

--! No trigger is switched off.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter table almanac.schedules disable trigger all

--! Nor all of them for a session.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
set session_replication_role = replica

--! No rule is made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create rule mine as on insert to almanac.schedules do instead nothing

--! No policy is made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create policy mine on almanac.schedules using (true)

--! Row security is not switched off.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter table almanac.schedules disable row level security

--! Nor left out.
--! as operator, server as operator: 42501
set row_security = off; delete from almanac.exclusion_calendars

--! No function of the owner's is replaced.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create or replace function almanac.current_user_id() returns bigint language sql return 1::bigint

--! Nor given other settings.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter function almanac.pause_all(text) set search_path = pg_temp

--! Nor given away.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter function almanac.pause_all(text) owner to current_user

--! No right is granted that one has not to give.
--! as viewer, operator, admin, worker: value false
--! as stranger, server: 42501
grant select on almanac.schedules to almanac_test_plain; select has_table_privilege('almanac_test_plain', 'almanac.schedules', 'select')

--! Default rights of the owner are not changed.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter default privileges for role almanac_test_owner grant execute on functions to public

--! The database is not set up otherwise.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
do $$ begin execute format('alter database %I set almanac.engine = on', current_database()); end $$

--! Nor is another login.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
alter role almanac_test_worker set default_transaction_read_only = on

--! Nor the server of databases.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select pg_reload_conf()

--! No program is run.
--! as stranger, viewer, operator, admin, server, worker: 42501
copy (select 1) to program 'true'

--! No library is loaded.
--! as stranger, viewer, operator, admin, server, worker: 42501
load '/tmp/mine'

--! No language that can do everything is used.
--! as stranger, viewer, operator, admin, server, worker: 42501
create function pg_temp.c() returns int language c as '/tmp/mine', 'c'

--! No extension is made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create extension hstore

--! A view of one's own reads with one's own rights.
--! as viewer, operator: 42501
create temp view mine as select * from almanac_private.sessions; select * from mine

--! A prepared query keeps no right.
--! as stranger: 42501
prepare p as select * from almanac.schedules; execute p

--! Nor does a cursor that outlives a role.
--! as server: 42501
set local role almanac_admin; declare c cursor with hold for select 1; reset role; select * from almanac.schedules

--! A definer's error tells nothing of rows that one may not read.
--! as stranger: 42501
select almanac_private.actor()
