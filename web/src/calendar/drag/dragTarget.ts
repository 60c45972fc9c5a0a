import { formatClock, formatDay } from '../../time/instant.ts'
import { axisInstant, axisPlace, type TimeAxis } from '../grid/timeAxis.ts'
import { dayOf, type ZonedDay } from '../grid/zonedDay.ts'

/** A range of time to which an occurrence is not moved, with the database's reason. */
export interface ClosedTime {
  start: number
  end: number
  reason: string
  label: string | null
}

/** Where something is held. */
export interface Target {
  date: string
  /** On the scale of the days, in minutes. */
  at: number
  /** Null where the clock of that day does not show this time. */
  instant: number | null
  /** Why it cannot be put there; null where it can. */
  why: string | null
}

const minute = 60_000
/** Of what someone may not move at all. */
export const everywhere = (why: string): ClosedTime => ({
  start: -Infinity,
  end: Infinity,
  reason: 'kept',
  label: why,
})

/** Reasons that close every time, whatever else does. */
const always = ['kept', 'system', 'other owner']

const skippedText = 'The clock skips this time on this day'

function closedText({ start, end, reason, label }: ClosedTime, timeZone: string): string {
  switch (reason) {
    case 'past':
      return 'Past'
    case 'not started':
      return `Before its start, ${formatDay(end, timeZone)} ${formatClock(end, timeZone)}`
    case 'ended':
      return `After its end, ${formatDay(start, timeZone)} ${formatClock(start, timeZone)}`
    case 'kept':
      return label ?? ''
    case 'system':
      return 'System schedule: it cannot be moved'
    case 'other owner':
      return `Belongs to ${label ?? 'someone else'}`
    default:
      return `${label ?? 'Excluded'}, excluded ${formatClock(start, timeZone)}–${formatClock(end, timeZone)}`
  }
}

/** Why nothing can be put at an instant; null where it can. */
export function whyClosed(
  instant: number,
  now: number,
  closed: readonly ClosedTime[],
  timeZone: string,
): string | null {
  const found = closed.filter(({ start, end }) => instant >= start && instant < end)
  const worst = found.find(({ reason }) => always.includes(reason))
  if (worst !== undefined) return closedText(worst, timeZone)
  if (instant <= now) return 'Past'
  return found[0] === undefined ? null : closedText(found[0], timeZone)
}

interface TargetOptions {
  axis: TimeAxis
  now: number
  timeZone: string
  closed: readonly ClosedTime[]
  /** In minutes. */
  step: number
}

/** The target at a place of a day's column, on the next full step. */
export function targetAt(day: ZonedDay, place: number, options: TargetOptions): Target {
  const { axis, now, timeZone, closed, step } = options
  const at = Math.max(0, Math.min(Math.round(place / step) * step, axis.length - step))
  const instant = axisInstant(axis, day, at)
  const why = instant === null ? skippedText : whyClosed(instant, now, closed, timeZone)
  return { date: day.date, at, instant, why }
}

type Closed = Pick<TargetOptions, 'now' | 'timeZone' | 'closed'>

/** The target of an instant, wherever it is. */
export function targetAtInstant(instant: number, { now, timeZone, closed }: Closed): Target {
  const moment = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone)
  return {
    date: moment.toPlainDate().toString(),
    at: 0,
    instant,
    why: whyClosed(instant, now, closed, timeZone),
  }
}

/** The target on another day, at the time of the clock that `from` has. */
export function targetOnDay(day: ZonedDay, from: number, options: Closed): Target {
  const { timeZone } = options
  if (from >= day.start && from < day.end) return targetAtInstant(from, options)
  const plainTime = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(timeZone).toPlainTime()
  const moment = Temporal.PlainDate.from(day.date).toZonedDateTime({ timeZone, plainTime })
  return moment.toPlainTime().equals(plainTime)
    ? targetAtInstant(moment.epochMilliseconds, options)
    : { date: day.date, at: 0, instant: null, why: skippedText }
}

/** The target of an instant; null where it is on none of the days. */
export function targetOf(
  instant: number,
  days: readonly ZonedDay[],
  { axis, now, timeZone, closed }: Omit<TargetOptions, 'step'>,
): Target | null {
  const day = dayOf(days, instant)
  if (day === undefined) return null
  return {
    date: day.date,
    at: axisPlace(axis, day, instant),
    instant,
    why: whyClosed(instant, now, closed, timeZone),
  }
}

/** How far one key press goes: minutes of elapsed time, or days of the calendar. */
export type KeyStep = { minutes: number } | { days: number }

const keySteps: Record<string, (minutes: number) => KeyStep> = {
  ArrowUp: (minutes) => ({ minutes: -minutes }),
  ArrowDown: (minutes) => ({ minutes }),
  ArrowLeft: () => ({ days: -1 }),
  ArrowRight: () => ({ days: 1 }),
}

/** What an arrow key does to what is held; null for another key. */
export function keyStep(key: string, minutes: number): KeyStep | null {
  return keySteps[key]?.(minutes) ?? null
}

/** An instant one step on: the next full step of the clock, or the same clock time on another day. */
export function stepped(instant: number, step: KeyStep, timeZone: string): number {
  const moment = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone)
  if ('days' in step) return moment.add({ days: step.days }).epochMilliseconds
  const size = Math.abs(step.minutes)
  const over = moment.minute % size
  const rest = over * minute + moment.second * 1000 + moment.millisecond
  if (step.minutes > 0) return instant - rest + size * minute
  return rest > 0 ? instant - rest : instant - size * minute
}

/** "+1 h 30", "−2 d 3 h" */
export function shiftText(milliseconds: number): string {
  const total = Math.round(Math.abs(milliseconds) / minute)
  if (total === 0) return 'not moved'
  const days = Math.floor(total / 1440)
  const hours = Math.floor((total % 1440) / 60)
  const minutes = total % 60
  const parts = [
    days > 0 ? `${days} d` : null,
    hours > 0 ? `${hours} h` : null,
    minutes > 0 ? (hours > 0 && days === 0 ? String(minutes).padStart(2, '0') : `${minutes} min`) : null,
  ]
  return `${milliseconds < 0 ? '\u2212' : '+'}${parts.filter((part) => part !== null).join(' ')}`
}
