/** A range of a day in which the clock keeps one offset from UTC. */
interface ClockRange {
  /** Milliseconds since 1970. */
  from: number
  /** What the clock shows at `from`, in minutes since midnight. */
  wall: number
  /** Offset from UTC as people write it: +01:00. */
  offset: string
}

/** Minutes of a day's clock. */
export interface WallRange {
  from: number
  to: number
}

/** One local day: where it begins and ends on the line of time, and what its clock does in between. */
export interface ZonedDay {
  /** As 2026-11-25. */
  date: string
  start: number
  end: number
  ranges: readonly ClockRange[]
  /** Times that the clock jumps over. */
  missing: readonly WallRange[]
  /** Times that the clock shows twice. */
  repeated: readonly WallRange[]
}

const minute = 60_000

function clockRangeAt(moment: Temporal.ZonedDateTime): ClockRange {
  return { from: moment.epochMilliseconds, wall: moment.hour * 60 + moment.minute, offset: moment.offset }
}

function wallBefore(range: ClockRange, end: number): number {
  return range.wall + (end - range.from) / minute
}

/** Describes the local day of a date in a zone, whatever its clock does. */
export function zonedDay(date: string, timeZone: string): ZonedDay {
  const plain = Temporal.PlainDate.from(date)
  const first = plain.toZonedDateTime(timeZone)
  const end = plain.add({ days: 1 }).toZonedDateTime(timeZone).epochMilliseconds
  const ranges = [clockRangeAt(first)]
  for (
    let next = first.getTimeZoneTransition('next');
    next !== null && next.epochMilliseconds < end;
    next = next.getTimeZoneTransition('next')
  ) {
    ranges.push(clockRangeAt(next))
  }

  const missing: WallRange[] = []
  const repeated: WallRange[] = []
  if (ranges[0] !== undefined && ranges[0].wall > 0) missing.push({ from: 0, to: ranges[0].wall })
  for (const [index, range] of ranges.entries()) {
    const next = ranges[index + 1]
    const reached = wallBefore(range, next?.from ?? end)
    const shown = next?.wall ?? 24 * 60
    if (reached < shown) missing.push({ from: reached, to: shown })
    if (reached > shown) repeated.push({ from: shown, to: reached })
  }
  return { date, start: first.epochMilliseconds, end, ranges, missing, repeated }
}

/** What the clock of that day shows at an instant, and whether it shows it for the second time. */
export function wallTime(day: ZonedDay, instant: number): { wall: number; again: boolean; offset: string } {
  let current = day.ranges[0]
  for (const range of day.ranges) if (range.from <= instant) current = range
  if (current === undefined) return { wall: 0, again: false, offset: '+00:00' }
  const wall = current.wall + (instant - current.from) / minute
  const again = current !== day.ranges[0] && day.repeated.some(({ from, to }) => wall >= from && wall < to)
  return { wall, again, offset: current.offset }
}

/** The day of a row of days that holds an instant. */
export function dayOf<Day extends ZonedDay>(days: readonly Day[], instant: number): Day | undefined {
  return days.find((day) => instant >= day.start && instant < day.end)
}

/** Where the day of a moment begins, or one that many days later. */
export function dayStart(at: number, timeZone: string, later = 0): number {
  const date = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate()
  return date.add({ days: later }).toZonedDateTime(timeZone).epochMilliseconds
}
