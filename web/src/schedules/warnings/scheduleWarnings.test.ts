import { expect, test } from 'vitest'
import { readWarning, warningsText } from './scheduleWarnings.ts'

const minute = 60_000

test('one that takes longer than until its next time is said in numbers, with what happens then', () => {
  const warning = readWarning({
    warning: 'outlasts its slot',
    detail: 'What is due while a run is running is skipped.',
    p95: 61 * minute,
    distance: 60 * minute,
  })

  expect(warning).toEqual({
    kind: 'outlasts its slot',
    name: 'Outlasts its slot',
    text: '19 of 20 runs take up to 1:01:00, the next is due after 1:00:00. What is due while a run is running is skipped.',
  })
})

test('the others are said in the words of the database, one after the other', () => {
  const all = ['never runs', 'no worker'].map((warning) =>
    readWarning({ warning, detail: `Because of ${warning}.`, p95: null, distance: null }),
  )

  expect(warningsText(all.filter((each) => each !== null))).toBe(
    'Never runs: Because of never runs. No worker: Because of no worker.',
  )
})

test('what a newer database warns of is left out', () => {
  expect(readWarning({ warning: 'on fire', detail: 'x', p95: null, distance: null })).toBeNull()
  expect(readWarning({ warning: null, detail: null, p95: null, distance: null })).toBeNull()
})
