// @vitest-environment node
import { expect, test } from 'vitest'
import { engineNotes, type EngineState } from './engineNotes.ts'

const well: EngineState = {
  isUnused: false,
  copiedFrom: null,
  workerRuns: true,
  overdueCount: 0,
  overdueSince: null,
  overdueScheduleId: null,
  overdueScheduleName: null,
  aheadCount: 0,
  aheadUntil: null,
  stoppedAt: null,
  stoppedBy: null,
  stopReason: null,
  limitedWho: null,
  limitName: null,
  limitMost: null,
  limitedCount: null,
  limitedUntil: null,
  heldUpCount: null,
  heldUpName: null,
  heldUpSince: null,
  heldUpBecause: null,
  heldUpRemedy: null,
}
const late = {
  overdueCount: 2,
  overdueSince: '2026-11-25T13:00:00Z',
  overdueScheduleId: '7',
  overdueScheduleName: 'nightly',
}
const keys = (state: Partial<EngineState>) => engineNotes({ ...well, ...state }).map(({ key }) => key)
const commands = (state: Partial<EngineState>) =>
  engineNotes({ ...well, ...state }).flatMap(({ remedies }) => remedies.map(({ command }) => command))

test('nothing is said of an engine that is well', () => {
  expect(keys({})).toEqual([])
})

test('a copy is said to fire nothing, with what it is a copy of, both ways out of it, and nothing else', () => {
  const [note, ...more] = engineNotes({
    ...well,
    ...late,
    workerRuns: false,
    copiedFrom: 'production (number 5 of system 7)',
  })

  expect(more).toEqual([])
  expect(note?.title).toContain('Nothing fires or runs here')
  expect(note?.detail).toContain('production (number 5 of system 7)')
  expect(note?.remedies.map(({ command }) => command)).toEqual([
    'npx almanac adopt --skip',
    'npx almanac adopt --continue',
  ])
})

test('without a worker that is the cause of what is overdue, which is not said as well', () => {
  expect(keys({ ...late, workerRuns: false })).toEqual(['worker'])
  expect(commands({ workerRuns: false })).toEqual(['npx almanac worker'])
})

test('a fresh installation has no alarm: without a schedule, nothing waits for a worker', () => {
  expect(keys({ workerRuns: false, isUnused: true })).toEqual([])
})

test('with a worker, what is overdue is counted, and the first of it named', () => {
  const [note] = engineNotes({ ...well, ...late })

  expect(note?.title).toBe('2 schedules are overdue: due but not fired.')
  expect(note?.schedule).toEqual({ id: '7', name: 'nightly' })
  expect(engineNotes({ ...well, ...late, overdueCount: 1 })[0]?.title).toMatch(/^1 schedule is overdue/)
})

test('a clock that was ahead leads to planning again', () => {
  expect(commands({ aheadCount: 3, aheadUntil: '2026-11-25T15:00:00Z' })).toEqual([
    'select * from almanac.replan_from_now();',
  ])
})

test('a stop of all schedules says by whom and why', () => {
  const [note] = engineNotes({
    ...well,
    stoppedAt: '2026-11-25T13:00:00Z',
    stoppedBy: 'ada',
    stopReason: 'moving house',
  })

  expect(note?.title).toBe('All schedules are paused by ada.')
  expect(note?.detail).toBe('moving house.')
})

test('a role that has met a limit is named, with the limit and how many schedules wait', () => {
  const [note] = engineNotes({
    ...well,
    limitedWho: 'the role app',
    limitName: 'runs_per_hour',
    limitMost: '1000000',
    limitedCount: '12',
    limitedUntil: '2026-11-25T14:00:00Z',
  })

  expect(note?.title).toBe(
    'The role app has reached the limit runs_per_hour (1,000,000): 12 schedules are put off.',
  )
  expect(note?.time?.at).toBe('2026-11-25T14:00:00Z')
})

test('what firing has to leave for later says since when, why, and what to do', () => {
  const held = {
    heldUpCount: '3',
    heldUpName: 'nightly',
    heldUpSince: '2026-11-25T13:00:00Z',
    heldUpBecause: 'the calendars take long',
    heldUpRemedy: 'Remove some.',
  }
  const [note] = engineNotes({ ...well, ...held })

  expect(note).toMatchObject({
    title: '3 schedules are due and held up: the calendars take long.',
    detail: 'The first is nightly.',
    time: { before: 'Since', at: '2026-11-25T13:00:00Z' },
    remedies: [{ text: 'Remove some.' }],
  })
  expect(keys({ ...held, workerRuns: false })).toEqual(['worker'])
})
