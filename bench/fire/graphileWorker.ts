import { Logger, run, WorkerPreset } from 'graphile-worker'
import { Pool } from 'pg'
import type { Log } from '../../process/log.ts'
import { untilTrue, withClient } from '../database.ts'
import type { Contestant } from './contestant.ts'

/** Graphile Worker without Almanac, set up as Almanac's worker is: as many jobs are added at once, and drained. */
export function graphileWorker({
  connectionString,
  concurrency,
  log,
}: {
  connectionString: string
  concurrency: number
  log: Log
}): Contestant {
  return {
    name: 'plain',
    herd: (count) =>
      withClient(connectionString, async (client) => {
        let left = count
        let firstRun = 0
        let allRun: () => void = () => undefined
        const ended = new Promise<void>((resolve) => (allRun = resolve))
        const pgPool = new Pool({ connectionString, max: 20 })
        pgPool.on('error', () => undefined)
        pgPool.on('connect', (connected) => connected.on('error', () => undefined))
        const runner = await run({
          pgPool,
          preset: {
            extends: [WorkerPreset],
            worker: {
              concurrentJobs: concurrency,
              localQueue: { size: 2 * concurrency },
              completeJobBatchDelay: 0,
              failJobBatchDelay: 0,
              logger: new Logger(() => (level, message) => {
                if (level === 'error') log('error', message)
              }),
            },
          },
          noHandleSignals: true,
          taskList: {
            plain() {
              firstRun ||= performance.now()
              if (--left === 0) allRun()
            },
          },
        })
        try {
          const begun = performance.now()
          await client.query(
            `select count(*) from graphile_worker.add_jobs(array(
               select row('plain', '{}', null, null, 1, null, 1, null)::graphile_worker.job_spec from generate_series(1, $1)))`,
            [count],
          )
          await ended
          await untilTrue(
            client,
            `select not exists (select from graphile_worker.jobs where task_identifier = 'plain')`,
            [],
            5,
          )
          return { first: firstRun - begun, last: performance.now() - begun }
        } finally {
          await runner.stop()
          await pgPool.end()
        }
      }),
    close: () => Promise.resolve(),
  }
}
