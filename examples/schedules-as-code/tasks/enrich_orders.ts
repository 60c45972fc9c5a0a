import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'enrich',
  dependsOn: ['match_orders'],
  run: (_payload, { logger }) => logger.info('Orders enriched'),
})
