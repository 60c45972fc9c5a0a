import type { RunState } from '../../runs/runState.ts'
import { noCounts, type CalendarItem, type OutcomeCounts } from './calendarItem.ts'

const minute = 60_000
const hour = 60 * minute

/** An item of the calendar, as plain as can be; what matters to the case is given. */
export function calendarItem(own: Partial<CalendarItem> & Pick<CalendarItem, 'startsAt'>): CalendarItem {
  return {
    kind: 'occurrence',
    scheduleId: own.scheduleName ?? '1',
    scheduleName: 'nightly-rollup',
    scheduleStatus: 'active',
    endsAt: null,
    scheduledFor: own.startsAt,
    nominal: new Date(own.scheduledFor ?? own.startsAt).toISOString(),
    runId: null,
    status: null,
    trigger: 'schedule',
    reason: null,
    startedAt: null,
    finishedAt: null,
    attempt: null,
    maxAttempts: null,
    total: 1,
    succeeded: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
    running: 0,
    waiting: 0,
    upcoming: 1,
    ...own,
  }
}

/** A run in some state; `took` milliseconds where it has an end. */
export function calendarRun(
  scheduleName: string,
  startsAt: number,
  status: RunState,
  own: Partial<CalendarItem> & { took?: number } = {},
): CalendarItem {
  const { took = 20_000, ...rest } = own
  const isOver = !['waiting', 'queued', 'running', 'retrying'].includes(status)
  const didRun = status !== 'skipped' && status !== 'waiting' && status !== 'queued'
  return calendarItem({
    kind: 'run',
    scheduleName,
    startsAt,
    status,
    runId: `${scheduleName}-${startsAt}`,
    upcoming: 0,
    succeeded: Number(status === 'succeeded'),
    failed: Number(status === 'failed' || status === 'timed_out'),
    skipped: Number(status === 'skipped'),
    cancelled: Number(status === 'cancelled'),
    running: Number(status === 'running'),
    waiting: Number(!isOver && status !== 'running'),
    startedAt: didRun ? startsAt + 400 : null,
    finishedAt: didRun && isOver ? startsAt + took : null,
    attempt: didRun ? 1 : 0,
    maxAttempts: 5,
    ...rest,
  })
}

/** Counts of a frequent schedule in a range of time. */
export function calendarBucket(
  scheduleName: string,
  startsAt: number,
  counts: Partial<Omit<OutcomeCounts, 'total'>>,
  length: number = hour,
): CalendarItem {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return calendarItem({
    kind: 'bucket',
    scheduleName,
    startsAt,
    endsAt: startsAt + length,
    scheduledFor: null,
    ...noCounts,
    ...counts,
    total,
  })
}

/** A range in which a schedule's occurrences have no run. */
export function calendarOmission(
  scheduleName: string,
  startsAt: number,
  endsAt: number,
  total: number,
): CalendarItem {
  const own = { kind: 'omission', reason: 'missed', scheduledFor: null, upcoming: 0, skipped: total } as const
  return calendarItem({ scheduleName, startsAt, endsAt, total, ...own })
}

/** An upcoming occurrence that does not run. */
export function calendarOmitted(
  scheduleName: string,
  startsAt: number,
  reason: 'skipped' | 'excluded' | 'merged',
): CalendarItem {
  return calendarItem({ kind: 'omitted', scheduleName, startsAt, reason, upcoming: 0, skipped: 1 })
}

/** What is not shown one by one of an hour, unless told. */
export function calendarPile(
  startsAt: number,
  counts: Partial<Omit<OutcomeCounts, 'total'>>,
  length: number = hour,
): CalendarItem {
  return { ...calendarBucket('', startsAt, counts, length), kind: 'pile', scheduleStatus: null }
}

/** Counts of all schedules together, of an hour unless told. */
export function calendarDensity(startsAt: number, total: number, failed = 0, length = hour): CalendarItem {
  const own = { kind: 'density', scheduledFor: null, upcoming: total - failed } as const
  const endsAt = startsAt + length
  return calendarItem({ ...own, scheduleId: '', scheduleName: '', startsAt, endsAt, total, failed })
}
