--! A viewer writes no schedule.
--! as stranger, viewer, server as viewer, worker, server: 42501
insert into almanac.schedules (name, kind, task_identifier) values ('mine', 'manual', 'almanac:noop')

--! A viewer makes none by a function.
--! as stranger, viewer, server as viewer, worker, server: 42501
select almanac.schedule_cron('mine', '* * * * *', 'almanac:noop')

--! A viewer changes none.
--! as stranger, viewer, server as viewer, worker, server: 42501
update almanac.schedules set payload = '{}'

--! A viewer deletes none.
--! as stranger, viewer, server as viewer, worker, server: 42501
delete from almanac.schedules

--! Nor does a viewer by a rule of another's statement.
--! as viewer, server as viewer: 42501
merge into almanac.schedules s using (select 1) o on true when matched then delete

--! A viewer locks no row.
--! as stranger, viewer, server as viewer: 42501
select from almanac.schedules for key share

--! A viewer triggers nothing.
--! as stranger, viewer, server as viewer, worker, server: 42501
select almanac.trigger_now('of ann')

--! A viewer pauses nothing.
--! as stranger, viewer, server as viewer, worker, server: 42501
select almanac.pause('of ann')

--! A viewer moves nothing.
--! as stranger, viewer, server as viewer: 42501
select almanac.skip_occurrence('of ann', '2040-01-01 03:00Z')

--! Nor by what the function calls.
--! as stranger, viewer, server as viewer: 42501
select almanac_private.override_occurrence('of ann', '2040-01-01 03:00Z', 'skip', null, null)

--! An operator changes no schedule of another.
--! as operator, server as operator: rows 0
update almanac.schedules set payload = '{}' where name = 'of ann'

--! Nor of the owner.
--! as operator, server as operator: rows 0
update almanac.schedules set cron_expression = '* * * * *' where name = 'of the owner'

--! Nor by code of their own, nor takes one for it.
--! as operator, server as operator: AL041
select * from almanac.apply_schedules('theirs', '[{"name": "of ann", "kind": "manual", "task_identifier": "almanac:noop"}]', '1', adopt => '{of ann}')

--! Nor one that is defined in code from it.
--! as operator, server as operator: AL011
select almanac.release_schedule('of ann')

--! Nor deletes one.
--! as operator, server as operator: 42501
delete from almanac.schedules where name = 'of ann'

--! Nor takes one by an upsert of its name.
--! as operator, server as operator: AL011
select almanac.schedule_cron('of ann', '* * * * *', 'almanac:noop', '{"mine": true}')

--! Nor by insert … on conflict.
--! as operator, server as operator: 42501
insert into almanac.schedules (name, kind, task_identifier) values ('of ann', 'manual', 'almanac:noop') on conflict (name) where deleted_at is null do update set payload = '{"mine": true}'

--! Nor by merge.
--! as operator, server as operator: 42501
merge into almanac.schedules s using (select 'of ann' as name) o on o.name = s.name when matched then update set payload = '{}'

--! Nor by its number.
--! as operator, server as operator: AL011
select almanac.update_schedule((select id from almanac.schedules where name = 'of ann'), '{"payload": {}}')

--! Nor triggers one.
--! as operator, server as operator: AL011
select almanac.trigger_now('of ann')

--! Nor with a payload of its own.
--! as operator, server as operator: AL011
select almanac.trigger_now('of ann', '{"mine": true}')

--! Nor pauses one.
--! as operator, server as operator: AL011
select almanac.pause('of ann')

--! Nor moves an occurrence of one.
--! as operator, server as operator: AL011
select almanac.move_occurrence('of ann', date_trunc('year', now()) + interval '3 years 3 hours', date_trunc('year', now()) + interval '3 years 4 hours')

--! Nor gives one away.
--! as operator, server as operator: AL011
select almanac.give_schedule('of ann', current_user)

--! Nor takes a user's by naming itself.
--! as operator, server as operator: rows 0
update almanac.schedules set owner_user = null where name = 'of ann'

--! Nor makes one in a user's name.
--! as operator: AL011
insert into almanac.schedules (name, kind, task_identifier, owner_user) select 'in the name of ann', 'manual', 'almanac:noop', id from almanac.users where username = 'ann'

--! Nor renames its own to another's.
--! as operator, server as operator: 23505
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop'); update almanac.schedules set name = 'of ann' where name = 'mine'

--! Nor changes a calendar of another.
--! as operator, server as operator: AL011
select almanac.update_calendar('days of ann', '{"description": "mine"}')

--! Nor deletes one.
--! as operator, server as operator: 42501
delete from almanac.exclusion_calendars where name = 'days of ann'

--! Nor adds an entry to one, which would keep others' schedules from running.
--! as operator, server as operator: AL011
insert into almanac.calendar_entries (calendar_id, starts_on, ends_on) select id, '2030-01-01', '2030-01-01' from almanac.exclusion_calendars where name = 'days of ann'

--! Nor moves an entry of its own into one.
--! as operator, server as operator: AL011
select almanac.create_calendar('days of mine'); select almanac.exclude_dates('days of mine', '2030-01-01'); update almanac.calendar_entries set calendar_id = (select id from almanac.exclusion_calendars where name = 'days of ann')

--! The role that inserts is its run_as, whatever the row says.
--! as operator, admin: value false
insert into almanac.schedules (name, kind, task_identifier, run_as) values ('mine', 'manual', 'almanac:noop', 'almanac_test_owner'); select run_as = 'almanac_test_owner' from almanac.schedules where name = 'mine'

--! A run_as cannot be written.
--! as operator, admin: AL008
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop'); update almanac.schedules set run_as = 'almanac_test_owner' where name = 'mine'

--! Nor the key behind it.
--! as operator, admin: AL008
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop'); update almanac.schedules set run_as_key = '1:10' where name = 'mine'

--! Nor the key on insert.
--! as operator, admin: value false
insert into almanac.schedules (name, kind, task_identifier, run_as_key) values ('mine', 'manual', 'almanac:noop', '1:10'); select run_as_key = '1:10' from almanac.schedules where name = 'mine'

--! The role that changes what runs becomes its run_as: no text of an admin runs as the owner.
--! as admin: value false
update almanac.schedules set payload = '{"mine": true}' where name = 'of the owner'; select run_as = 'almanac_test_owner' from almanac.schedules where name = 'of the owner'

--! The name of who made it is not a matter of choice.
--! as operator, admin: value false
insert into almanac.schedules (name, kind, task_identifier, created_by, updated_by) values ('mine', 'manual', 'almanac:noop', 'ann', 'ann'); select 'ann' in (created_by, updated_by) from almanac.schedules where name = 'mine'

--! An admin gives no schedule to a role of which it is not a member.
--! as admin, server as admin: AL011
select almanac.give_schedule('of ann', 'almanac_test_owner')

--! Over the server an operator brings no statement to almanac:sql.
--! as server as operator: AL011
select almanac.schedule_cron('mine', '* * * * *', 'almanac:sql', '{"statement": "select 1"}')

--! Nor by changing the task of what it has.
--! as server as operator: AL011
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', '{"statement": "select 1"}'); update almanac.schedules set task_identifier = 'almanac:sql' where name = 'mine'

--! Nor a query to almanac:report.
--! as server as operator: AL011
select almanac.schedule_cron('mine', '* * * * *', 'almanac:report', '{"statement": "select 1", "format": "csv", "request": {"url": "https://example.com"}}')

--! Nor by changing the task of what it has to that one.
--! as server as operator: AL011
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', '{"statement": "select 1", "format": "csv", "request": {"url": "https://example.com"}}'); update almanac.schedules set task_identifier = 'almanac:report' where name = 'mine'

--! Almanac's own schedules are no one's to change.
--! as operator, admin, server as operator, server as admin: AL017
insert into almanac.schedules (name, kind, task_identifier, is_system) values ('mine', 'manual', 'almanac:noop', true)

--! Nor their names.
--! as operator, admin, server as operator, server as admin: AL017
insert into almanac.schedules (name, kind, task_identifier) values ('almanac:mine', 'manual', 'almanac:noop')

--! Nor with the setting that migrations use.
--! as operator, admin: AL017
set almanac.system = 'on'; insert into almanac.schedules (name, kind, task_identifier, is_system) values ('almanac:mine', 'manual', 'almanac:noop', true)

--! Users are managed by admins.
--! as stranger, viewer, operator, server, worker, server as viewer, server as operator: 42501
update almanac.users set role = 'admin'

--! No one but an admin makes one.
--! as stranger, viewer, operator, server, worker, server as viewer, server as operator: 42501
insert into almanac.users (username, role) values ('me', 'admin')

--! Tasks are announced by admins.
--! as stranger, server: 42501
--! as viewer, operator, worker, server as viewer, server as operator: AL011
select almanac.register_task('mine')

--! Built-in tasks are changed by no one.
--! as admin, server as admin: AL017
update almanac.tasks set description = 'mine' where identifier = 'almanac:sql'

--! Nor made.
--! as admin, server as admin: AL017
insert into almanac.tasks (identifier, is_builtin) values ('mine', true)

--! Almanac is stopped and resumed by admins.
--! as stranger, server: 42501
--! as viewer, operator, worker, server as viewer, server as operator: AL011
select almanac.pause_all('mine')

--! A copy is adopted by admins.
--! as stranger, server: 42501
--! as viewer, operator, worker, server as viewer, server as operator: AL011
select almanac.adopt('skip')

--! History is deleted by admins.
--! as stranger, server: 42501
--! as viewer, operator, worker, server as viewer, server as operator: AL011
select almanac.purge(now() - interval '1 day')
