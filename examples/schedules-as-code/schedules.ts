import { defineSchedules } from 'almanac/worker'

// Tasks that schedules name one by one would stand in the first argument, for the types of their payloads.
export default defineSchedules(
  {},
  [
    {
      name: 'daily-full-sync',
      description: 'Everything, each task after those that it depends on.',
      kind: 'cron',
      cron_expression: '0 2 * * *',
      timezone: 'Europe/Paris',
      target: 'all',
      missed_run_policy: 'run_latest',
      catchup_window: '12 hours',
    },
    {
      name: 'hourly-matching',
      description: 'What came in since, matched.',
      kind: 'cron',
      cron_expression: '0 * * * *',
      target: 'group',
      task_group: 'matching',
    },
  ],
  { owner: 'sync', version: '1.0.0' },
)
