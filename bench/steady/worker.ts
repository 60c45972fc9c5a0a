import { startWorker } from '../../worker/main.ts'

// A worker in a process of its own, which ends with the one that started it.
const [connectionString = '', concurrency] = process.argv.slice(2)
const worker = await startWorker({
  connectionString,
  concurrency: Number(concurrency),
  taskDirectory: '',
  log: (level, message) => {
    if (level === 'error' || level === 'warning') console.error(message)
  },
})

process.on('message', () => {
  globalThis.gc?.()
  const { heapUsed, rss } = process.memoryUsage()
  process.send?.({ heapUsed, rss })
})
process.once('disconnect', () => void worker.close())
process.send?.('started')
