import { expect, test } from 'vitest'
import { calendarItem, calendarRun } from '../items/calendarFactory.ts'
import { aroundOf, loadAround } from './loadAround.ts'

const at = (clock: string) => Date.parse(`2026-11-27T${clock}:00Z`)
const minute = 60_000
const now = at('00:00')
const usual = new Map(['own', 'x', 'y'].map((id) => [id, { p50: 30 * minute, p95: 60 * minute, runs: 9 }]))
const item = calendarItem({ scheduleId: 'own', scheduleName: 'own', startsAt: at('03:00') })
const one = (id: string, clock: string, more: object = {}) =>
  calendarItem({ scheduleId: id, scheduleName: id, startsAt: at(clock), ...more })
const around = (items: Parameters<typeof loadAround>[0], to = at('04:30'), held = item) =>
  loadAround(items, held, to, usual, aroundOf(to, now))

test('the window is the three hours before the hour and the four from it on', () => {
  const { start, end, parts } = aroundOf(at('04:30'), now)

  expect([start, end, parts]).toEqual([at('01:00'), at('08:00'), 84])
})

test('it is taken from its old place and added to its new one', () => {
  const { before, after, own } = around([item])
  const places = (series: readonly number[]) => series.flatMap((count, part) => (count > 0 ? [part] : []))

  expect(places(before.usual)).toEqual([24, 25, 26, 27, 28, 29])
  expect(places(after.usual)).toEqual([42, 43, 44, 45, 46, 47])
  expect(own).toEqual({ from: at('04:30'), to: at('05:00') })
})

test('the peak is where most is in progress while it runs', () => {
  const { peak } = around([one('x', '04:45'), one('y', '04:45'), one('x', '06:00')])

  expect(peak).toEqual({ at: at('04:45'), with: 3, without: 2 })
})

test('the others are those in progress meanwhile, each once, but no paused ones', () => {
  const running = { ...calendarRun('y', at('04:20'), 'running'), scheduleId: 'y', startedAt: at('04:20') }
  const { others } = around([
    one('x', '04:10'),
    one('x', '04:50'),
    running,
    one('paused', '04:35', { scheduleStatus: 'paused' }),
    one('over', '03:00'),
    one('later', '05:00'),
    calendarItem({
      scheduleId: 'f',
      scheduleName: 'frequent',
      kind: 'bucket',
      startsAt: at('04:30'),
      endsAt: at('04:45'),
      upcoming: 15,
    }),
  ])

  expect(others).toEqual(['x', 'y', 'frequent'])
})

test('one of a paused schedule counts as if it ran, one of unknown duration counts nothing', () => {
  const paused = { ...item, scheduleStatus: 'paused' }
  expect(around([], at('04:30'), paused).peak).toMatchObject({ with: 1, without: 0 })

  const unknown = { ...item, scheduleId: 'unknown' }
  expect(around([], at('04:30'), unknown)).toMatchObject({ own: null, peak: { with: 0 } })
})
