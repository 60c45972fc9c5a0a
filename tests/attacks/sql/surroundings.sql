--! A foreign key would lock what it refers to: no table refers to Almanac's.
--! as stranger, viewer, operator, admin, server, server as admin, worker: value 0
--! no control: it is a question
select count(*) from pg_class c where c.relnamespace::regnamespace::text in ('almanac', 'almanac_private', 'almanac_migrate', 'graphile_worker') and c.relkind in ('r', 'p') and has_any_column_privilege(c.oid, 'references')

--! No table inherits from one of Almanac's.
--! as stranger, viewer, operator, admin, server, worker: 42501
create temp table mine () inherits (almanac.schedules)

--! Nor becomes a partition, in which rows would be caught.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter table almanac.runs attach partition almanac_private.runs_default default

--! No index is made, whose expression would run as the role that writes.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create index mine on almanac.schedules ((payload ->> 'a'))

--! No statistics of columns are made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create statistics mine on name, kind from almanac.schedules

--! No table, column or function gets another description: smart tags are in comments.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
comment on table almanac.runs is '@omit'

--! No column gets another default.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter table almanac.schedules alter column name set default 'mine'

--! No constraint is made.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter table almanac.schedules add constraint mine check (false) not valid

--! No view of Almanac's is replaced.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter view almanac.tasks set (security_invoker = false)

--! No type gets another value.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
--! no control: it would not run in a transaction on every version
alter type almanac.run_status add value 'mine'

--! No table is emptied.
--! as stranger, viewer, operator, server, worker: 42501
truncate almanac.schedules cascade

--! Nothing is copied into the ledger.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
--! no control: it would wait for rows
copy almanac.runs from stdin

--! Nor from a program.
--! as stranger, viewer, operator, admin, server, worker: 42501
copy almanac.schedules (name) from program 'true'

--! Nothing is copied out of what one may not read.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
copy almanac_private.sessions to stdout

--! Nor is what one may not read copied by a query.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
copy (select token_hash from almanac_private.login_tokens) to stdout

--! A partition is no way around the rights to its table.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select payload from almanac_private.runs_default

--! A condition of one's own sees no row that one may not change, however cheap it says it is.
--! as operator, server as operator: value 0
create temp table seen (payload jsonb); create function pg_temp.see(jsonb) returns boolean language plpgsql cost 0.0000001 as 'begin insert into seen values ($1); return true; end'; update almanac.schedules set description = 'x' where pg_temp.see(payload); select count(*) from seen where payload ->> 'secret' = 'of ann'

--! Nor does an operator of one's own.
--! as operator, server as operator: value 0
create temp table seen (payload jsonb); create function pg_temp.see(jsonb, text) returns boolean language plpgsql cost 0.0000001 as 'begin insert into seen values ($1); return true; end'; create operator pg_temp.=== (leftarg = jsonb, rightarg = text, function = pg_temp.see); update almanac.schedules set description = 'x' where payload operator(pg_temp.===) 'x'; select count(*) from seen where payload ->> 'secret' = 'of ann'

--! Nor what an update returns.
--! as operator, server as operator: rows 0
update almanac.schedules set description = 'x' where name = 'of ann' returning payload

--! A prepared statement keeps to the rights of the role that runs it.
--! as server: 42501
set local role almanac_admin; prepare p as select * from almanac.schedules; reset role; execute p

--! So does a cursor that is read later, of what was not read before.
--! as server: 42501
set local role almanac_admin; declare c cursor for select almanac.pause('of ann'); reset role; fetch c

--! A block of code has one's own rights.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
do $$ begin perform almanac_private.fire_due('2100-01-01Z'); end $$

--! So has a function that says it is someone else's.
--! as stranger, viewer, operator, admin, server, worker: 42501
create function pg_temp.mine() returns bigint language sql security definer as 'select count(*) from almanac_private.sessions'; select pg_temp.mine()

--! It is not given to someone else.
--! as stranger, viewer, operator, admin, server, worker: 42501
create function pg_temp.mine() returns bigint language sql security definer as 'select count(*) from almanac_private.sessions'; alter function pg_temp.mine() owner to almanac_test_owner

--! The condition of a domain of one's own is asked before the definer's function, as oneself.
--! as operator: 42501
create function pg_temp.see(text) returns boolean language plpgsql as 'begin perform set_config(''role'', ''almanac_test_owner'', true); return true; end'; create domain pg_temp.name_of as text check (pg_temp.see(value)); select almanac.pause('of ann'::pg_temp.name_of)

--! A trigger of a temporary table runs as the role that writes to it.
--! as operator: 42501
create temp table mine (a int); create function pg_temp.t() returns trigger language plpgsql as 'begin perform almanac_private.fire_due(); return new; end'; create trigger t after insert on mine for each row execute function pg_temp.t(); insert into mine values (1)

--! A view of one's own is not asked by an owner.
--! as operator: AL011
create temp view schedules as select * from almanac.schedules; set search_path = pg_temp, almanac; select almanac.unschedule('of ann')

--! Row security is not left out by a function that is called.
--! as operator, server as operator: 42501
set row_security = off; select almanac.schedule_cron('of ann', '* * * * *', 'almanac:noop')

--! An older repeatable snapshot sees no more.
--! as operator: AL011
rollback; begin isolation level repeatable read; select count(*) from almanac.schedules; select almanac.pause('of ann')

--! Statistics of the server are not reset.
--! as stranger, viewer, operator, admin, server, worker: 42501
--! no control: it would reset them
select pg_stat_reset()

--! Nor those of a table, by which vacuum decides when to work.
--! as stranger, viewer, operator, admin, server, worker: 42501
--! no control: it would reset them
select pg_stat_reset_single_table_counters('almanac.schedules'::regclass)

--! No slot keeps the server's log of changes.
--! as stranger, viewer, operator, admin, server, worker: 42501
--! no control: it would keep it
select pg_create_physical_replication_slot('mine')

--! No publication gives rows away.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create publication mine for table almanac.runs

--! No subscription brings rows in.
--! as stranger, viewer, operator, admin, server, worker: 42501
create subscription mine connection 'dbname=x' publication mine with (connect = false)

--! No foreign server leads out.
--! as stranger, viewer, operator, admin, server, worker: 42501
create foreign data wrapper mine

--! No connection leads back in.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
create extension dblink

--! Nothing of the server's logs is switched.
--! as stranger, viewer, operator, admin, server, worker: 42501
--! no control: it would switch
select pg_switch_wal()

--! No database is made or dropped.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
--! no control: it does not run in a transaction
alter database postgres rename to mine

--! No login of another gets another password.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter role almanac_test_owner password 'mine'

--! Nor settings with which the engine would work otherwise.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
alter role almanac_test_worker set search_path = pg_temp, almanac

--! Nor do all logins.
--! as stranger, viewer, operator, admin, server, worker: 42501
alter role all set default_transaction_isolation = 'serializable'
