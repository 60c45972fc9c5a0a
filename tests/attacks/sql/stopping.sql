--! A viewer locks no table in a mode that stops writers.
--! as stranger, viewer, server as viewer, server: 42501
lock table almanac.schedules in share mode

--! Nor exclusively.
--! as stranger, viewer, server as viewer, server: 42501
lock table almanac.schedules in access exclusive mode

--! An operator, who may change rows of it, does not lock the table of schedules.
--! as operator, server as operator: 42501
lock table almanac.schedules in access exclusive mode

--! Nor in the mode of one who waits for writers.
--! as operator, server as operator: 42501
lock table almanac.schedules in share row exclusive mode

--! Nor those of calendars, which firing reads.
--! as operator, server as operator: 42501
lock table almanac.exclusion_calendars, almanac.calendar_entries, almanac.calendar_rules in access exclusive mode

--! The turns of maintenance are taken by no one.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select from almanac_private.turns for update

--! Nor by the function.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select almanac_private.take_turn('partitions')

--! Nor is the turn of who migrates.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select from almanac_migrate.turn for update

--! No session is ended by the function that ends blockers.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select * from almanac_private.end_blockers('0')

--! The ledger is locked by no one.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
lock table almanac.runs in share mode

--! Nor are the jobs.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
lock table graphile_worker._private_jobs in share mode

--! Nor is what runs.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
lock table almanac_private.live_runs in share mode

--! Nor are settings.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
lock table almanac_private.settings in row exclusive mode

--! Nor are the leases.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
lock table almanac_private.leases in row exclusive mode

--! Only who may change it locks a schedule: for update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.schedules where name in ('of ann', 'of the owner') for update

--! Only who may change it locks a schedule: for no key update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.schedules where name in ('of ann', 'of the owner') for no key update

--! Only who may change it locks a schedule: for share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.schedules where name in ('of ann', 'of the owner') for share

--! Only who may change it locks a schedule: for key share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.schedules where name in ('of ann', 'of the owner') for key share

--! Only who may change it locks a calendar: for update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.exclusion_calendars where name = 'days of ann' for update

--! Only who may change it locks a calendar: for no key update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.exclusion_calendars where name = 'days of ann' for no key update

--! Only who may change it locks a calendar: for share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.exclusion_calendars where name = 'days of ann' for share

--! Only who may change it locks a calendar: for key share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.exclusion_calendars where name = 'days of ann' for key share

--! Only who may change it locks an entry of a calendar: for update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_entries for update

--! Only who may change it locks an entry of a calendar: for no key update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_entries for no key update

--! Only who may change it locks an entry of a calendar: for share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_entries for share

--! Only who may change it locks an entry of a calendar: for key share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_entries for key share

--! Only who may change it locks a series of a calendar: for update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_rules for update

--! Only who may change it locks a series of a calendar: for no key update.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_rules for no key update

--! Only who may change it locks a series of a calendar: for share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_rules for share

--! Only who may change it locks a series of a calendar: for key share.
--! as stranger, viewer, server, server as viewer: 42501
--! as operator, server as operator: rows 0
select from almanac.calendar_rules for key share

--! No task is locked by a row.
--! as stranger, viewer, operator, server, server as operator: 42501
select from almanac.tasks for key share

--! No user is locked by a row.
--! as stranger, viewer, operator, server, server as operator: 42501
select from almanac.users for key share

--! No stop is locked by a row.
--! as stranger, viewer, operator, server, server as operator: 42501
select from almanac.stops for key share

--! No lease is locked by a row.
--! as stranger, viewer, operator, server, server as operator: 42501
select from almanac_private.leases for key share

--! No occurrence that is moved is locked by a row.
--! as stranger, viewer, operator, server, server as operator: 42501
select from almanac.occurrence_overrides for key share

--! No attempt is locked by a row.
--! as stranger, viewer, operator, server, server as operator: 42501
select from almanac.run_attempts for key share

--! No run is locked by a row.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select from almanac.runs for update

--! No worker is locked by a row.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select from almanac.workers for share

--! No backend of another login is ended.
--! as stranger, viewer, operator, admin, server, worker: 42501
--! no control: it would end it
select pg_terminate_backend(pid) from pg_stat_activity where usename = 'almanac_test_owner' and pid <> pg_backend_pid() limit 1

--! Nor is its statement.
--! as stranger, viewer, operator, admin, server, worker: 42501
--! no control: it would end it
select pg_cancel_backend(pid) from pg_stat_activity where usename = 'almanac_test_owner' and pid <> pg_backend_pid() limit 1

--! No table is vacuumed in full, which locks it.
--! as stranger, viewer, operator, admin, server, worker: 42501
cluster almanac.schedules using schedules_pkey

--! No index is rebuilt.
--! as stranger, viewer, operator, admin, server, worker: 42501
reindex table almanac.runs

--! No table is dropped.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
drop table almanac.runs cascade

--! No schema is dropped.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
drop schema almanac_private cascade

--! Nothing that is owned is dropped with a role.
--! as stranger, viewer, operator, admin, server, worker: 42501
drop owned by almanac_test_owner

--! No sequence is moved.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select setval('almanac.schedules_id_seq', 9223372036854775807)

--! Nor drawn from.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select nextval('almanac.runs_id_seq')

--! A statement of more occurrences than can be is refused before it begins.
--! as viewer, server as viewer: AL012
select * from almanac.occurrences('* * * * * *', 'UTC', '2000-01-01Z', '2100-01-01Z')

--! A count without end is refused.
--! as viewer, server as viewer: AL012
select * from almanac.upcoming('of ann', max_count => 2147483647)

--! A calendar of a thousand years is refused.
--! as viewer, server as viewer: AL012
select * from almanac.calendar('1000-01-01Z', '3000-01-01Z')

--! An operator fills no table with calendars.
--! as operator, server as operator: AL028
--! no control: a role that may do everything has no limit
insert into almanac.exclusion_calendars (name) select 'flood ' || n from generate_series(1, 1001) n

--! Nor with schedules.
--! as operator, server as operator: AL028
--! no control: a role that may do everything has no limit
insert into almanac.schedules (name, kind, task_identifier) select 'flood ' || n, 'manual', 'almanac:noop' from generate_series(1, 1001) n
