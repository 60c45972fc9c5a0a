import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'enrich',
  dependsOn: ['match_customers'],
  run: (_payload, { logger }) => logger.info('Addresses enriched'),
})
