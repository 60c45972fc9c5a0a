// @vitest-environment node
import { expect, test } from 'vitest'
import { agendaRows } from './agendaModel.ts'
import { calendarItem, calendarRun } from '../items/calendarFactory.ts'
import { itemKey } from '../items/calendarItem.ts'

const midnight = Date.parse('2026-11-25T00:00+01:00')
const names = (rows: ReturnType<typeof agendaRows>) =>
  rows.map(({ items }) => items.map(({ scheduleName }) => scheduleName).join())

test('three of one minute that went the same way are one row, two are not', () => {
  const run = (name: string, at: number) => calendarRun(name, at, 'succeeded')
  const items = ['a', 'b', 'c'].map((name, index) => run(name, midnight + index * 10_000))

  expect(names(agendaRows(items))).toEqual(['a,b,c'])
  expect(names(agendaRows(items.slice(0, 2)))).toEqual(['a', 'b'])
})

test('a failure is never folded into what went well at the same time', () => {
  const items = [
    ...['a', 'b', 'c'].map((name) => calendarRun(name, midnight, 'succeeded')),
    calendarRun('tax-export', midnight, 'failed'),
  ]

  const rows = agendaRows(items)

  expect(names(rows)).toEqual(['tax-export', 'a,b,c'])
  expect(rows.map(({ state }) => state)).toEqual(['failed', 'succeeded'])
})

test('rows come by the time at which they are due', () => {
  const hour = 3_600_000
  const items = [
    calendarItem({ scheduleName: 'moved', startsAt: midnight + 3 * hour, scheduledFor: midnight }),
    calendarItem({ scheduleName: 'late', startsAt: midnight + 5 * hour }),
    calendarItem({ scheduleName: 'early', startsAt: midnight + hour }),
  ]

  expect(names(agendaRows(items))).toEqual(['early', 'moved', 'late'])
})

test('each row has a key of its own', () => {
  const items = ['a', 'b', 'c', 'd'].flatMap((name) => [
    calendarRun(name, midnight, 'succeeded'),
    calendarRun(name, midnight + 60_000, 'failed'),
  ])

  const rows = agendaRows(items)

  expect(rows).toHaveLength(2)
  expect(new Set(rows.map(({ key }) => key)).size).toBe(2)
})

test('what is open has a row of its own among many of its minute', () => {
  const items = ['a', 'b', 'c', 'd'].map((name) => calendarRun(name, midnight, 'succeeded'))

  expect(names(agendaRows(items, (key) => key === itemKey(items[2]!)))).toEqual(['a,b,d', 'c'])
})
