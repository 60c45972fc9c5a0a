import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'report',
  dependsOn: ['enrich_orders', 'load_prices'],
  run: (_payload, { logger }) => logger.info('Sales reported'),
})
