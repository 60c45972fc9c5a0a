select almanac.schedule_cron('seed.nightly', '30 2 * * *', 'almanac:noop', '{"depth": 1}', 'Europe/Paris',
  '{"description": "Every night", "starts_at": "2100-01-01T00:00:00Z", "tags": ["night", "report"], "priority": 2}');
select almanac.schedule_every('seed.often', '5 minutes', 'almanac:noop', settings => '{"starts_at": "2100-03-27T00:00:00Z", "ends_at": "2100-03-29T00:00:00Z"}');
select almanac.schedule_at('seed.once', '2100-03-28T12:00:00Z', 'almanac:noop', settings => '{"timeout": "90 seconds", "retry_delay": "1 month 2 days 03:04:05.5"}');
insert into almanac.schedules (name, kind, task_identifier) values ('seed.by-hand', 'manual', 'almanac:noop');
select almanac.pause('seed.often', 'too much');
select almanac.trigger_now('seed.by-hand', '{"who": "me"}');
