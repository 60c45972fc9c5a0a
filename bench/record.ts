import { setTimeout as delay } from 'node:timers/promises'
import { Logger, run, WorkerPreset, type JobHelpers, type TaskList } from 'graphile-worker'
import { startWorker } from '../worker/main.ts'
import { defineBench } from './bench.ts'
import { untilTrue, withClient } from './database.ts'
import { queueRuns, untilEnded } from './queueRuns.ts'
import { median, rounded } from './statistics.ts'

/** A task that takes that long, and logs that many lines before that. */
const taskOf = (lines: number, ms: number) => async (_payload: unknown, helpers: JobHelpers) => {
  for (let line = 1; line <= lines; line++) helpers.logger.info(`row ${line} of ${lines}, and what it says`)
  await delay(ms)
}

interface Drain {
  readonly connectionString: string
  readonly count: number
  readonly concurrency: number
  readonly task: (payload: unknown, helpers: JobHelpers) => Promise<void>
}

/**
 * Milliseconds in which Graphile Worker alone does that many jobs, from the first to be called to the last to be
 * deleted.
 */
async function plain({ connectionString, count, concurrency, task }: Drain): Promise<number> {
  return withClient(connectionString, async (client) => {
    await client.query(
      `select count(*) from graphile_worker.add_jobs(array(
         select row('plain', '{}', null, null, 1, null, 1, null)::graphile_worker.job_spec from generate_series(1, $1)))`,
      [count],
    )
    let first = 0
    let left = count
    let allRun: () => void = () => undefined
    const ended = new Promise<void>((resolve) => (allRun = resolve))
    const taskList: TaskList = {
      async plain(payload, helpers) {
        first ||= performance.now()
        await task(payload, helpers)
        if (--left === 0) allRun()
      },
    }
    const runner = await run({
      connectionString,
      preset: {
        extends: [WorkerPreset],
        worker: {
          concurrentJobs: concurrency,
          localQueue: { size: 2 * concurrency },
          completeJobBatchDelay: 0,
          failJobBatchDelay: 0,
          logger: new Logger(() => () => undefined),
        },
      },
      noHandleSignals: true,
      taskList,
    })
    try {
      await ended
      const IS_OVER = `select not exists (select from graphile_worker.jobs where task_identifier = 'plain')`
      await untilTrue(client, IS_OVER, [], 5)
      return performance.now() - first
    } finally {
      await runner.stop()
    }
  })
}

/** The same as runs of a schedule, from the first to begin to the last whose end is recorded. */
async function recorded({ connectionString, count, concurrency, task }: Drain): Promise<number> {
  return withClient(connectionString, async (client) => {
    const after = await queueRuns(client, { task: 'recorded', count })
    const worker = await startWorker({
      connectionString,
      concurrency,
      taskDirectory: '',
      tasks: { recorded: task },
      log: () => undefined,
    })
    try {
      return await untilEnded(client, after)
    } finally {
      await worker.close()
    }
  })
}

/** What it costs to record runs, and what they log, next to Graphile Worker alone. */
export const record = defineBench({
  name: 'record',
  title: `Milliseconds to drain tasks that take a while, alternating: Graphile Worker alone and recorded as runs, with and without lines logged.
× plain: next to Graphile Worker with the same task; × without: next to the same without lines.`,
  defaults: { runs: 3_000, repetitions: 7, concurrency: 50, taskMs: 10, lines: 20 },
  async run({ connectionString, settings, say }) {
    const { runs: count, repetitions, concurrency, taskMs, lines } = settings
    const drains = [plain, recorded].flatMap((drain) =>
      [0, lines].map((logged) => ({
        name: `${drain.name}, ${logged} lines`,
        times: [] as number[],
        drain: () => drain({ connectionString, count, concurrency, task: taskOf(logged, taskMs) }),
      })),
    )
    for (let repetition = 0; repetition <= repetitions; repetition++)
      for (const { name, times, drain } of drains) {
        const took = await drain()
        // The first warms up.
        if (repetition > 0) times.push(took)
        say(`${repetition} ${name}: ${Math.round(took)} ms`)
      }
    const ratio = (one: number, other: number) =>
      rounded(median(drains[one]!.times.map((took, nth) => took / drains[other]!.times[nth]!)))
    const rows = drains.map(({ name, times }, index) => ({
      name,
      least: rounded(Math.min(...times)),
      median: rounded(median(times)),
      '× plain': ratio(index, index % 2),
      '× without': ratio(index, index - (index % 2)),
    }))
    return { tables: [rows] }
  },
})
