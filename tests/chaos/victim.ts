import { setTimeout as delay } from 'node:timers/promises'
import { startWorker } from '../../worker/main.ts'

/** A worker process that havoc is wreaked on. Its parent is told when it has started. */
await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 20,
  taskDirectory: '',
  log: () => undefined,
  // Long enough that a killed worker has some of it going on.
  tasks: { havoc: (_payload, { abortSignal }) => delay(100, undefined, { signal: abortSignal }) },
})
process.send?.('started')
