import { setTimeout as delay } from 'node:timers/promises'
import { DEFAULT_CONCURRENCY } from '../worker/defaults.ts'
import { startWorker } from '../worker/main.ts'
import { defineBench, type BenchContext, type Row } from './bench.ts'
import { untilTrue, withClient } from './database.ts'
import { almanac } from './fire/almanac.ts'
import { median, rounded } from './statistics.ts'

/** How late runs begin that are due steadily, and at which concurrency they are least late. */
export const lateness = defineBench({
  name: 'lateness',
  title: 'Begin − due in ms, for schedules that are due once a second each; herd: ms from due to done',
  defaults: {
    seconds: 15,
    concurrency: DEFAULT_CONCURRENCY,
    sweep: false,
    concurrencies: [10, 25, 50, 100, 200, 400],
    herd: 10_000,
    repetitions: 3,
  },
  async run(context) {
    const { sweep, concurrency, concurrencies } = context.settings
    if (!sweep) return { tables: [await lateRows(context, concurrency)] }
    const all = [...new Set([...concurrencies, concurrency])].toSorted((a, b) => a - b)
    const late = []
    for (const one of all) late.push(...(await lateRows(context, one)))
    const herds = await herdRows(context, all)
    return {
      tables: [compared(late, 'p99', concurrency), compared(herds, 'last done ms', concurrency)],
      notes: [
        ...bestNotes(late, 'p99'),
        ...bestNotes(herds, 'last done ms'),
        bestOverAll([...shares(late, 'p99'), ...shares(herds, 'last done ms')]),
      ],
    }
  },
})

const LOADS = [
  { due: '200/s spread over the second', rate: 200, spread: 1 },
  { due: '200 at one instant', rate: 200, spread: 0 },
  { due: '1,000 at one instant', rate: 1_000, spread: 0 },
]
const WARM_UP = 2

interface Load {
  readonly due: string
  readonly rate: number
  readonly spread: number
}
type Context = Pick<BenchContext, 'connectionString' | 'log' | 'say'> & {
  readonly settings: { readonly seconds: number; readonly herd: number; readonly repetitions: number }
}
type LoadRow = Row & { readonly due: string; readonly concurrency: number }

async function lateRows(context: Context, concurrency: number): Promise<LoadRow[]> {
  const rows = []
  for (const load of LOADS) {
    context.say(`concurrency ${concurrency}: ${load.due}`)
    rows.push({ due: load.due, concurrency, ...(await measure(context, concurrency, load)) })
  }
  return rows
}

async function measure(
  { connectionString, settings: { seconds }, log }: Context,
  concurrency: number,
  { rate, spread }: Load,
): Promise<Record<string, number>> {
  const lead = 3 + Math.ceil(rate / 1_000)
  const worker = await startWorker({ connectionString, concurrency, taskDirectory: '', log })
  try {
    return await withClient(connectionString, async (client) => {
      const { rows: starts } = await client.query<{ start: string }>(
        `select (date_trunc('second', clock_timestamp()) + make_interval(secs => $1))::text as start`,
        [lead],
      )
      const window = [starts[0]?.start, WARM_UP, WARM_UP + seconds]
      await client.query(
        `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
         select 'lateness ' || i, 'interval', '1 second', $2::timestamptz + i * $3::float8 / $1 * interval '1 second', 'almanac:noop', 'allow'
         from generate_series(0, $1 - 1) i`,
        [rate, starts[0]?.start, spread],
      )
      await delay((lead + WARM_UP + seconds + 1) * 1_000)
      const { rows } = await client.query<Record<string, number>>(
        `select count(*)::int as runs, ${percentile(0.5)} as p50, ${percentile(0.95)} as p95, ${percentile(0.99)} as p99,
           ${percentile(1)} as max
         from almanac.runs
         where started_at is not null and schedule_name like 'lateness %'
           and due_at >= $1::timestamptz + make_interval(secs => $2) and due_at < $1::timestamptz + make_interval(secs => $3)`,
        window,
      )
      await client.query('delete from almanac.schedules where not is_system')
      // What is behind would be in the way of the next.
      await untilTrue(client, `select not exists (select from almanac_private.live_runs)`, [], 100)
      await client.query('vacuum')
      return { expected: rate * seconds, ...rows[0] }
    })
  } finally {
    await worker.close()
  }
}

function percentile(fraction: number): string {
  const late = 'extract(epoch from started_at - due_at) * 1000'
  return `round((percentile_cont(${fraction}) within group (order by ${late}))::numeric, 1)::float8`
}

/** The concurrencies alternate, so that other load affects them alike. */
async function herdRows(context: Context, concurrencies: readonly number[]): Promise<LoadRow[]> {
  const { connectionString, log, say, settings } = context
  const measured = concurrencies.map((concurrency) => ({
    concurrency,
    first: [] as number[],
    last: [] as number[],
  }))
  for (let repetition = 1; repetition <= settings.repetitions; repetition++) {
    for (const { concurrency, first, last } of measured) {
      say(`concurrency ${concurrency}: a herd of ${settings.herd}, repetition ${repetition}`)
      const herd = await almanac({ connectionString, concurrency, log }).herd(settings.herd)
      first.push(herd.first)
      last.push(herd.last)
    }
  }
  return measured.map(({ concurrency, first, last }) => ({
    due: `${settings.herd.toLocaleString('en')} once`,
    concurrency,
    'first done ms': Math.round(median(first)),
    'last done ms': Math.round(median(last)),
  }))
}

/** Each row with its figure as a share of that at the concurrency that is the default. */
function compared(rows: readonly LoadRow[], figure: string, usual: number): Row[] {
  return rows.map((row) => {
    const reference = rows.find(({ due, concurrency }) => due === row.due && concurrency === usual)
    return {
      ...row,
      [`of ${usual}`]: rounded(Number(row[figure]) / Number(reference?.[figure]), 2),
    }
  })
}

interface Share {
  readonly concurrency: number
  /** 1: the best of its load. */
  readonly share: number
}

function shares(rows: readonly LoadRow[], figure: string): Share[] {
  return [...Map.groupBy(rows, ({ due }) => due).values()].flatMap((group) => {
    const best = Math.min(...group.map((row) => Number(row[figure])))
    return group.map((row) => ({ concurrency: row.concurrency, share: Number(row[figure]) / best }))
  })
}

/** The geometric mean, in which each load counts as much as another, however long it takes. */
function bestOverAll(all: readonly Share[]): string {
  const means = [...Map.groupBy(all, ({ concurrency }) => concurrency)].map(([concurrency, group]) => ({
    concurrency,
    mean: Math.exp(group.reduce((sum, { share }) => sum + Math.log(share), 0) / group.length),
  }))
  const best = means.reduce((a, b) => (b.mean < a.mean ? b : a))
  const list = means.map(({ concurrency, mean }) => `${concurrency}: ${rounded(mean, 2)}`).join(', ')
  return `over all: concurrency ${best.concurrency} serves best (× the best of each load, geometric mean: ${list}).`
}

function bestNotes(rows: readonly LoadRow[], figure: string): string[] {
  return [...Map.groupBy(rows, ({ due }) => due)].map(([due, group]) => {
    const best = group.reduce((a, b) => (Number(b[figure]) < Number(a[figure]) ? b : a))
    return `${due}: least ${figure} at concurrency ${best.concurrency}, ${best[figure]}.`
  })
}
