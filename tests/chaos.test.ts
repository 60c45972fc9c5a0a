import { expect, test } from 'vitest'
import { wreakHavoc } from './chaos/chaos.ts'

test('workers and PostgreSQL killed, connections cut and used up, schedules edited: nothing lost, doubled or stuck', async () => {
  const { acts, runs, wrong } = await wreakHavoc({
    seconds: 20,
    schedules: 20,
    workers: 2,
    seed: 20_261_121,
    log: () => undefined,
  })

  expect(wrong).toEqual({
    ledgerProblems: 0,
    occurrencesTwice: 0,
    runsStuck: 0,
    jobsLeft: 0,
    schedulesUnarmed: 0,
  })
  expect(Object.keys(acts).length).toBeGreaterThan(2)
  expect(runs['succeeded']).toBeGreaterThan(20)
}, 240_000)
