// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarItem, calendarOmitted, calendarRun } from '../items/calendarFactory.ts'
import { itemKey, itemState } from '../items/calendarItem.ts'
import { afterAnswer, withPending, type Change, type Pending } from './pending.ts'

const at = Date.parse('2026-11-27T03:00+01:00')
const hour = 3_600_000
const window = { start: at - 48 * hour, end: at + 48 * hour }
const nightly = calendarItem({ scheduleName: 'nightly', startsAt: at })
const other = calendarItem({ scheduleName: 'other', startsAt: at })
const pending = (change: Change, answers: number | null = null): Pending => ({
  id: Symbol(),
  change,
  answers,
})
const move = (to: number): Change => ({ of: 'occurrence', key: itemKey(nightly), change: { do: 'move', to } })
const pause: Change = { of: 'schedule', scheduleId: 'nightly', status: 'paused' }

test('a move shows at once at its new place, and nothing else changes', () => {
  const [moved, same] = withPending([nightly, other], [pending(move(at + hour))], window)

  expect(moved).toMatchObject({ startsAt: at + hour, reason: 'moved', kind: 'occurrence' })
  expect(same).toBe(other)
})

test('a skip shows hatched in its place, and going back is the same key', () => {
  const skip: Change = { of: 'occurrence', key: itemKey(nightly), change: { do: 'skip' } }
  const [skipped] = withPending([nightly], [pending(skip)], window)
  expect(skipped && itemState(skipped)).toBe('skipped')

  const restore: Change = { of: 'occurrence', key: itemKey(nightly), change: { do: 'restore' } }
  const [restored] = withPending([calendarOmitted('nightly', at, 'skipped')], [pending(restore)], window)
  expect(restored).toMatchObject({ kind: 'occurrence', reason: null })
})

test('what is moved out of the window leaves it', () => {
  expect(withPending([nightly], [pending(move(at + 96 * hour))], window)).toEqual([])
})

test('a pause shows on all that is upcoming of its schedule, not on its runs', () => {
  const run = calendarRun('nightly', at - hour, 'running')

  const states = withPending([run, nightly, other], [pending(pause)], window).map(itemState)

  expect(states).toEqual(['running', 'paused', 'future'])
})

test('an answer that holds it ends it; one that was on its way does not', () => {
  const waiting = [pending(move(at + hour), 0)]
  const answered = { ...nightly, startsAt: at + hour, reason: 'moved' }

  expect(afterAnswer(waiting, [answered], [nightly])).toEqual([])
  expect(afterAnswer(waiting, [{ ...nightly }], [nightly])).toHaveLength(1)
})

test('any number of answers of other schedules say nothing of it', () => {
  let waiting: readonly Pending[] = [pending(move(at + hour), 0)]

  for (let times = 0; times < 3; times += 1)
    waiting = afterAnswer(waiting, [nightly, { ...other }], [nightly, other])

  expect(waiting).toHaveLength(1)
})

test('what two answers contradict is over, and what the database has not yet taken never is', () => {
  const once = afterAnswer([pending(pause, 0)], [{ ...nightly }], [nightly])
  expect(once).toHaveLength(1)
  expect(afterAnswer(once, [{ ...nightly }], [nightly])).toEqual([])

  const sent = [pending(pause)]
  expect(afterAnswer(afterAnswer(sent, [{ ...nightly }], [nightly]), [{ ...nightly }], [nightly])).toBe(sent)
})
