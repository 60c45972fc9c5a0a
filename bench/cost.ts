import { defineBench, type Row } from './bench.ts'
import { cpuOf } from './cost/cpu.ts'
import { openPlain, PLAIN_PARTS, type PlainTimes } from './cost/plain.ts'
import { openFiring, PARTS, type Part, type Times } from './firing/firing.ts'
import { median, rounded } from './statistics.ts'

/** Of a run alone: the looks that find nothing are not. */
const STEPS = PARTS.filter(
  (part): part is Exclude<Part, `${string}nothing${string}`> => !part.includes('nothing'),
)

/** What a run costs PostgreSQL, step by step: CPU time, which does not depend on what else the machine does. */
export const cost = defineBench({
  name: 'cost',
  title: `CPU of PostgreSQL in µs a run, step by step on one connection; "plain": Graphile Worker adds, fetches and deletes a job.
With ALMANAC_BENCH_BEFORE=<folder of another checkout>, next to that, alternating: × is now ÷ before, of the minimum and of the median.`,
  defaults: { due: 500, repetitions: 60, warmup: 8 },
  async run({ connectionString, settings, another }) {
    const { due, repetitions, warmup } = settings
    const folder = process.env['ALMANAC_BENCH_BEFORE']
    const plain = await openPlain(await another(), due)
    const now = await openFiring(connectionString, due, { clockFor: cpuOf })
    const before = folder
      ? await openFiring(await another(folder), due, { folder, clockFor: cpuOf })
      : undefined
    const times = { now: [] as Times[], before: [] as Times[], plain: [] as PlainTimes[] }
    try {
      for (let repetition = 1 - warmup; repetition <= repetitions; repetition++) {
        const taken = { plain: await plain.drain(), now: await now.fire(), before: await before?.fire() }
        if (repetition < 1) continue
        times.plain.push(taken.plain)
        times.now.push(taken.now)
        if (taken.before) times.before.push(taken.before)
      }
    } finally {
      for (const opened of [plain, now, before]) await opened?.close()
    }
    const each = (ms: number) => (ms * 1_000) / due
    const all = (one: Times) => STEPS.reduce((sum, step) => sum + one[step], 0)
    const rows = [
      ...STEPS.map((step) => row(step, (one: Times) => each(one[step]), times)),
      row('all', (one: Times) => each(all(one)), times),
    ]
    const plainRows = [
      ...PLAIN_PARTS.map((part) => ({ plain: part, ...figures(times.plain.map((one) => each(one[part]))) })),
      {
        plain: 'all',
        ...figures(times.plain.map((one) => each(PLAIN_PARTS.reduce((sum, part) => sum + one[part], 0)))),
      },
    ]
    return { tables: [rows, plainRows] }
  },
})

function row(
  step: string,
  of: (times: Times) => number,
  { now, before }: { now: readonly Times[]; before: readonly Times[] },
): Row {
  const [ours, theirs] = [figures(now.map(of)), figures(before.map(of))]
  return {
    step,
    ...ours,
    ...(before.length > 0 && {
      'before: minimum': theirs.minimum,
      'before: median': theirs.median,
      '×, minimum': rounded(ours.minimum / theirs.minimum),
      '×, median': rounded(median(now.map((one, nth) => of(one) / of(before[nth]!)))),
    }),
  }
}

function figures(numbers: readonly number[]) {
  return { minimum: rounded(Math.min(...numbers)), median: rounded(median(numbers)) }
}
