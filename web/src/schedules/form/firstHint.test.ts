// @vitest-environment node
import { expect, test } from 'vitest'
import { firstHint } from './firstHint.ts'

const now = Date.parse('2026-11-25T13:37:08Z')

test('the first idea is in the zone of the schedule', () => {
  expect(firstHint('30 2 * * *', 'Europe/Paris', now, 2).map((time) => new Date(time).toISOString())).toEqual(
    ['2026-11-26T01:30:00.000Z', '2026-11-27T01:30:00.000Z'],
  )
})

test('there is none for what is not valid', () => {
  expect(firstHint('30 25 * * *', 'Europe/Paris', now, 5)).toEqual([])
  expect(firstHint('30 2', 'Europe/Paris', now, 5)).toEqual([])
  expect(firstHint('', 'Europe/Paris', now, 5)).toEqual([])
})
