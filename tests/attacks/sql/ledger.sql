--! No run is written.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
insert into almanac.runs (schedule_id, schedule_name) values (1, 'forged')

--! No run is changed.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
update almanac.runs set status = 'succeeded'

--! No run is deleted.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
delete from almanac.runs

--! Runs are not emptied.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
truncate almanac.runs

--! No partition of runs is written past it.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
insert into almanac_private.runs_default (schedule_id) values (1)

--! None is taken away.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
alter table almanac.runs detach partition almanac_private.runs_default

--! No attempt is written.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
delete from almanac.run_attempts

--! What was missed stays.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
delete from almanac.omissions

--! What was stopped stays.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
update almanac.stops set reason = 'forged'

--! What was found about the ledger stays.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
update almanac.ledger_checks set took_ms = 0

--! What runs is written by the engine.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
delete from almanac_private.live_runs

--! The rules of the past stay.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
delete from almanac_private.rule_versions

--! Moved occurrences are written by their functions.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action) values (1, now(), 'skip')

--! No one joins the workers by writing.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
insert into almanac.workers (name, host, pid, version, concurrency) values ('forged', 'h', 1, '1', 1)

--! Nor by a function.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.register_worker('forged', 'h', 1, '1', 1)

--! Nor keeps one alive.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.heartbeat(1, '{}', true)

--! Nor gives one up.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.mark_worker_lost(1)

--! The lead is a lease that no one writes.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
update almanac_private.leases set expires_at = 'infinity'

--! No one but workers fires.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.fire_due('2100-01-01Z')

--! Nor begins runs.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.begin_runs(1, array[1]::bigint[], array[now()], array[1]::bigint[], now())

--! Nor finishes them.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.finish_runs(1, '[]'::jsonb, now())

--! Nor inserts one.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select almanac_private.insert_run(s, now(), now(), 'manual', '{}', null, now()) from (select null::almanac.schedules as s) s

--! Nor records a place that this is not.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
select almanac_private.record_place()

--! Nor writes settings.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
update almanac_private.settings set value = '0'

--! Nor says which logins are the server's.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
insert into almanac_private.logins (role_name, purpose) values (session_user, 'server')

--! Nor which migrations were run.
--! as stranger, viewer, operator, admin, server, server as admin, worker: 42501
delete from almanac_migrate.migrations

--! Nor which of Graphile Worker's were.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
insert into graphile_worker.migrations (id, breaking) values (1000, true)

--! No job is added past the schedules.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select graphile_worker.add_job('almanac-run:almanac:sql', '{"statement": "select 1"}')

--! No job is removed.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select graphile_worker.remove_job('schedule:1')

--! No job is completed.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select graphile_worker.complete_jobs(array[1])

--! No job is put off.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select graphile_worker.reschedule_jobs(array[1], run_at => 'infinity')

--! No lock of a worker is taken off, so that its jobs would run twice.
--! as stranger, viewer, operator, admin, server, server as admin: 42501
select graphile_worker.force_unlock_workers(array['w'])

--! Computed columns are computed: the next run.
--! as operator, admin, server as operator, server as admin: AL008
insert into almanac.schedules (name, kind, cron_expression, task_identifier, next_run_at) values ('mine', 'cron', '0 3 * * *', 'almanac:noop', now())

--! Computed columns are computed: what was done.
--! as operator, admin, server as operator, server as admin: AL008
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop'); update almanac.schedules set total_runs = 7 where name = 'mine'

--! Also with the engine's own setting.
--! as operator, admin, server as admin: AL008
set almanac.engine = 'on'; insert into almanac.schedules (name, kind, cron_expression, task_identifier, next_run_at) values ('mine', 'cron', '0 3 * * *', 'almanac:noop', now())

--! Also with that of pg_dump's scripts.
--! as operator, admin: AL008
set check_function_bodies = off; insert into almanac.schedules (name, kind, cron_expression, task_identifier, next_run_at) values ('mine', 'cron', '0 3 * * *', 'almanac:noop', now())
