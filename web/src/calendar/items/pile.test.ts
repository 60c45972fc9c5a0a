// @vitest-environment node
import { expect, test } from 'vitest'
import { calendarItem, calendarPile, calendarRun } from './calendarFactory.ts'
import { pileFace } from './pile.ts'

const at = Date.parse('2026-11-25T03:00Z')

test('a pile of one outcome has the name of its first schedule, and how many more there are', () => {
  const items = ['backup', 'rollup', 'purge'].map((name) => calendarRun(name, at, 'succeeded'))

  expect(pileFace(items, '03:00')).toEqual({ text: 'backup', more: 2, state: 'succeeded', counts: [] })
})

test('a pile of several outcomes has its time, and each outcome counted, what needs a person first', () => {
  const items = [
    calendarItem({ scheduleName: 'a', startsAt: at }),
    calendarItem({ scheduleName: 'b', startsAt: at, scheduleStatus: 'paused' }),
    calendarItem({ scheduleName: 'c', startsAt: at }),
  ]

  expect(pileFace(items, '03:00')).toEqual({
    text: '03:00',
    more: 0,
    state: null,
    counts: [
      { state: 'paused', count: 1 },
      { state: 'future', count: 2 },
    ],
  })
})

test('failures that are too many for chips are counted as such', () => {
  const items = ['a', 'b', 'c'].map((name) => calendarRun(name, at, 'failed'))

  expect(pileFace(items, '03:00')).toMatchObject({ text: '3 more failed', more: 0, state: 'failed' })
})

test('a pile whose schedules are not known has its time, and how many went how', () => {
  const piled = calendarPile(0, { succeeded: 40, skipped: 1 })

  expect(pileFace([piled], '06:00')).toEqual({
    text: '06:00',
    more: 0,
    state: null,
    counts: [
      { state: 'skipped', count: 1 },
      { state: 'succeeded', count: 40 },
    ],
  })
  expect(pileFace([calendarPile(0, { upcoming: 60 })], '06:00')).toMatchObject({
    text: '06:00',
    state: 'future',
    counts: [{ state: 'future', count: 60 }],
  })
})
