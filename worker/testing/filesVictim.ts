import { startWorker } from '../main.ts'

/** A worker process with the tasks of a folder, that a test kills. */
await startWorker({
  connectionString: process.argv[2] ?? '',
  concurrency: 2,
  taskDirectory: process.argv[3] ?? '',
  log: () => undefined,
})
