// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarBucket, calendarItem, calendarOmitted, calendarRun } from '../items/calendarFactory.ts'
import { canBeOverridden, firstMove, isOverridden, undoOf } from './occurrenceOverride.ts'

const at = Date.parse('2026-11-27T03:00+01:00')
const hour = 3_600_000
const moved = calendarItem({ startsAt: at + hour, scheduledFor: at, reason: 'moved' })

test('only a single upcoming occurrence can be moved or skipped', () => {
  expect(
    [calendarItem({ startsAt: at }), calendarOmitted('a', at, 'excluded'), moved].map(canBeOverridden),
  ).toEqual([true, true, true])
  expect(
    [calendarBucket('a', at, { upcoming: 3 }), calendarRun('a', at, 'queued')].map(canBeOverridden),
  ).toEqual([false, false])
})

test('what a calendar did is not an override', () => {
  expect(isOverridden(calendarOmitted('a', at, 'excluded'))).toBe(false)
  expect(isOverridden(calendarOmitted('a', at, 'skipped'))).toBe(true)
  expect(isOverridden(moved)).toBe(true)
})

test('undoing goes back to how it was, not always to the rule', () => {
  expect(undoOf(calendarItem({ startsAt: at }))).toEqual({ do: 'restore' })
  expect(undoOf(moved)).toEqual({ do: 'move', to: at + hour })
  expect(undoOf(calendarOmitted('a', at, 'skipped'))).toEqual({ do: 'skip' })
})

test('a move begins an hour later, and never in the past', () => {
  expect(firstMove(calendarItem({ startsAt: at }), at - hour)).toBe(at + hour)
  expect(firstMove(calendarItem({ startsAt: at }), at + 5 * hour)).toBe(at + 6 * hour)
})
