import { startWorker } from '../main.ts'
import type { RunHelpers } from '../run.ts'

/** A worker process that a test kills: tasks that never end, and ones that log. Its parent is told when one has begun, or was called. */
await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 2,
  taskDirectory: process.argv[3] ?? '',
  log: () => undefined,
  tasks: {
    held: () => {
      process.send?.('begun')
      return new Promise<void>(() => undefined)
    },
    chatty: (_payload, helpers) => {
      helpers.logger.info(`first of ${(helpers as RunHelpers).run.id}`)
      helpers.logger.info(`last of ${(helpers as RunHelpers).run.id}`)
      process.send?.('called')
    },
  },
})
