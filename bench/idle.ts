import type { Client } from 'pg'
import { defineBench, type Row } from './bench.ts'
import { withClient } from './database.ts'
import { openFiring, PARTS, type Firing, type Times } from './firing/firing.ts'
import { loadIdle } from './idle/load.ts'
import { bytesOf, IDLE_TABLES, RUN_TABLES, type Sizes } from './idle/sizes.ts'
import { median, rounded } from './statistics.ts'

/** What schedules that are not due cost those that are: time of a firing, and bytes. */
export const idle = defineBench({
  name: 'idle',
  title: `ms of each step of firing due schedules, next to idle schedules (medians; each number of them in a database of its own, alternating).
× is how many times as long it takes next to the most of them as next to the fewest.`,
  defaults: { idle: [1_000, 1_000_000], due: 200, repetitions: 60, warmup: 10, batch: 10_000 },
  async run({ connectionString, settings, say, another }) {
    const { due, repetitions, warmup, batch } = settings
    const places: Place[] = []
    for (const count of settings.idle) {
      const url = places.length === 0 ? connectionString : await another()
      places.push(await withClient(url, (client) => prepare(client, url, count)))
    }

    async function prepare(client: Client, url: string, count: number): Promise<Place> {
      const before = await bytesOf(client, IDLE_TABLES)
      const seconds = await loadIdle(client, { count, batch, say })
      return { url, count, seconds, before, after: await bytesOf(client, IDLE_TABLES), times: [] }
    }

    const runsBefore = await sizesOfRuns(places)
    await openAll(places, due, async (firings) => {
      for (let repetition = 1 - warmup; repetition <= repetitions; repetition++) {
        for (const { place, firing } of firings) {
          const times = await firing.fire()
          if (repetition > 0) place.times.push(times)
        }
      }
    })
    const runsAfter = await sizesOfRuns(places)
    const runs = (repetitions + warmup) * due
    return {
      tables: [costs(places, due), bytesPerSchedule(places), bytesPerRun(runsBefore, runsAfter, runs)],
      notes: places.map(
        ({ count, seconds }) =>
          `${count.toLocaleString('en')} schedules were inserted in ${Math.round(seconds)} s, ${rounded((seconds / count) * 1_000)} ms each.`,
      ),
    }
  },
})

/** A database with its idle schedules. */
interface Place {
  readonly url: string
  readonly count: number
  /** That inserting them took. */
  readonly seconds: number
  readonly before: Sizes
  readonly after: Sizes
  readonly times: Times[]
}

async function openAll(
  places: readonly Place[],
  due: number,
  use: (firings: readonly { place: Place; firing: Firing }[]) => Promise<void>,
): Promise<void> {
  const opened = await Promise.all(
    places.map(async (place) => ({ place, firing: await openFiring(place.url, due) })),
  )
  try {
    await use(opened)
  } finally {
    await Promise.all(opened.map(({ firing }) => firing.close()))
  }
}

async function sizesOfRuns(places: readonly Place[]): Promise<Sizes> {
  const [first] = places
  return first ? withClient(first.url, (client) => bytesOf(client, RUN_TABLES)) : {}
}

function costs(places: readonly Place[], due: number): Row[] {
  const named = (count: number) => `${count.toLocaleString('en')} idle`
  const line = (what: string, of: (times: Times) => number) => {
    const medians = places.map(({ count, times }) => ({ count, ms: median(times.map(of)) }))
    const sorted = medians.toSorted((a, b) => a.count - b.count)
    return {
      [`${due} due`]: what,
      ...Object.fromEntries(medians.map(({ count, ms }) => [named(count), rounded(ms)])),
      '×': rounded((sorted.at(-1)?.ms ?? NaN) / (sorted[0]?.ms ?? NaN)),
    }
  }
  return [
    ...PARTS.map((part) => line(part, (times) => times[part])),
    line(
      'firing: fire_due + begin_runs + finish_runs',
      (times) => times.fire_due + times.begin_runs + times.finish_runs,
    ),
  ]
}

/** Of the database with the most. */
function bytesPerSchedule(places: readonly Place[]): Row[] {
  const largest = places.reduce((a, b) => (b.count > a.count ? b : a))
  return bytesEach('an idle schedule', largest.before, largest.after, largest.count)
}

function bytesPerRun(before: Sizes, after: Sizes, runs: number): Row[] {
  return bytesEach('a run', before, after, runs)
}

function bytesEach(what: string, before: Sizes, after: Sizes, count: number): Row[] {
  const rows = Object.entries(after).map(([name, bytes]) => ({
    [`bytes of ${what}`]: name,
    bytes: Math.round((bytes - (before[name] ?? 0)) / count),
  }))
  const sum = rows.reduce((total, row) => total + Number(row.bytes), 0)
  return [...rows, { [`bytes of ${what}`]: 'all', bytes: sum }]
}
