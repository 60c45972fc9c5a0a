import type { NewScheduleSearch } from '../../schedules/form/newScheduleSearch.ts'
import { exactLocalText } from '../../time/localTime.ts'
import { formatClock, formatDay } from '../../time/instant.ts'
import type { Slot } from './slotPlaces.ts'

/** A schedule that an empty place of the calendar may become. */
export interface SlotRule {
  name: string
  /** The cron expression; null of one that runs once. */
  cron: string | null
  /** What the form starts with. */
  search: NewScheduleSearch & { zone: string }
  /** Why it is not offered at this place; null where it is. */
  why: string | null
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

function ordinal(day: number): string {
  const isTeen = day > 10 && day < 14
  return `${day}${(isTeen ? undefined : ['th', 'st', 'nd', 'rd'][day % 10]) ?? 'th'}`
}

/** The last hour within a range in which the minute of its begin comes again. */
function lastHour(from: Temporal.ZonedDateTime, end: number): number {
  const to = Temporal.Instant.fromEpochMilliseconds(end - 1).toZonedDateTimeISO(from.timeZoneId)
  if (!to.toPlainDate().equals(from.toPlainDate())) return 23
  return to.minute >= from.minute ? to.hour : to.hour - 1
}

/** What can be made at a place: once at its begin, or by a rule that has it; of a range, also every hour in it. */
export function slotRules({ start, end, tag }: Slot, timeZone: string, now: number): readonly SlotRule[] {
  const moment = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(timeZone)
  const { minute, hour, day, dayOfWeek } = moment
  const clock = formatClock(start, timeZone)
  const shared = { zone: timeZone, ...(tag !== null && { tag }) }
  const at = exactLocalText(new Date(start).toISOString(), timeZone)
  const once: SlotRule = {
    name: `Once, ${formatDay(start, timeZone, now)} at ${clock}`,
    cron: null,
    search: { ...shared, kind: 'once', at },
    why: start <= now ? 'This time is in the past' : null,
  }
  const byCron = (name: string, cron: string): SlotRule => ({
    name,
    cron,
    search: { ...shared, kind: 'cron', cron },
    why: null,
  })
  const own = `${minute} ${hour}`
  const last = end === null ? hour : lastHour(moment, end)
  return [
    once,
    byCron(`Every day at ${clock}`, `${own} * * *`),
    ...(dayOfWeek <= 5 ? [byCron(`Monday to Friday at ${clock}`, `${own} * * 1-5`)] : []),
    byCron(`Every ${weekdays[dayOfWeek - 1]} at ${clock}`, `${own} * * ${dayOfWeek % 7}`),
    byCron(`Every month on the ${ordinal(day)} at ${clock}`, `${own} ${day} * *`),
    ...(last > hour
      ? [
          byCron(
            `Every hour from ${clock} to ${formatClock(moment.with({ hour: last }).epochMilliseconds, timeZone)}, every day`,
            `${minute} ${hour}-${last} * * *`,
          ),
        ]
      : []),
  ]
}
