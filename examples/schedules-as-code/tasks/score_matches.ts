import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'matching',
  dependsOn: ['match_customers', 'match_orders'],
  run: (_payload, { logger }) => logger.info('Matches scored'),
})
