import { defineTask } from 'almanac/worker'

export default defineTask({
  group: 'clean',
  dependsOn: ['report_sales', 'report_quality'],
  run: (_payload, { logger }) => logger.info('Old rows archived'),
})
