// @vitest-environment node
import { expect, test } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { axisLabels, axisPlace, lackingStretches, timeAxis } from './timeAxis.ts'
import { zonedDay } from './zonedDay.ts'

await loadTemporal()

const paris = (...dates: string[]) => dates.map((date) => zonedDay(date, 'Europe/Paris'))
const labelled = (days: ReturnType<typeof paris>) =>
  axisLabels(timeAxis(days), days).map(({ at, text, offset }) => `${at} ${text}${offset ?? ''}`)

test('days of 24 hours share a scale of 24', () => {
  const days = paris('2026-11-25', '2026-11-26')
  const axis = timeAxis(days)

  expect(axis.length).toBe(24 * 60)
  expect(axisLabels(axis, days)).toHaveLength(23)
  expect(days.flatMap((day) => lackingStretches(axis, day))).toEqual([])
})

test('the missing hour keeps its place on the scale and is lacking on that day only', () => {
  const days = paris('2026-03-28', '2026-03-29')
  const axis = timeAxis(days)
  const [saturday, sunday] = days

  expect(axis.length).toBe(24 * 60)
  expect(saturday && lackingStretches(axis, saturday)).toEqual([])
  expect(sunday && lackingStretches(axis, sunday)).toEqual([{ from: 120, to: 180 }])
  expect(sunday && axisPlace(axis, sunday, Date.parse('2026-03-29T01:00Z'))).toBe(180)
})

test('the repeated hour is on the scale twice, and missing once on the other days', () => {
  const days = paris('2026-10-24', '2026-10-25')
  const axis = timeAxis(days)
  const [saturday, sunday] = days

  expect(axis.length).toBe(25 * 60)
  expect(sunday && lackingStretches(axis, sunday)).toEqual([])
  expect(saturday && lackingStretches(axis, saturday)).toEqual([{ from: 180, to: 240 }])
  expect(sunday && axisPlace(axis, sunday, Date.parse('2026-10-25T00:30Z'))).toBe(150)
  expect(sunday && axisPlace(axis, sunday, Date.parse('2026-10-25T01:30Z'))).toBe(210)
  expect(saturday && axisPlace(axis, saturday, Date.parse('2026-10-24T01:00Z'))).toBe(240)
})

test('the labels of a repeated hour tell the two apart by offset', () => {
  const labels = labelled(paris('2026-10-24', '2026-10-25'))

  expect(labels).toHaveLength(24)
  expect(labels.slice(1, 4)).toEqual(['120 02:00+02:00', '180 02:00+01:00', '240 03:00'])
})

test('places on the scale never run backwards, whatever the clock does', () => {
  for (const [date, zone] of [
    ['2026-03-29', 'Europe/Paris'],
    ['2026-10-25', 'Europe/Paris'],
    ['2026-10-04', 'Australia/Lord_Howe'],
    ['2026-04-05', 'Australia/Lord_Howe'],
    ['2026-04-24', 'Africa/Cairo'],
    ['2026-10-29', 'Africa/Cairo'],
  ] as const) {
    const day = zonedDay(date, zone)
    const axis = timeAxis([day])
    let before = -1
    for (let instant = day.start; instant < day.end; instant += 15 * 60_000) {
      const place = axisPlace(axis, day, instant)
      expect(place, `${zone} ${new Date(instant).toISOString()}`).toBeGreaterThan(before)
      before = place
    }
    expect(axisPlace(axis, day, day.end)).toBe(axis.length)
  }
})
