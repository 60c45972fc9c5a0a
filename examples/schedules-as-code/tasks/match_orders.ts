import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'matching',
  dependsOn: ['match_customers', 'load_orders'],
  run: (_payload, { logger }) => logger.info('Orders matched'),
})
