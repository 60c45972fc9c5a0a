import { expect, test } from 'vitest'
import { wreakHavoc } from '../chaos/chaos.ts'

test('workers, server and PostgreSQL killed, connections cut and used up, schedules edited: nothing lost, doubled, stuck or half done', async () => {
  const { acts, requests, runs, steps, wrong } = await wreakHavoc({
    seconds: 20,
    schedules: 20,
    workers: 2,
    seed: 20_261_121,
    withTroubles: false,
    log: () => undefined,
  })

  expect(wrong).toEqual({
    ledgerProblems: 0,
    occurrencesTwice: 0,
    runsStuck: 0,
    jobsLeft: 0,
    schedulesUnarmed: 0,
    repairs: 0,
    garbage: 0,
    stepsOutOfOrder: 0,
    falseParents: 0,
    answeredNotDone: 0,
    doneTwice: 0,
    halfDone: 0,
  })
  expect(Object.keys(acts)).toContain('kill the server')
  expect(requests.answered).toBeGreaterThan(20)
  expect(requests.cut).toBeGreaterThan(0)
  expect(runs['succeeded']).toBeGreaterThan(20)
  expect(steps['succeeded']).toBeGreaterThan(20)
}, 240_000)
