import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Bytes that a worker's process has. */
export interface Memory {
  /** Of objects that are in use: what is garbage is collected before. */
  readonly heapUsed: number
  readonly rss: number
}

/** A worker in a process of its own. */
export interface WorkerProcess {
  memory(): Promise<Memory>
  close(): Promise<void>
}

/** Starts a worker that can tell its memory; rejects if it ends before it has started. */
export async function startWorkerProcess(
  connectionString: string,
  concurrency: number,
): Promise<WorkerProcess> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), [connectionString, String(concurrency)], {
    execArgv: ['--expose-gc'],
  })
  const ended = once(child, 'exit')
  const answer = async (): Promise<unknown> =>
    Promise.race([
      once(child, 'message').then(([message]: unknown[]) => message),
      ended.then(() => Promise.reject(new Error('The worker of the bench has ended.'))),
    ])
  await answer()
  return {
    async memory() {
      const told = answer()
      child.send('memory')
      return (await told) as Memory
    },
    async close() {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
