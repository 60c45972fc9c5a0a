import { once } from 'node:events'
import { startWorker } from '../../../worker/main.ts'

/** A worker process that is stopped and continued. A run of `long` runs until its parent says so, the first time. */
let isLetGo = false
process.once('message', () => (isLetGo = true))

await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 20,
  taskDirectory: '',
  pollInterval: 100,
  heartbeatInterval: Number(process.argv[3]),
  log: () => undefined,
  tasks: {
    quick: () => undefined,
    long: async () => {
      if (isLetGo) return
      process.send?.('begun')
      await once(process, 'message')
    },
  },
})
