import { startWorker } from '../main.ts'

/** A worker process that a test kills: its tasks never end. Its parent is told when one has begun. */
await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 2,
  taskDirectory: '',
  log: () => undefined,
  tasks: {
    held: () => {
      process.send?.('begun')
      return new Promise<void>(() => undefined)
    },
  },
})
