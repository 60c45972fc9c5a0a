--! A statement has its login's rights: it reads no schedule.
--! as its login: 42501
select * from almanac.schedules

--! Nor another's payload.
--! as its login: 42501
select payload from almanac.runs

--! Nor a password.
--! as its login: 42501
select password from almanac_private.logins

--! Nor a job.
--! as its login: 42501
select * from graphile_worker.jobs

--! It has no worker's rights to go back to.
--! as its login: value almanac_test_plain
reset role; reset session authorization; select session_user

--! Nor by a block.
--! as its login: 42501
do $$ begin execute 'reset role'; perform almanac_private.fire_due(); end $$

--! Nor by a cursor that outlives its transaction.
--! as its login: 42501
begin; declare c cursor with hold for select 1; commit; select almanac_private.fire_due()

--! It becomes no admin.
--! as its login: 42501
set role almanac_admin

--! Nor the owner.
--! as its login: 42501
set session authorization almanac_test_owner

--! It begins no run and ends none.
--! as its login: 42501
update almanac.runs set status = 'succeeded'

--! It takes no one's place by claims.
--! as its login: 42501
select set_config('jwt.claims.user_id', '1', false); select almanac.current_user_id()

--! It sees no other's statement.
--! as its login: rows 0
select query from pg_stat_activity where usename <> session_user and query <> '<insufficient privilege>' and backend_type = 'client backend'

--! It ends no backend of the worker's.
--! as its login: 42501
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'almanac_test_worker'

--! It reads no file.
--! as its login: 42501
select pg_read_file('/etc/passwd')

--! It runs no program.
--! as its login: 42501
copy (select 1) to program 'true'

--! It writes no file.
--! as its login: 42501
copy (select 1) to '/tmp/mine'

--! It makes nothing where others look for names.
--! as its login: 42501
create table public.orders ()

--! It makes no role.
--! as its login: 42501
create role mine

--! What it says to the client is not rows of the worker.
--! as its login: value 1
copy (select 1) to stdout; select 1

--! Those that follow have no more than the first: there is nothing to reset to.
--! as its login: 42501
reset role
-- then
set session authorization default
-- then
discard all
-- then
select almanac_private.fire_due()

--! A commit of its own gives them nothing.
--! as its login: 42501
commit
-- then
set role almanac_admin

--! Nor does a transaction that is begun before the last of them.
--! as its login: 42501
begin; select 1; commit
-- then
do $$ begin commit; execute 'set session authorization almanac_test_owner'; end $$

--! After all is discarded they are who they were.
--! as its login: value almanac_test_plain
discard all
-- then
select session_user
