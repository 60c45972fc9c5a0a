import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'matching',
  dependsOn: ['normalize_names'],
  run: (_payload, { logger }) => logger.info('Customers matched'),
})
