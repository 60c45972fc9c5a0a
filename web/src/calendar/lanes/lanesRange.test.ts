// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { lanesRange } from './lanesRange.ts'
import { laneTicks } from './laneTicks.ts'

await loadTemporal()
const zone = 'Europe/Paris'
const now = Date.parse('2026-11-25T14:37:08+01:00')
const text = (instant: number) => new Date(instant).toISOString()
const hour = 3_600_000

test('today begins so that now is at a third, at a full hour', () => {
  const { start, end, days } = lanesRange('2026-11-25', '24h', now, zone)

  expect([start, end].map(text)).toEqual(['2026-11-25T05:00:00.000Z', '2026-11-26T05:00:00.000Z'])
  expect(days.map(({ date }) => date)).toEqual(['2026-11-25', '2026-11-26'])
})

test('another day is shown from its beginning to its end, also where that is 25 hours', () => {
  const { start, end } = lanesRange('2026-10-25', '24h', now, zone)

  expect((end - start) / hour).toBe(25)
})

test('three days and seven are that many, across a clock change', () => {
  const hours = (span: '3d' | '7d') => {
    const { start, end } = lanesRange('2026-03-27', span, now, zone)
    return (end - start) / hour
  }

  expect([hours('3d'), hours('7d')]).toEqual([71, 167])
})

test('ticks are at full hours of the clock, none in an hour that does not exist', () => {
  const { days, start, end } = lanesRange('2026-03-29', '24h', now, zone)

  expect(laneTicks(days, start, end, 2 * hour).map((tick) => tick.text)).toEqual([
    'Sun 29',
    '04:00',
    '06:00',
    '08:00',
    '10:00',
    '12:00',
    '14:00',
    '16:00',
    '18:00',
    '20:00',
    '22:00',
  ])
})

test('an hour that comes twice has both ticks, with their offsets', () => {
  const { days, start, end } = lanesRange('2026-10-25', '24h', now, zone)

  expect(
    laneTicks(days, start, end, hour)
      .map((tick) => tick.text)
      .slice(0, 5),
  ).toEqual(['Sun 25', '01:00', '02:00 +02', '02:00 +01', '03:00'])
})
