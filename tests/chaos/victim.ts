import { startWorker } from '../../worker/main.ts'

/** A worker process that havoc is wreaked on. Its parent is told when it has started. */
await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 20,
  taskDirectory: '',
  log: () => undefined,
})
process.send?.('started')
