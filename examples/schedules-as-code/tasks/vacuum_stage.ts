import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'clean',
  dependsOn: ['archive_old'],
  run: (_payload, { logger }) => logger.info('Stage vacuumed'),
})
