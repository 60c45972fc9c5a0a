// @vitest-environment node
import { expect, test } from 'vitest'
import { runStatistics, type MeasuredRun } from './runStatistics.ts'

const run = (
  id: number,
  given: Partial<MeasuredRun> & { took?: number; late?: number } = {},
): MeasuredRun => {
  const due = Date.UTC(2026, 10, 25, 2, id)
  const started = due + (given.late ?? 0)
  return {
    rowId: String(id),
    status: 'succeeded',
    trigger: 'schedule',
    scheduledFor: new Date(due).toISOString(),
    dueAt: new Date(due).toISOString(),
    startedAt: new Date(started).toISOString(),
    finishedAt: new Date(started + (given.took ?? 1000)).toISOString(),
    ...given,
  }
}

test('the median is of what succeeded, lateness of what was due', () => {
  const statistics = runStatistics([
    run(5, { took: 9000, status: 'failed' }),
    run(4, { took: 3000, late: 90_000, trigger: 'manual' }),
    run(3, { took: 2000, late: 50 }),
    run(2, { took: 1000, late: 10 }),
  ])

  expect(statistics).toMatchObject({
    finished: 4,
    succeeded: 3,
    medianTook: 2000,
    p95Took: 3000,
    medianLate: 10,
    worstLate: 50,
  })
})

test('skipped runs are outcomes, but count neither way', () => {
  const statistics = runStatistics([run(2, { status: 'skipped', startedAt: null }), run(1)])

  expect(statistics).toMatchObject({ finished: 1, succeeded: 1 })
  expect(statistics.outcomes.map(({ id, took }) => [id, took])).toEqual([
    ['1', 1000],
    ['2', null],
  ])
})

test('an unfinished run is not an outcome yet', () => {
  expect(runStatistics([run(1, { status: 'running', finishedAt: null })]).outcomes).toEqual([])
})

test('without runs there are no numbers', () => {
  expect(runStatistics([])).toMatchObject({ finished: 0, medianTook: undefined, worstLate: undefined })
})
