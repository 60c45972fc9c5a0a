import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'report',
  dependsOn: ['score_matches', 'enrich_addresses'],
  run: (_payload, { logger }) => logger.info('Quality reported'),
})
