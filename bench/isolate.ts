import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startWorker } from '../worker/main.ts'
import { defineBench } from './bench.ts'
import { withClient } from './database.ts'
import { queueRuns, untilEnded } from './queueRuns.ts'
import { median, rounded } from './statistics.ts'

/** The same task, by what its file says of a process of its own. */
const WHERE = {
  'in the worker': {},
  'a new process each': { isolation: true },
  'a process kept': { isolation: { runs: 10_000 } },
}

type Where = keyof typeof WHERE

/** What a process of its own costs a task that does nothing. */
export const isolate = defineBench({
  name: 'isolate',
  title: `Milliseconds a run of a task that does nothing, from the first to begin to the last whose end is recorded, alternating:
in the worker, in a new process for each attempt, and in processes that are kept. ×: as many times as long as in the worker.`,
  defaults: { runs: 40, repetitions: 5, concurrency: 2 },
  async run({ connectionString, settings, log, say }) {
    const { runs: count, repetitions, concurrency } = settings
    const taskDirectory = await mkdtemp(join(tmpdir(), 'almanac-bench-'))
    const took = new Map<Where, number[]>()
    const entries = Object.entries(WHERE) as [Where, object][]
    const tasks = new Map(entries.map(([where], index) => [where, `isolate_${index}`]))
    for (const [where, metadata] of entries)
      await writeFile(
        join(taskDirectory, `${tasks.get(where)}.mjs`),
        `export const metadata = ${JSON.stringify(metadata)}\nexport default () => {}\n`,
      )
    const worker = await startWorker({ connectionString, concurrency, taskDirectory, log })
    try {
      await withClient(connectionString, async (client) => {
        // The first repetition starts what is kept, and is not counted.
        for (let repetition = 0; repetition <= repetitions; repetition++)
          for (const [where, task] of tasks) {
            const after = await queueRuns(client, { task, count, group: null })
            const each = (await untilEnded(client, after)) / count
            if (repetition > 0) took.set(where, [...(took.get(where) ?? []), each])
            say(`${where}: ${rounded(each)} ms a run`)
          }
      })
    } finally {
      await worker.close()
      await rm(taskDirectory, { recursive: true })
    }
    const base = median(took.get('in the worker') ?? [])
    return {
      tables: [
        [...took].map(([where, each]) => ({
          where,
          'ms a run': rounded(median(each)),
          '×': rounded(median(each) / base),
        })),
      ],
    }
  },
})
