import { afterAll, beforeAll, expect, test } from 'vitest'
import { STOPPING } from './stopping/attacks.ts'
import { setStage, type Stage } from './stopping/stage.ts'

/** How many occurrences of another's schedule an attack lasts, one each second. */
const OCCURRENCES = Number(process.env['ALMANAC_ATTACK_OCCURRENCES'] ?? 4)
/** Anyone who keeps the engine waiting is cut off after 15 seconds: what is behind by fewer was not kept waiting. */
const MOST_BEHIND = 10

let stage: Stage
beforeAll(async () => {
  stage = await setStage()
})
afterAll(() => stage.close())

test.each(STOPPING)(
  "others' schedules run in order and /healthz answers while $name",
  { timeout: (OCCURRENCES + 180) * 1000 },
  async ({ attack }) => {
    const seen = await stage.watch(attack, OCCURRENCES)

    expect(seen).toMatchObject({ alive: true, omitted: 0, ledgerProblems: 0, inOrder: true })
    expect(seen.outcomes.length).toBeGreaterThanOrEqual(OCCURRENCES)
    expect(seen.outcomes.filter((outcome) => outcome !== 'succeeded')).toEqual([])
    expect(seen.usual.filter((outcome) => outcome !== 'succeeded')).toEqual([])
    expect(seen.behind).toBeLessThan(MOST_BEHIND)
    expect(seen.health.answered).toBe(seen.health.asked)
    expect(Math.max(seen.megabytes.worker, seen.megabytes.server)).toBeLessThan(600)
  },
)
