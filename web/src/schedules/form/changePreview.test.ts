// @vitest-environment node
import { expect, test } from 'vitest'
import { changeInWords, readChangePreview, readOverrides, timeChanges } from './changePreview.ts'

const at = '2027-03-01T02:00:00+00:00'
const later = '2027-03-01T03:00:00+00:00'

test('single rows are counted and listed, the rest is counted', () => {
  const preview = readChangePreview([
    { change: 'moved', wasDueAt: at, dueAt: later, count: '1' },
    { change: 'removed', wasDueAt: at, dueAt: null, count: '1' },
    { change: 'moved, not listed', wasDueAt: null, dueAt: null, count: '1200' },
  ])

  expect(preview).toMatchObject({ moved: 1201, removed: 1, added: 0, isTooMuch: false })
  expect(preview.rows).toEqual([
    { change: 'moved', was: at, due: later },
    { change: 'removed', was: at, due: null },
  ])
  expect(changeInWords(preview)).toBe('1,201 moved, 1 removed')
})

test('no row means that nothing changes', () => {
  expect(changeInWords(readChangePreview([]))).toBe('Nothing changes')
})

test('that there is too much to compare is not a number', () => {
  const preview = readChangePreview([
    { change: 'too many to compare', wasDueAt: null, dueAt: null, count: '100001' },
  ])

  expect(preview).toMatchObject({ moved: 0, isTooMuch: true })
})

test('only what decides times is asked about', () => {
  expect(timeChanges({ name: 'other', tags: [], cron_expression: '0 4 * * *', jitter: null })).toEqual({
    cron_expression: '0 4 * * *',
    jitter: null,
  })
})

test('what is moved or skipped stays so with its successor, and is named where it has none', () => {
  expect(
    readOverrides([
      { scheduledFor: at, wasMovedTo: null, newScheduledFor: later },
      { scheduledFor: at, wasMovedTo: later, newScheduledFor: null },
      { scheduledFor: at, wasMovedTo: null, newScheduledFor: null },
    ]),
  ).toEqual({
    kept: 1,
    lost: [
      { at: Date.parse(at), movedTo: Date.parse(later) },
      { at: Date.parse(at), movedTo: null },
    ],
  })
})
