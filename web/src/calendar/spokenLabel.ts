import { runStateLabel, type RunState } from '../runs/runState.ts'
import { formatDuration } from '../time/duration.ts'
import { formatClock, formatDay } from '../time/instant.ts'
import { itemPlace, itemState, type CalendarItem, type OutcomeCounts } from './calendarItem.ts'
import { countText } from './timeFormat.ts'

const reasons: Record<string, string> = {
  missed: 'no worker was there',
  paused: 'the schedule was paused',
  stopped: 'the scheduler was stopped',
  excluded: 'excluded by a calendar',
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
  if (item.kind === 'omission' && item.total > 1)
    return `${countText(item.total)} ${runStateLabel(state).toLowerCase()}`
  return runStateLabel(state)
}

/** What a screen reader says, and the pointer shows, for an item: name, date, time, zone, state, reason. */
export function spokenLabel(item: CalendarItem, timeZone: string, now: number): string {
  const place = itemPlace(item)
  const when = `${formatDay(place, timeZone, now)} ${formatClock(place, timeZone)} ${timeZone}`
  const parts = [item.scheduleName, when, stateText(item, now).toLowerCase()]
  const from =
    item.kind === 'occurrence' && place !== item.startsAt
      ? `from ${formatClock(item.startsAt, timeZone)}`
      : null
  const reason = reasonText(item)
  return [...parts, from, reason].filter((part) => part !== null).join(', ')
}

const countNames: readonly [keyof OutcomeCounts, RunState, string][] = [
  ['failed', 'failed', 'failed'],
  ['skipped', 'skipped', 'skipped'],
  ['running', 'running', 'going on'],
  ['succeeded', 'succeeded', 'succeeded'],
  ['upcoming', 'future', 'to come'],
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
