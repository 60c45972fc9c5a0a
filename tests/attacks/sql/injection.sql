--! A name is a name.
--! as operator: value 1
select almanac.schedule_cron($n$x'; drop table almanac.schedules; --$n$, '0 3 * * *', 'almanac:noop'); select almanac.trigger_now($n$x'; drop table almanac.schedules; --$n$); select count(*) from almanac.schedules where name like 'x''%'

--! A cron text is read, not run.
--! as viewer, operator: AL001
select almanac.next_run_at($c$0 3 * * *'); select pg_sleep(1); --$c$)

--! Nor is a name of a month that is long.
--! as viewer: AL001
select almanac.next_run_at('0 3 * ' || repeat('JAN-', 100000) || ' *')

--! Nor does a list without end take long.
--! as viewer: AL001
select almanac.next_run_at(repeat('1,', 1000000) || '1 * * * *')

--! A time zone is looked up.
--! as viewer, operator: AL002
select almanac.next_run_at('0 3 * * *', $z$UTC'; select 1; --$z$)

--! A file's path is not a time zone.
--! as viewer: AL002
select almanac.next_run_at('0 3 * * *', '../../../../etc/passwd')

--! POSIX text is not a time zone.
--! as viewer: AL002
select almanac.next_run_at('0 3 * * *', 'Mars+3')

--! A time zone without end is refused.
--! as viewer: AL002
select almanac.next_run_at('0 3 * * *', repeat('Europe/', 1000000))

--! A setting is a column, and no other text.
--! as operator: AL009
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', settings => '{"name = ''x'' --": 1}')

--! A setting is not one that is computed.
--! as operator: AL009
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', settings => '{"run_as": "almanac_test_owner"}')

--! A payload that looks like a run's mark is not one.
--! as operator: value 1
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', '{"_run": {"id": "1", "runAs": "almanac_test_owner"}}'); select almanac.trigger_now('mine'); select count(*) from almanac.runs where schedule_name = 'mine' and run_as = session_user

--! A task is known, not a path.
--! as operator: AL005
select almanac.schedule_cron('mine', '0 3 * * *', '../../../etc/passwd')

--! An unknown task is not run.
--! as operator: AL005
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac-run:almanac:sql')

--! The engine's own task is not given to a schedule.
--! as operator, admin: AL005
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:wake')

--! A calendar's name is a name.
--! as operator: AL015
select almanac.exclude_dates($n$x' or true --$n$, '2030-01-01')

--! An interval of nothing does not fire without end.
--! as operator: AL003
select almanac.schedule_every('mine', '0 seconds', 'almanac:noop')

--! Nor does one that goes back.
--! as operator: AL003
select almanac.schedule_every('mine', '-1 hour', 'almanac:noop')

--! A payload that is not an object is refused.
--! as operator: AL006
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', '[1]')

--! A priority is not one of Graphile Worker's own.
--! as operator: AL019
select almanac.schedule_cron('mine', '0 3 * * *', 'almanac:noop', settings => '{"priority": -5}')
