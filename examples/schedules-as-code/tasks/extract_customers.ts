import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'extract',
  run: (_payload, { logger }) => logger.info('Customers extracted'),
})
