import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'clean',
  dependsOn: ['vacuum_stage'],
  run: (_payload, { logger }) => logger.info('Everyone notified'),
})
