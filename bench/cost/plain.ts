import { Client } from 'pg'
import type { TaskList } from 'graphile-worker'
import { batchCompleteJobs } from '../../node_modules/graphile-worker/dist/sql/completeJobs.js'
import { batchGetJobs } from '../../node_modules/graphile-worker/dist/sql/getJobs.js'
import { graphileWorkerOn, POOL } from '../firing/firing.ts'
import { cpuOf } from './cpu.ts'

/** The steps of a plain job. */
export const PLAIN_PARTS = ['add_jobs', 'fetch', 'deletion'] as const

export type PlainTimes = Readonly<Record<(typeof PLAIN_PARTS)[number], number>>

/** Graphile Worker without Almanac, step by step on one connection: that many jobs added, fetched and deleted. */
export interface Plain {
  drain(): Promise<PlainTimes>
  close(): Promise<void>
}

export async function openPlain(connectionString: string, count: number): Promise<Plain> {
  const client = new Client({ connectionString, application_name: 'almanac bench' })
  await client.connect()
  const clock = await cpuOf(client)
  const { options, withPgClient } = graphileWorkerOn(client)
  const tasks: TaskList = { plain: () => undefined }

  async function timed<T>(work: () => Promise<T>): Promise<[T, number]> {
    const begun = clock()
    const result = await work()
    return [result, clock() - begun]
  }

  return {
    async drain() {
      const [, adding] = await timed(() =>
        client.query(
          `select count(*) from graphile_worker.add_jobs(array(
             select row('plain', '{}', null, null, 1, null, 1, null)::graphile_worker.job_spec from generate_series(1, $1)))`,
          [count],
        ),
      )
      const [jobs, fetch] = await timed(() => batchGetJobs(options, withPgClient, tasks, POOL, null, count))
      const [, deletion] = await timed(() => batchCompleteJobs(options, withPgClient, POOL, jobs))
      return { add_jobs: adding, fetch, deletion }
    },
    close: () => client.end(),
  }
}
