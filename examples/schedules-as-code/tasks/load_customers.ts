import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'load',
  dependsOn: ['extract_customers'],
  run: (_payload, { logger }) => logger.info('Customers loaded'),
})
