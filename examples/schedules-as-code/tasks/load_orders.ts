import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'load',
  dependsOn: ['extract_orders', 'load_customers'],
  run: (_payload, { logger }) => logger.info('Orders loaded'),
})
