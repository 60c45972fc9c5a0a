import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'matching',
  dependsOn: ['load_customers'],
  run: (_payload, { logger }) => logger.info('Names normalized'),
})
