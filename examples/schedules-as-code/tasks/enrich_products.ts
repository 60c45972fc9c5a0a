import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'enrich',
  dependsOn: ['load_products'],
  run: (_payload, { logger }) => logger.info('Products enriched'),
})
