--! The password of almanac:sql is the worker's to read, no one else's.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select password from almanac_private.logins

--! No one but the worker is given a login of almanac:sql.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select kept from almanac_private.open_sql_login(1, now())

--! The worker reads no login but that of almanac:sql.
--! as worker: rows 0
select * from almanac_private.logins where purpose <> 'sql'

--! Sessions are read by no one.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select token_hash from almanac_private.sessions

--! Sign-in links are read by no one.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select token_hash from almanac_private.login_tokens

--! Settings are the worker's to read.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select value from almanac_private.settings

--! A stranger sees no schedule.
--! as stranger, server: 42501
select name from almanac.schedules

--! A stranger sees no payload.
--! as stranger, server: 42501
select payload from almanac.runs

--! A stranger sees no user.
--! as stranger, server: 42501
select username from almanac.users

--! A stranger sees no worker.
--! as stranger, server: 42501
select host from almanac.workers

--! A stranger reads no job of Graphile Worker, and so no payload.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select * from graphile_worker.jobs

--! Nor from the table itself.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select payload from graphile_worker._private_jobs

--! Who has which roles' hashes is PostgreSQL's secret.
--! as stranger, viewer, operator, admin, server, worker: 42501
select rolpassword from pg_authid

--! Statistics of columns leak values: not those of tables that one may not read.
--! as stranger, viewer, operator, admin, worker: rows 0
select * from pg_stats where schemaname in ('almanac_private', 'graphile_worker') and tablename in ('sessions', 'login_tokens', 'logins', '_private_jobs') and most_common_vals is not null

--! No session is found without the server's login.
--! as stranger, viewer, operator, admin, worker: 42501
select almanac_private.find_session('\x00')

--! No sign-in link is made without the server's login.
--! as stranger, viewer, operator, admin, worker: 42501
select almanac_private.create_login_token('admin', '\x00')

--! No sign-in link is spent without the server's login.
--! as stranger, viewer, operator, admin, worker: 42501
select almanac_private.redeem_login_token('\x00', '\x01')

--! The server as someone who is signed in makes no link either.
--! as server as viewer, server as operator, server as admin: 42501
select almanac_private.create_login_token('admin', '\x00')

--! The server's address is not announced by others: a link would lead to it.
--! as stranger, viewer, operator, admin, worker, server as viewer, server as operator, server as admin: 42501
select almanac_private.announce_server('http://evil.example')

--! Files of the server are not read.
--! as stranger, viewer, operator, admin, server, worker: 42501
select pg_read_file('postgresql.conf')

--! Nor copied into a table.
--! as stranger, viewer, operator, admin, server, worker: 42501
create temp table t (line text); copy t from '/etc/passwd'

--! No large object takes a file in.
--! as stranger, viewer, operator, admin, server, worker: 42501
select lo_import('/etc/passwd')

--! Statements of other logins are hidden.
--! as stranger, viewer, operator, admin, server: rows 0
select query from pg_stat_activity where usename <> session_user and query not in ('<insufficient privilege>') and backend_type = 'client backend'
