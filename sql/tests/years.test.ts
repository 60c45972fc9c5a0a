import { beforeAll, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { installClock } from './simulation/clock.ts'
import { liveThroughYears } from './simulation/years.ts'

/** ALMANAC_SEED and ALMANAC_YEARS live through another, longer time. */
const seed = Number(process.env['ALMANAC_SEED'] ?? 20_900_101)
const years = Number(process.env['ALMANAC_YEARS'] ?? 2)

const db = useTestDatabase()
beforeAll(async () => {
  await installClock(db)
})

it(
  `years of schedules leave a ledger without a fault (ALMANAC_SEED=${seed} ALMANAC_YEARS=${years})`,
  async () => {
    const { problems, unarmed, outcomes, events, calls } = await liveThroughYears(db, {
      seed,
      years,
      schedules: 12,
    })

    expect({ problems, unarmed }).toEqual({ problems: [], unarmed: [] })
    for (const outcome of ['succeeded', 'skipped', 'missed', 'paused', 'stopped', 'excluded'])
      expect(outcomes[outcome], outcome).toBeGreaterThan(0)
    if (process.env['ALMANAC_YEARS']) console.log({ seed, years, calls, events, outcomes })
  },
  60_000 + years * 60_000,
)
