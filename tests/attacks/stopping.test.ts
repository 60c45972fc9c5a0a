import { afterAll, beforeAll, expect, test } from 'vitest'
import { STOPPING } from './stopping/attacks.ts'
import { setStage, type Stage } from './stopping/stage.ts'

const SECONDS = Number(process.env['ALMANAC_ATTACK_SECONDS'] ?? 5)
/** Two seconds after an instant its run would be the next one's. */
const LATEST = 1.5

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

// The times of a machine that is busy with other tests: what holds does so at one of three tries.
test.each(STOPPING)(
  "others' schedules and /healthz stay punctual while $name",
  { timeout: (SECONDS + 60) * 1000, retry: 2 },
  async ({ attack }) => {
    const seen = await stage.watch((signal) => attack(stage, signal), SECONDS)

    expect(seen).toMatchObject({ alive: true, omitted: 0, ledgerProblems: 0 })
    expect(seen.lateness.length).toBeGreaterThanOrEqual(Math.floor(SECONDS / 2) - 1)
    expect(seen.lateness.filter((seconds) => seconds === null || seconds > LATEST)).toEqual([])
    expect(seen.health.filter((seconds) => seconds === null || seconds > 1)).toEqual([])
    expect(Math.max(seen.megabytes.worker, seen.megabytes.server)).toBeLessThan(600)
  },
)
