import { clockText } from '../../time/clockHours.ts'
import { formatOffset } from '../../time/instant.ts'
import { wallTime, type WallRange, type ZonedDay } from './zonedDay.ts'

/**
 * The scale that all shown days share, in minutes from its top. It has the 24 hours of a clock and, below an
 * hour that one of the days has twice, that hour again:
 *
 *   01:00   02:00 +02:00   02:00 +01:00   03:00
 *
 * A day that lacks a range of the scale has it hatched.
 */
export interface TimeAxis {
  length: number
  repeated: readonly WallRange[]
}

export interface AxisLabel {
  at: number
  text: string
  /** Told apart by offset, where the clock shows the same twice. */
  offset: string | null
}

/** Makes the scale for some days. */
export function timeAxis(days: readonly ZonedDay[]): TimeAxis {
  const repeated: WallRange[] = []
  for (const range of days.flatMap((day) => day.repeated)) {
    if (!repeated.some(({ from, to }) => from === range.from && to === range.to)) repeated.push(range)
  }
  repeated.sort((a, b) => a.from - b.from)
  return { repeated, length: repeated.reduce((sum, { from, to }) => sum + to - from, 24 * 60) }
}

function placeOf(axis: TimeAxis, wall: number, again: boolean): number {
  return axis.repeated.reduce((place, { from, to }) => {
    const isBelow = wall >= to || (again && wall >= from)
    return isBelow ? place + (to - from) : place
  }, wall)
}

/** Where an instant of a day is on the scale; outside the day it is the nearer end. */
export function axisPlace(axis: TimeAxis, day: ZonedDay, instant: number): number {
  if (instant <= day.start) return placeOf(axis, day.ranges[0]?.wall ?? 0, false)
  if (instant >= day.end) return axis.length
  const { wall, again } = wallTime(day, instant)
  return placeOf(axis, wall, again)
}

/** The minutes of the clock at a place of the scale, and whether it is the second time that they are shown. */
function wallAt(axis: TimeAxis, at: number): { wall: number; again: boolean } {
  let below = 0
  for (const { from, to } of axis.repeated) {
    if (at < to + below) break
    if (at < to + below + to - from) return { wall: at - below - (to - from), again: true }
    below += to - from
  }
  return { wall: at - below, again: false }
}

/** The instant at a place of the scale on a day; null where that day's clock does not show it. */
export function axisInstant(axis: TimeAxis, day: ZonedDay, at: number): number | null {
  const { wall, again } = wallAt(axis, at)
  for (const [index, range] of day.ranges.entries()) {
    const instant = range.from + (wall - range.wall) * 60_000
    const end = day.ranges[index + 1]?.from ?? day.end
    if (instant < range.from || instant >= end) continue
    const isSecond = index > 0 && day.repeated.some(({ from, to }) => wall >= from && wall < to)
    if (isSecond === again) return instant
  }
  return null
}

/** The ranges of the scale that a day does not have. */
export function lackingStretches(axis: TimeAxis, day: ZonedDay): WallRange[] {
  const missing = day.missing.map(({ from, to }) => ({
    from: placeOf(axis, from, false),
    to: to >= 24 * 60 ? axis.length : placeOf(axis, to, false),
  }))
  const once = axis.repeated
    .filter((range) => !day.repeated.some(({ from, to }) => from === range.from && to === range.to))
    .map(({ from, to }) => ({ from: placeOf(axis, from, true), to: placeOf(axis, from, true) + to - from }))
  return [...missing, ...once]
}

function clock(minutes: number): string {
  return clockText(Math.floor(minutes / 60), minutes % 60)
}

/** The labels of the full hours, and of where an hour begins again. */
export function axisLabels(axis: TimeAxis, days: readonly ZonedDay[]): AxisLabel[] {
  const labels: AxisLabel[] = []
  for (let wall = 60; wall < 24 * 60; wall += 60) {
    labels.push({ at: placeOf(axis, wall, false), text: clock(wall), offset: null })
  }
  for (const range of axis.repeated) {
    const day = days.find((each) => each.repeated.some(({ from }) => from === range.from))
    if (day === undefined) continue
    const second = day.ranges.find(({ wall, from }) => wall === range.from && from !== day.start)
    const index = second === undefined ? -1 : day.ranges.indexOf(second)
    const before = day.ranges[index - 1]?.offset ?? null
    for (const label of labels) if (label.text === clock(range.from)) label.offset = before
    labels.push({
      at: placeOf(axis, range.from, true),
      text: clock(range.from),
      offset: second?.offset ?? null,
    })
  }
  return labels.sort((a, b) => a.at - b.at)
}

/**
 * Whether two zones are equally far apart in all of the days; otherwise one column of hours would be wrong for some.
 */
export function isSteady(days: readonly ZonedDay[], secondZone: string): boolean {
  const offsets = days.flatMap((day) => day.ranges.map(({ offset }) => offset))
  const others = days.flatMap((day) => [
    formatOffset(day.start, secondZone),
    formatOffset(day.end - 1, secondZone),
  ])
  return new Set(offsets).size === 1 && new Set(others).size === 1
}
