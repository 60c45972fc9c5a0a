import { gapReasons } from '../../runs/history.ts'
import { runStateLabel, type RunState } from '../../runs/runState.ts'
import { formatDuration } from '../../time/duration.ts'
import { dayKey, formatClock, formatDay } from '../../time/instant.ts'
import { isElsewhere, itemState, type CalendarItem, type OutcomeCounts } from './calendarItem.ts'
import { countText } from '../grid/timeFormat.ts'

const reasons: Record<string, string> = {
  ...gapReasons,
  skipped: 'skipped manually',
  merged: 'merged into a later one',
  moved: 'moved manually',
  held: 'postponed by a calendar',
  'carried over': 'kept from before a change',
}

/** Why something did not run, in words. */
export function reasonText(item: CalendarItem): string | null {
  return item.reason === null ? null : (reasons[item.reason] ?? item.reason)
}

/** The state of an item in words, with what belongs to it. */
export function stateText(item: CalendarItem, now: number): string {
  const state = itemState(item)
  if (state === 'retrying' && item.attempt !== null)
    return `Retrying, attempt ${item.attempt} of ${item.maxAttempts ?? item.attempt}`
  if (state === 'running' && item.startedAt !== null)
    return `Running for ${formatDuration(now - item.startedAt)}`
  if (item.kind === 'omitted') return 'Will not run'
  if (item.kind === 'occurrence' && state === 'moved')
    return item.reason === 'held' ? 'Postponed' : item.reason === 'carried over' ? 'Kept' : 'Moved'
  if (item.kind === 'omission' && item.total > 1)
    return `${countText(item.total)} ${runStateLabel(state).toLowerCase()}`
  return runStateLabel(state)
}

/** What a screen reader says, and the pointer shows, for an item: name, date, time, zone, state, reason. */
export function spokenLabel(item: CalendarItem, timeZone: string, now: number): string {
  const { startsAt } = item
  const when = `${formatDay(startsAt, timeZone, now)} ${formatClock(startsAt, timeZone)} ${timeZone}`
  const reason = reasonText(item)
  const isInReason = item.kind === 'occurrence' && itemState(item) === 'moved'
  const state = isInReason ? null : stateText(item, now).toLowerCase()
  const parts = [item.scheduleName, when, state, reason, nominalText(item, timeZone)]
  return parts.filter((part) => part !== null).join(', ')
}

/** The nominal time of what is due at another that reads differently, with its date where that differs too. */
export function nominalText(item: CalendarItem, timeZone: string): string | null {
  const { scheduledFor, startsAt } = item
  if (scheduledFor === null || !isElsewhere(item)) return null
  const clock = formatClock(scheduledFor, timeZone)
  const isSameDay = dayKey(scheduledFor, timeZone) === dayKey(startsAt, timeZone)
  // Seconds apart, as jitter has it, both would be told as the same.
  if (isSameDay && clock === formatClock(startsAt, timeZone)) return null
  return `nominal time ${isSameDay ? clock : `${formatDay(scheduledFor, timeZone)} ${clock}`}`
}

const countNames: readonly [keyof OutcomeCounts, RunState, string][] = [
  ['failed', 'failed', 'failed'],
  ['cancelled', 'cancelled', 'cancelled'],
  ['skipped', 'skipped', 'skipped'],
  ['running', 'running', 'running'],
  ['waiting', 'waiting', 'waiting'],
  ['succeeded', 'succeeded', 'succeeded'],
  ['upcoming', 'future', 'upcoming'],
]

/** The parts of some outcomes that are not nothing, worst first. */
export function countParts(counts: OutcomeCounts): { state: RunState; count: number; text: string }[] {
  return countNames
    .map(([key, state, name]) => ({ state, count: counts[key], text: `${countText(counts[key])} ${name}` }))
    .filter(({ count }) => count > 0)
}

/** 1,440 in all: 4 failed, 1,436 succeeded */
export function spokenCounts(counts: OutcomeCounts): string {
  return countParts(counts)
    .map(({ text }) => text)
    .join(', ')
}
