// @vitest-environment node
import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarBucket, calendarItem, calendarPile, calendarRun } from './calendarFactory.ts'
import { itemKey, type CalendarItem } from './calendarItem.ts'
import { hasPileIn, pileAt, pilesRange, soughtInPiles, unpile } from './unpile.ts'

beforeAll(loadTemporal)

const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const names = (items: readonly CalendarItem[]) =>
  items.map(({ kind, scheduleName }) => `${kind} ${scheduleName}`.trim())

const failed = calendarRun('failed', paris('25T06:20'), 'failed')
const frequent = calendarBucket('frequent', paris('25T02:00'), { upcoming: 60 })
const pile = calendarPile(paris('25T06:00'), { upcoming: 2 })
const other = calendarPile(paris('25T07:00'), { upcoming: 30 })
const items = [frequent, pile, failed, other]

test('what a pile holds is in its place, but for what is shown anyway, or is counted with its schedule', () => {
  const inside = [
    calendarItem({ scheduleName: 'a', startsAt: paris('25T06:05') }),
    failed,
    calendarItem({ scheduleName: 'frequent', startsAt: paris('25T06:30') }),
    calendarItem({ scheduleName: 'b', startsAt: paris('25T06:40') }),
  ]

  const apart = unpile(items, inside, { start: paris('25T06:00'), end: paris('25T07:00') }, 'Europe/Paris')

  expect(names(apart.items)).toEqual([
    'bucket frequent',
    'occurrence a',
    'run failed',
    'occurrence b',
    'pile',
  ])
  expect([...apart.unpiled]).toEqual([inside[0], inside[3]].map((item) => item && itemKey(item)))
})

test('what is frequent on the day before is taken out of a pile, as it is not counted elsewhere', () => {
  const yesterday = calendarBucket('frequent', paris('24T23:00'), { upcoming: 20 })
  const own = calendarItem({ scheduleName: 'frequent', startsAt: paris('25T06:30') })

  const apart = unpile(
    [yesterday, pile],
    [own],
    { start: paris('25T06:00'), end: paris('25T07:00') },
    'Europe/Paris',
  )

  expect(names(apart.items)).toEqual(['bucket frequent', 'occurrence frequent'])
})

test('several piles at one place have the range of all; anything else has none', () => {
  expect(pilesRange([pile, failed, other])).toEqual({ start: paris('25T06:00'), end: paris('25T08:00') })
  expect(pilesRange([failed, frequent])).toBeNull()
})

test('an occurrence that is not shown is in the pile of its time', () => {
  const key = itemKey(calendarItem({ scheduleName: '7', startsAt: paris('25T06:59') }))

  const at = Number(key.split(':')[2])
  expect(soughtInPiles(items, key)).toEqual({ at })
  expect(pileAt(items, at)).toEqual({ start: paris('25T06:00'), end: paris('25T07:00') })
  expect(soughtInPiles(items, 'run:7:8817')).toEqual({ runId: '8817' })
  expect(soughtInPiles(items, itemKey(failed))).toBeNull()
  expect(soughtInPiles([failed], 'run:7:8817')).toBeNull()
  expect(pileAt(items, paris('25T09:00'))).toBeNull()
  expect(hasPileIn(items, { start: paris('25T06:00'), end: paris('25T06:01') })).toBe(true)
  expect(hasPileIn(items, { start: paris('26T06:00'), end: paris('26T07:00') })).toBe(false)
})
