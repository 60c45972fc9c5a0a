import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'load',
  dependsOn: ['extract_products'],
  run: (_payload, { logger }) => logger.info('Products loaded'),
})
