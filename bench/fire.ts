import { setTimeout as delay } from 'node:timers/promises'
import { Logger, run, WorkerPreset } from 'graphile-worker'
import { Pool, type Client } from 'pg'
import { startWorker } from '../worker/main.ts'
import type { Bench, BenchContext } from './main.ts'
import { withClient } from './database.ts'

/** How many runs a second come of a herd: schedules due at one instant, until all have succeeded. */
export const fire: Bench = {
  name: 'fire',
  title:
    'Schedules due at one instant, until every run has succeeded; plain: Graphile Worker adds and drains as many jobs',
  defaults: { count: 10_000, repetitions: 3, concurrency: 200 },
  async run(context) {
    const { count = 0, repetitions = 0 } = context.settings
    const rows = []
    for (let repetition = 1; repetition <= repetitions; repetition++) {
      const almanac = await herd(context)
      const plain = await addAndDrain(context)
      rows.push({
        repetition,
        'almanac ms': Math.round(almanac),
        'almanac runs/s': Math.round((count / almanac) * 1000),
        'plain ms': Math.round(plain),
        'plain jobs/s': Math.round((count / plain) * 1000),
        ratio: Number((plain / almanac).toFixed(2)),
      })
    }
    return rows
  },
}

/**
 * Milliseconds from the due time to the end of the last run, as the ledger has it: of the second time that the
 * schedules are due, as most have run before.
 */
async function herd({ connectionString, settings, log }: BenchContext): Promise<number> {
  const { count = 0, concurrency = 0 } = settings
  return withClient(connectionString, async (client) => {
    const lead = 3 + count / 2_000
    const pause = 8 + Math.ceil(count / 2_000)
    const due = await value<string>(
      client,
      `select (clock_timestamp() + make_interval(secs => $1) + make_interval(secs => $2))::text`,
      [lead, pause],
    )
    await client.query(
      `insert into almanac.schedules (name, kind, every, starts_at, task_identifier)
       select 'fire ' || i, 'interval', make_interval(secs => $3), $2::timestamptz - make_interval(secs => $3), 'almanac:noop'
       from generate_series(1, $1) i`,
      [count, due, pause],
    )
    const worker = await startWorker({ connectionString, concurrency, taskDirectory: '', log })
    try {
      await untilTrue(
        client,
        `select count(*) = $1 from almanac.runs where scheduled_for = $2 and status = 'succeeded'`,
        [count, due],
        250,
      )
      return await value<number>(
        client,
        `select (extract(epoch from max(finished_at) - $1::timestamptz) * 1000)::float8 from almanac.runs where scheduled_for = $1`,
        [due],
      )
    } finally {
      await worker.close()
      await client.query('delete from almanac.schedules where not is_system')
    }
  })
}

/** Milliseconds from the adding of the jobs to the completion of the last. */
async function addAndDrain({ connectionString, settings, log }: BenchContext): Promise<number> {
  const { count = 0, concurrency = 0 } = settings
  return withClient(connectionString, async (client) => {
    let left = count
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
      return performance.now() - begun
    } finally {
      await runner.stop()
      await pgPool.end()
    }
  })
}

async function untilTrue(client: Client, text: string, values: unknown[], pause: number): Promise<void> {
  while (!(await value<boolean>(client, text, values))) await delay(pause)
}

async function value<T>(client: Client, text: string, values: unknown[]): Promise<T> {
  const { rows } = await client.query<[T]>({ text, values, rowMode: 'array' })
  if (!rows[0]) throw new Error(`No row: ${text}`)
  return rows[0][0]
}
