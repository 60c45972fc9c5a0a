import { defineBench, type Row } from './bench.ts'
import { almanac } from './fire/almanac.ts'
import { bullmq } from './fire/bullmq.ts'
import type { Absent, Contestant, Herd } from './fire/contestant.ts'
import { graphileWorker } from './fire/graphileWorker.ts'
import { pgCron } from './fire/pgCron.ts'
import { median, rounded } from './statistics.ts'

/** How many runs a second come of a herd, next to others in the same run. */
export const fire = defineBench({
  name: 'fire',
  title: `Schedules due at one instant, ms from then to the end of the first run and of the last; "plain": Graphile Worker adds and drains as many jobs.
× is how many times as many runs a second Almanac does; the last table has medians.`,
  defaults: {
    count: [1_000, 10_000],
    repetitions: 3,
    concurrency: 200,
    against: ['plain', 'bullmq', 'pg_cron'],
  },
  async run({ connectionString, settings, log, say }) {
    const { concurrency } = settings
    const others: Readonly<Record<string, () => Promise<Contestant | Absent> | Contestant>> = {
      plain: () => graphileWorker({ connectionString, concurrency, log }),
      bullmq: () => bullmq({ concurrency }),
      pg_cron: pgCron,
    }
    const contestants = [almanac({ connectionString, concurrency, log })]
    const notes = []
    try {
      for (const name of settings.against) {
        const contestant = await others[name]?.()
        if (!contestant) continue
        if ('absent' in contestant) notes.push(`not measured: ${contestant.absent}.`)
        else contestants.push(contestant)
      }
      const measured: Measured[] = []
      for (const count of settings.count) {
        for (const { name, most } of contestants)
          if (most !== undefined && most < count)
            notes.push(`not measured: ${name} with ${count}, as ${most} take it seconds.`)
        const partakers = contestants.filter(({ most = Infinity }) => count <= most)
        for (let repetition = 1; repetition <= settings.repetitions; repetition++) {
          for (const contestant of partakers) {
            say(`${count}, repetition ${repetition}: ${contestant.name}`)
            measured.push({ count, repetition, name: contestant.name, ...(await contestant.herd(count)) })
          }
        }
      }
      return { tables: [single(measured), medians(measured)], notes }
    } finally {
      for (const contestant of contestants) await contestant.close()
    }
  },
})

interface Measured extends Herd {
  readonly count: number
  readonly repetition: number
  readonly name: string
}

const perSecond = ({ count, last }: Measured) => (count / last) * 1_000

function single(measured: readonly Measured[]): Row[] {
  return measured.map((one) => ({
    due: one.count,
    repetition: one.repetition,
    who: one.name,
    'first done ms': Math.round(one.first),
    'last done ms': Math.round(one.last),
    'runs/s': Math.round(perSecond(one)),
    'Almanac ×': rounded(advantage(one, measured)),
  }))
}

function medians(measured: readonly Measured[]): Row[] {
  const groups = Map.groupBy(measured, ({ count, name }) => `${count} ${name}`)
  return [...groups.values()].flatMap((group) => {
    const [one] = group
    if (!one) return []
    return {
      due: one.count,
      who: one.name,
      'first done ms': Math.round(median(group.map(({ first }) => first))),
      'last done ms': Math.round(median(group.map(({ last }) => last))),
      'runs/s': Math.round(median(group.map(perSecond))),
      'Almanac ×': rounded(median(group.map((other) => advantage(other, measured)))),
    }
  })
}

/** How many times as fast Almanac was in the same repetition. */
function advantage(one: Measured, measured: readonly Measured[]): number {
  const ours = measured.find(
    ({ name, count, repetition }) =>
      name === 'Almanac' && count === one.count && repetition === one.repetition,
  )
  return ours ? one.last / ours.last : NaN
}
