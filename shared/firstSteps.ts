/** What an empty page shows as the next step, in SQL. A test runs each alone, as it is written. */
export const FIRST_STEPS = {
  schedule: `select almanac.schedule_cron(
  'hourly-vacuum', '0 * * * *', 'almanac:sql',
  '{"statement": "vacuum analyze"}',
  timezone => 'Europe/Paris');`,
  run: `select almanac.schedule_every('heartbeat', '1 minute', 'almanac:noop');
select almanac.trigger_now('heartbeat');`,
  calendar: `select almanac.create_business_days('business days', 'Europe/Paris');
select almanac.exclude_dates('business days', '2026-12-25', label => 'Christmas');
select almanac.schedule_cron(
  'weekday-report', '30 7 * * *', 'almanac:noop', timezone => 'Europe/Paris',
  settings => '{"calendars": ["business days"]}');`,
  check: `select * from almanac.check_ledger(now() - interval '1 day', now());`,
} as const
