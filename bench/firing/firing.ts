import { createJournals } from '../../worker/logs/journals.ts'
import { Logger, type EnhancedWithPgClient, type Job, type JobHelpers, type TaskList } from 'graphile-worker'
import { Client } from 'pg'
import type { CompiledSharedOptions } from '../../node_modules/graphile-worker/dist/lib.d.ts'
import { batchCompleteJobs } from '../../node_modules/graphile-worker/dist/sql/completeJobs.js'
import { batchGetJobs } from '../../node_modules/graphile-worker/dist/sql/getJobs.js'
import type { Query } from '../../process/query.ts'
import { value } from '../database.ts'
import { codeOf } from './code.ts'

/** The steps of a firing that are timed. */
export const PARTS = [
  'fire_due',
  'fetch of the jobs',
  'begin_runs',
  'finish_runs',
  'deletion of the jobs',
  'fetch, and there is nothing',
  'fire_due, and nothing is due: the look for the next',
] as const
export type Part = (typeof PARTS)[number]
/** Milliseconds of each. */
export type Times = Readonly<Record<Part, number>>

/** Schedules that become due again and again, without waiting for the clock. */
export interface Firing {
  /** Fires each of them once more, and works off what came of it. */
  fire(): Promise<Times>
  close(): Promise<void>
}

export const POOL = 'bench'

/**
 * What a worker does, step by step on one connection: the statements of the ticker, Graphile Worker and the recorder.
 * The schedules are due every second from an hour ahead, and each call has the next second for its time. `folder`: of
 * another checkout, whose code is used; `clockFor`: gives the clock to measure with, the wall's if left out.
 */
export async function openFiring(
  connectionString: string,
  due: number,
  {
    folder,
    clockFor = () => Promise.resolve(() => performance.now()),
  }: { folder?: string | undefined; clockFor?: (client: Client) => Promise<() => number> } = {},
): Promise<Firing> {
  const { createRecorder, createSharing, addRunTasks, queryOn } = await codeOf(folder)
  const client = new Client({ connectionString, application_name: 'almanac bench' })
  await client.connect()
  const clock = await clockFor(client)
  const start = await value<Date>(
    client,
    `select date_trunc('second', clock_timestamp()) + interval '1 hour'`,
  )
  await client.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier)
     select 'due ' || i, 'interval', '1 second', $2, 'almanac:noop' from generate_series(1, $1) i`,
    [due, start],
  )
  const workerId = await value<string>(
    client,
    `insert into almanac.workers (name, host, pid, version, concurrency) values ('bench', 'bench', 0, '', $1) returning id::text`,
    [due],
  )

  let times: Partial<Record<Part, number>> = {}
  async function timed<T>(part: Part, work: () => Promise<T>): Promise<T> {
    const begun = clock()
    try {
      return await work()
    } finally {
      times[part] = (times[part] ?? 0) + clock() - begun
    }
  }

  const query: Query = async <Row extends object>(text: string, values?: unknown[]) => {
    const part = text.includes('begin_runs') ? 'begin_runs' : 'finish_runs'
    return (await timed(part, () => client.query<Row>(text, values))).rows
  }
  const recorder = createRecorder({
    query,
    workerId: () => Promise.resolve(workerId),
    sharing: createSharing({
      concurrency: due,
      connections: 1,
      busyBesides: () => 0,
      scheduled: () => new Set(),
      takeBack: () => Promise.resolve(new Map()),
    }),
    notifier: { changed: () => undefined, flush: () => Promise.resolve() },
    journals: createJournals({
      query,
      kept: () => ({ lines: 5_000, text: 500_000 }),
      redaction: null,
      onWritten: () => undefined,
      log: () => undefined,
    }),
    redaction: null,
    onFailedJob: () => undefined,
    onHeld: () => undefined,
    onGroupFull: () => undefined,
    onLate: () => undefined,
    log: (_level, message) => console.error(message),
  })
  const { options, withPgClient } = graphileWorkerOn(client)
  const tasks: TaskList = {}
  await addRunTasks(tasks, queryOn(client))
  const fetch = () => batchGetJobs(options, withPgClient, tasks, POOL, null, 2 * due)
  // Graphile Worker keeps the tasks' numbers.
  await fetch()

  let calls = 0
  const fireDue = (at: Date) =>
    value<number>(client, `select fired from almanac_private.fire_due($1, $2)`, [at, due])

  return {
    async fire() {
      times = {}
      const at = new Date(start.getTime() + 1_000 * calls++)
      const fired = await timed('fire_due', () => fireDue(at))
      await timed('fire_due, and nothing is due: the look for the next', () => fireDue(at))
      // Almanac's own schedules may have theirs.
      const fetched = await timed('fetch of the jobs', fetch)
      const jobs = fetched.filter((job) => job.task_identifier === 'almanac-run:almanac:noop')
      if (fired !== due || jobs.length !== due)
        throw new Error(`${due} were due, ${fired} were fired, ${jobs.length} jobs were fetched.`)
      await Promise.all(
        jobs.map((job) => recorder.run('almanac:noop', () => undefined, job.payload, helpersOf(job))),
      )
      await timed('deletion of the jobs', () => batchCompleteJobs(options, withPgClient, POOL, jobs))
      await timed('fetch, and there is nothing', fetch)
      return times as Times
    },
    close: () => client.end(),
  }
}

/** What the functions in which Graphile Worker keeps its statements need to know. */
export function graphileWorkerOn(client: Client) {
  const options = {
    escapedWorkerSchema: 'graphile_worker',
    workerSchema: 'graphile_worker',
    resolvedPreset: { worker: { preparedStatements: true, useNodeTime: false } },
    logger: new Logger(() => () => undefined),
  } as unknown as CompiledSharedOptions
  const use = (work: (given: Client) => unknown) => work(client)
  return { options, withPgClient: Object.assign(use, { withRetries: use }) as EnhancedWithPgClient }
}

function helpersOf(job: Job): JobHelpers {
  return { job, logger: new Logger(() => () => undefined) } as unknown as JobHelpers
}
