import { setTimeout as delay } from 'node:timers/promises'
import { startWorker } from '../worker/main.ts'
import { defineBench } from './bench.ts'
import { withClient } from './database.ts'
import { queueRuns, untilEnded } from './queueRuns.ts'
import { median, rounded } from './statistics.ts'

const WORKERS = 3

interface Drain {
  readonly connectionString: string
  readonly count: number
  readonly taskMs: number
  /** Slots of each worker. */
  readonly concurrency: number
  readonly group: string | null
}

/** Milliseconds from the first run to begin to the last whose end is recorded, and how many went on at once at most. */
async function drain({ connectionString, count, taskMs, concurrency, group }: Drain) {
  return withClient(connectionString, async (client) => {
    const after = await queueRuns(client, { task: 'grouped', count, group })
    let running = 0
    let mostRunning = 0
    const grouped = async () => {
      running += 1
      mostRunning = Math.max(mostRunning, running)
      await delay(taskMs)
      running -= 1
    }
    const workers = await Promise.all(
      Array.from({ length: WORKERS }, () =>
        startWorker({
          connectionString,
          concurrency,
          taskDirectory: '',
          tasks: { grouped },
          log: () => undefined,
        }),
      ),
    )
    try {
      const took = await untilEnded(client, after)
      return { took, mostRunning }
    } finally {
      await Promise.all(workers.map((worker) => worker.close()))
    }
  })
}

/** What it costs that a group limits runs over several workers, next to as many slots without a group. */
export const groups = defineBench({
  name: 'groups',
  title: `Milliseconds to drain runs over ${WORKERS} workers, alternating: limited by slots, and by a resource group with slots to spare.
at once: the most that went on at one time, which the group's limit never lets pass.`,
  defaults: { runs: 3_000, repetitions: 5, limit: 30, taskMs: 10 },
  async run({ connectionString, settings, say }) {
    const { runs: count, repetitions, limit, taskMs } = settings
    await withClient(connectionString, (client) =>
      client.query(`select almanac.set_resource_group('bench', max_running => $1)`, [limit]),
    )
    const drains = [
      { name: 'slots', concurrency: Math.ceil(limit / WORKERS), group: null },
      { name: 'group', concurrency: limit, group: 'bench' },
    ].map((each) => ({ ...each, times: [] as number[], mostRunning: 0 }))
    for (let repetition = 0; repetition <= repetitions; repetition++)
      for (const each of drains) {
        const { concurrency, group } = each
        const { took, mostRunning } = await drain({ connectionString, count, taskMs, concurrency, group })
        each.mostRunning = Math.max(each.mostRunning, mostRunning)
        // The first warms up.
        if (repetition > 0) each.times.push(took)
        say(`${repetition} ${each.name}: ${Math.round(took)} ms, ${mostRunning} at once`)
      }
    const rows = drains.map(({ name, times, mostRunning }) => ({
      name,
      least: rounded(Math.min(...times)),
      median: rounded(median(times)),
      'runs/s': Math.round(count / (median(times) / 1000)),
      '× slots': rounded(median(times.map((took, nth) => took / drains[0]!.times[nth]!))),
      'at once': mostRunning,
    }))
    return { tables: [rows], failed: rows[1]!['at once'] > limit }
  },
})
