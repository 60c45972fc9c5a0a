import type { OccurrenceChange } from '../details/occurrenceOverride.ts'
import { canBeOverridden } from '../details/occurrenceOverride.ts'
import { whyClosed, type ClosedTime } from '../drag/dragTarget.ts'
import type { CalendarItem } from '../items/calendarItem.ts'

/** How far occurrences are moved: by elapsed time, or by days of the calendar, which keep the time of day. */
export type Shift = { minutes: number } | { days: number }

interface Refused {
  item: CalendarItem
  why: string
}

/** What a deed does to each of the occurrences, and which it leaves as they are. */
export interface OccurrencePlan {
  changes: readonly { item: CalendarItem; change: OccurrenceChange }[]
  refused: readonly Refused[]
}

/** The schedules that a pause concerns, one item for each. */
export interface PausePlan {
  schedules: readonly CalendarItem[]
  refused: readonly Refused[]
}

/** Where occurrences of each schedule do not belong, by its id. */
export type ClosedBySchedule = ReadonlyMap<string, readonly ClosedTime[]>

interface PlanOptions {
  closed: ClosedBySchedule
  now: number
  timeZone: string
}

/** Where a shift brings an instant. */
export function shifted(instant: number, shift: Shift, timeZone: string): number {
  if ('minutes' in shift) return instant + shift.minutes * 60_000
  const moment = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone)
  return moment.add({ days: shift.days }).epochMilliseconds
}

/** Why someone may change no occurrence of its schedule; null where they may. */
function whyKept({ scheduleId }: CalendarItem, { closed }: PlanOptions): string | null {
  for (const { reason, label } of closed.get(scheduleId) ?? []) {
    if (reason === 'system') return 'It is a system schedule'
    if (reason === 'other owner') return `It belongs to ${label ?? 'someone else'}`
  }
  return null
}

function plan(
  items: readonly CalendarItem[],
  changeOf: (item: CalendarItem) => OccurrenceChange | string,
): OccurrencePlan {
  const changes: { item: CalendarItem; change: OccurrenceChange }[] = []
  const refused: Refused[] = []
  for (const item of items) {
    const change = canBeOverridden(item) ? changeOf(item) : 'It has already started'
    if (typeof change === 'string') refused.push({ item, why: change })
    else changes.push({ item, change })
  }
  return { changes, refused }
}

/** Skips the upcoming ones among some items. */
export function skipPlan(items: readonly CalendarItem[], options: PlanOptions): OccurrencePlan {
  return plan(items, (item) => {
    if (item.kind === 'omitted') return 'It will not run anyway'
    return whyKept(item, options) ?? { do: 'skip' }
  })
}

/** Moves the upcoming ones among some items, but to nowhere that a drag could not put them. */
export function movePlan(items: readonly CalendarItem[], shift: Shift, options: PlanOptions): OccurrencePlan {
  const { closed, now, timeZone } = options
  return plan(items, (item) => {
    const to = shifted(item.startsAt, shift, timeZone)
    if (to === item.startsAt) return 'It would stay where it is'
    return whyClosed(to, now, closed.get(item.scheduleId) ?? [], timeZone) ?? { do: 'move', to }
  })
}

/** Pauses the active schedules among those of some items. */
export function pausePlan(items: readonly CalendarItem[], options: PlanOptions): PausePlan {
  const each = [...new Map(items.map((item) => [item.scheduleId, item])).values()]
  const whyNot = (item: CalendarItem) =>
    whyKept(item, options) ??
    (item.scheduleStatus === 'active' ? null : `It is already ${item.scheduleStatus ?? 'deleted'}`)
  return {
    schedules: each.filter((item) => whyNot(item) === null),
    refused: each.flatMap((item) => {
      const why = whyNot(item)
      return why === null ? [] : [{ item, why }]
    }),
  }
}
