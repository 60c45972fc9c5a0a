import type { WorkerEventMap, WorkerEvents, WorkerPool } from 'graphile-worker'

/** What a Graphile Worker pool has been seen to do; times are those of `performance.now`. */
export interface PoolActivity {
  /** Jobs that it runs now. */
  readonly running: number
  /** When it began its latest job. */
  readonly tookAt: number
  /** When it last looked for jobs with success, or got room for one. */
  readonly lookedAt: number
  stop(): void
}

/** Follows a pool by its events, the only part of its state that it tells of. */
export function followPool(
  pool: WorkerPool,
  { events, concurrency }: { events: WorkerEvents; concurrency: number },
): PoolActivity {
  let running = 0
  let tookAt = performance.now()
  let lookedAt = tookAt
  const offs: (() => void)[] = []

  function on<Name extends keyof WorkerEventMap>(
    name: Name,
    poolOf: (event: WorkerEventMap[Name]) => WorkerPool,
    react: () => void,
  ): void {
    const listener = (event: WorkerEventMap[Name]) => {
      if (poolOf(event) === pool) react()
    }
    events.on(name, listener)
    offs.push(() => events.off(name, listener))
  }

  const looked = () => (lookedAt = performance.now())
  on('localQueue:getJobs:complete', (event) => event.localQueue.workerPool, looked)
  on('worker:getJob:empty', (event) => event.worker.workerPool, looked)
  on(
    'job:start',
    (event) => event.worker.workerPool,
    () => {
      running++
      tookAt = looked()
    },
  )
  on(
    'job:complete',
    (event) => event.worker.workerPool,
    () => {
      if (running-- === concurrency) looked()
    },
  )

  return {
    get running() {
      return running
    },
    get tookAt() {
      return tookAt
    },
    get lookedAt() {
      return lookedAt
    },
    stop: () => offs.forEach((off) => off()),
  }
}
