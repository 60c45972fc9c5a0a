import { beforeAll, expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { calendarItem } from '../items/calendarFactory.ts'
import { dragPlaces, type PlacesAround } from './dragPlaces.ts'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-${text}+01:00`)
const shown = (instant: number | null) =>
  instant === null
    ? 'nowhere'
    : Temporal.Instant.fromEpochMilliseconds(instant)
        .toZonedDateTimeISO(zone)
        .toPlainDateTime()
        .toString()
        .slice(5, 16)

beforeAll(loadTemporal)

function box(element: Element, x: number, y: number, width: number, height: number) {
  element.getBoundingClientRect = () => new DOMRect(x, y, width, height)
  return element
}

function element(data: Record<string, string> = {}, children: readonly Element[] = []) {
  const made = document.createElement('div')
  Object.assign(made.dataset, data)
  made.append(...children)
  return made
}

/** Two lanes 24 px high; names up to 200 px, then 960 px of time, in which a quarter is 10 px. */
function lanesOf(around: Partial<PlacesAround> = {}) {
  const row = (id: string, y: number) => {
    const label = box(element(), 0, y, 200, 24)
    const track = box(element({ track: id, ...(id === 'group:ops' ? { tag: 'ops' } : {}) }), 200, y, 960, 24)
    return element({}, [label, track])
  }
  const grid = box(element({}, [row('group:ops', 100), row('7', 124), row('8', 148)]), 0, 0, 1000, 600)
  grid.setAttribute('role', 'grid')
  const root = element({}, [grid])
  const places = dragPlaces('lanes')!
  const own: PlacesAround = {
    view: 'lanes',
    days: [],
    start: paris('11-27T00:00'),
    end: paris('11-28T00:00'),
    timeZone: zone,
    now: 0,
    closed: [],
    ...around,
  }
  const item = calendarItem({ scheduleId: '8', startsAt: paris('11-27T10:07') })
  const under = (x: number, step = 15) => places.under(root, { x, y: 0 }, { x: 0, y: 0 }, step, item, own)!
  return { root, places, own, item, under }
}

test('on a lane time is across, in full quarters, and with Shift in minutes', () => {
  const { under } = lanesOf()

  expect(shown(under(200 + 43 * 10 + 4).instant)).toBe('11-27T10:45')
  expect(shown(under(200 + 43 * 10 + 6).instant)).toBe('11-27T11:00')
  expect(shown(under(200 + 435, 1).instant)).toBe('11-27T10:53')
})

test('on a lane it stays within what is shown, also where that does not begin with a full quarter', () => {
  const { under } = lanesOf({ start: paris('11-27T00:07'), end: paris('11-28T00:07') })

  expect(shown(under(-500).instant)).toBe('11-27T00:15')
  expect(shown(under(5000).instant)).toBe('11-28T00:00')
})

test('on a lane of an odd day each hour is as wide as it lasts', () => {
  const { under } = lanesOf({
    start: Date.parse('2026-10-25T00:00+02:00'),
    end: Date.parse('2026-10-26T00:00+01:00'),
  })
  const at = (hours: number) => under(200 + (hours / 25) * 960).instant

  expect([2, 3, 4].map((hours) => new Date(at(hours)!).toISOString())).toEqual([
    '2026-10-25T00:00:00.000Z',
    '2026-10-25T01:00:00.000Z',
    '2026-10-25T02:00:00.000Z',
  ])
})

test('a closed time of a lane says why', () => {
  const { under } = lanesOf({
    closed: [{ start: paris('11-27T10:00'), end: paris('11-27T12:00'), reason: 'excluded', label: 'Freeze' }],
  })

  expect(under(200 + 440).why).toBe('Freeze, excluded 10:00–12:00')
  expect(under(200 + 480).why).toBeNull()
})

test('the ghost is below the lane of its schedule, at its time', () => {
  const { root, places, own, item, under } = lanesOf()

  expect(places.ghost(root, under(200 + 440), item, own)).toEqual({ left: 640, top: 172, width: 0 })
  expect(
    places.ghost(
      root,
      under(200 + 440),
      calendarItem({ scheduleId: 'not in view', startsAt: item.startsAt }),
      own,
    ),
  ).toMatchObject({ left: 640 })
})

test('lanes are seen from the names on, and go on with the date that follows or precedes', () => {
  const { root, places, own } = lanesOf({ start: paris('11-26T16:00'), end: paris('11-27T16:00') })

  expect(places.seen(root)).toEqual({ left: 200, right: 1000, top: 0, bottom: 600 })
  expect(places.nextPage(1, own)).toBe('2026-11-27')
  expect(places.nextPage(-1, own)).toBe('2026-11-26')
  expect(places.nextPage(1, { ...own, end: paris('11-28T00:00') })).toBe('2026-11-28')
})

test('by keys a lane is walked across by quarters, and down by days', () => {
  const { places } = lanesOf()

  expect(
    ['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'x'].map((key) => places.keyStep(key, 15)),
  ).toEqual([{ minutes: 15 }, { minutes: -15 }, { days: -1 }, { days: 1 }, null])
})

/** The month as weeks of 7 cells of 100 by 80 px. */
function monthOf(date: string, startsAt: number) {
  const range = calendarRange('month', date, zone)
  const cells = range.days.map(({ date: day }, index) =>
    box(element({ cell: day }), (index % 7) * 100, Math.floor(index / 7) * 80, 100, 80),
  )
  const weeks = Array.from({ length: cells.length / 7 }, (_, week) =>
    element({}, cells.slice(week * 7, week * 7 + 7)),
  )
  const root = element({}, [box(element({}, weeks), 0, 0, 700, weeks.length * 80)])
  const places = dragPlaces('month')!
  const own: PlacesAround = { ...range, timeZone: zone, now: 0, closed: [] }
  const item = calendarItem({ startsAt })
  const under = (column: number, row: number) =>
    places.under(root, { x: column * 100 + 50, y: row * 80 + 40 }, { x: 0, y: 0 }, 15, item, own)!
  return { root, places, own, item, under, weeks: weeks.length }
}

test('in a month it goes from day to day and keeps its time of the clock, to the second', () => {
  const { under } = monthOf('2026-11-01', Date.parse('2026-11-27T10:07:30+01:00'))

  expect(new Date(under(2, 1).instant!).toISOString()).toBe('2026-11-04T09:07:30.000Z')
  // Before the clocks were set back
  expect(shown(monthOf('2026-10-15', paris('11-01T10:07')).under(0, 1).instant)).toBe('10-05T10:07')
})

test('a day that skips its time of the clock is closed to it, one that has it twice takes the first', () => {
  const spring = monthOf('2026-03-15', Date.parse('2026-03-27T02:30+01:00'))
  const autumn = monthOf('2026-10-15', Date.parse('2026-10-26T02:30+01:00'))

  expect(spring.under(6, spring.weeks - 2)).toEqual({
    date: '2026-03-29',
    at: 0,
    instant: null,
    why: 'The clock skips this time on this day',
  })
  expect(new Date(autumn.under(6, autumn.weeks - 2).instant!).toISOString()).toBe('2026-10-25T00:30:00.000Z')
})

test('on its own day it is where it was, also the second time that the clock shows it', () => {
  const again = Date.parse('2026-10-25T02:30+01:00')
  const { under, weeks } = monthOf('2026-10-15', again)

  expect(under(6, weeks - 2).instant).toBe(again)
})

test('beyond the cells the nearest one takes it, and the ghost lies in it below its date', () => {
  const { root, places, own, item, under, weeks } = monthOf('2026-11-01', paris('11-27T10:00'))

  expect(under(9, 0).date).toBe('2026-11-01')
  expect(under(-3, weeks + 3).date).toBe(own.days.at(-7)?.date)
  expect(places.ghost(root, under(2, 1), item, own)).toEqual({ left: 200, top: 102, width: 100 })
  expect(places.nextPage(1, own)).toBe('2026-12-07')
})

test('by keys a month is walked by days and weeks', () => {
  const { places } = monthOf('2026-11-01', 0)

  expect(
    ['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'x'].map((key) => places.keyStep(key, 15)),
  ).toEqual([{ days: 1 }, { days: -1 }, { days: -7 }, { days: 7 }, null])
})

test('nothing is dragged in an agenda or a year', () => {
  expect([dragPlaces('agenda'), dragPlaces('year')]).toEqual([null, null])
})
