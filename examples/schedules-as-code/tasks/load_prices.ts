import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'load',
  dependsOn: ['extract_prices', 'load_products'],
  run: (_payload, { logger }) => logger.info('Prices loaded'),
})
