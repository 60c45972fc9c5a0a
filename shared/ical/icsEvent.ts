import { EventError } from './icsError.ts'
import { textOf, type IcsComponent } from './icsText.ts'
import {
  day,
  instantOf,
  parseDuration,
  parseTime,
  type IcsDuration,
  type IcsTime,
  type TimeContext,
} from './icsTime.ts'

/** An event of a calendar file. */
export interface IcsEvent {
  component: IcsComponent
  label: string | null
  start: IcsTime
  /** It takes whole dates, wherever one is. */
  isAllDay: boolean
  length: IcsDuration
}

/** Lines without which an event would be another one. */
const telling = [
  'DTSTART',
  'DTEND',
  'DURATION',
  'RRULE',
  'RDATE',
  'EXDATE',
  'EXRULE',
  'RECURRENCE-ID',
  'STATUS',
]

/**
 * Reads an event; `home` is the zone of the calendar that takes it, null if it has none. One that stands for an
 * occurrence of another is as long as that if it does not say how long.
 */
export function readEvent(
  component: IcsComponent,
  home: string | null,
  context: TimeContext,
  of?: IcsEvent,
): IcsEvent {
  if (!component.isWhole)
    throw new EventError('It is incomplete: the file ends, or another part begins, within it.')
  const broken = component.unreadable.find((name) => telling.includes(name))
  if (broken !== undefined) throw new EventError(`Its line ${broken} could not be read.`)
  const property = (name: string) => component.properties.find((each) => each.name === name)
  const begin = property('DTSTART') ?? property('RECURRENCE-ID')
  if (begin === undefined) throw new EventError('It has no start.')
  const start = parseTime(begin.value, begin.params, context)
  const [end, duration] = [property('DTEND'), property('DURATION')]
  const isLike = of !== undefined && !end && !duration && of.isAllDay === start.isDate
  const said = {
    ...(end && end.value !== '' && { end: parseTime(end.value, end.params, context) }),
    ...(duration && { duration: duration.value }),
  }
  const length = isLike ? of.length : readLength(start, said, context)
  const label = textOf(component, 'SUMMARY')
  if (start.isDate) return { component, label, start, isAllDay: true, length }
  const dates = asDates(start, length, component, home, context)
  if (dates !== null) return { component, label, ...dates, isAllDay: true }
  if (length.days === 0 && length.milliseconds === 0) throw new EventError('It has no duration.')
  return { component, label, start, isAllDay: false, length }
}

/** From a begin to an end: whole days between midnights of one clock, otherwise elapsed time (RFC 5545, 3.8.5.3). */
function readLength(
  start: IcsTime,
  { end, duration }: { end?: IcsTime; duration?: string },
  context: TimeContext,
): IcsDuration {
  if (end === undefined)
    return duration === undefined ? { days: start.isDate ? 1 : 0, milliseconds: 0 } : parseDuration(duration)
  if (start.isDate) {
    const last = end.isDate ? end.local : (end.zone ?? context.floating).localOf(instantOf(end, context))
    const days = Math.ceil((last - start.local) / day)
    if (days < 0) throw new EventError('It ends before it starts.')
    return { days, milliseconds: 0 }
  }
  const zone = start.zone ?? context.floating
  const ended = instantOf(end.isDate ? { ...end, zone } : end, context)
  const milliseconds = ended - instantOf(start, context)
  if (milliseconds < 0) throw new EventError('It ends before it starts.')
  const days = (zone.localOf(ended) - start.local) / day
  return start.local % day === 0 && Number.isInteger(days)
    ? { days, milliseconds: 0 }
    : { days: 0, milliseconds }
}

/** The dates of an event that programs write from midnight to midnight, if it is meant wherever one is. */
function asDates(
  start: IcsTime,
  length: IcsDuration,
  component: IcsComponent,
  home: string | null,
  context: TimeContext,
): { start: IcsTime; length: IcsDuration } | null {
  const isMarked = textOf(component, 'X-MICROSOFT-CDO-ALLDAYEVENT')?.toUpperCase() === 'TRUE'
  const zones = [start.zone ?? context.floating, ...(isMarked ? [context.floating] : [])]
  const days = length.days + length.milliseconds / day
  const isAtHome = start.zone === null || (home !== null && start.zone.name === home)
  for (const zone of zones) {
    const local = zone.localOf(instantOf(start, context))
    if (local % day === 0 && Number.isInteger(days) && days > 0 && (isMarked || isAtHome))
      return { start: { local, isDate: true, zone }, length: { days, milliseconds: 0 } }
  }
  return null
}
