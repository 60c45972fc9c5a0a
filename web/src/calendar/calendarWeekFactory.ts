import type { RunState } from '../runs/runState.ts'
import {
  calendarBucket,
  calendarItem,
  calendarOmission,
  calendarOmitted,
  calendarRun,
} from './items/calendarFactory.ts'
import type { CalendarItem } from './items/calendarItem.ts'
import type { ExcludedTime } from './items/excludedTimes.ts'
import type { NextUp } from './nextUp/nextUp.ts'

const minute = 60_000
const hour = 60 * minute

interface DailyJob {
  name: string
  at: number
  took: number
  weekdays?: readonly number[]
}

const daily: readonly DailyJob[] = [
  ...[
    'tax-export',
    'log-rotate',
    'quota-reset',
    'key-check',
    'cache-warm',
    'stats-daily',
    'mail-purge',
    'geo-sync',
    'audit-seal',
  ].map((name) => ({ name, at: 0, took: 41_000 })),
  { name: 'vacuum-analyze', at: 1.5, took: 90_000 },
  { name: 'nightly-rollup', at: 3, took: 38 * minute },
  { name: 'backup-verify', at: 5.75, took: 51 * minute },
  { name: 'weekly-report', at: 7, took: 45 * minute, weekdays: [0] },
  { name: 'invoice-mailer', at: 9, took: 30_000, weekdays: [0, 1, 2, 3, 4] },
  { name: 'ledger-reconcile', at: 11.25, took: 12 * minute, weekdays: [0, 1, 2, 3, 4] },
  { name: 'ml-features', at: 13.5, took: 96 * minute },
  { name: 'slack-digest', at: 16, took: 4_000, weekdays: [0, 1, 2, 3, 4] },
  { name: 'partner-export', at: 17.5, took: 60_000 },
  { name: 'search-reindex', at: 20, took: 90 * minute, weekdays: [0, 1, 2, 4, 6] },
  { name: 'fx-rates', at: 22, took: 12_000, weekdays: [0, 1, 2, 3, 4] },
]

const frequent: readonly { name: string; each: number }[] = [
  { name: 'api-health', each: 60 },
  { name: 'stripe-sync', each: 12 },
  { name: 'queue-depth', each: 4 },
]

const exceptions: Record<string, RunState> = {
  'ledger-reconcile 0': 'skipped',
  'backup-verify 1': 'failed',
  'log-rotate 1': 'skipped',
  'tax-export 2': 'failed',
  'invoice-mailer 2': 'failed',
}

function dailyItem(job: DailyJob, index: number, startsAt: number, now: number): CalendarItem {
  const exception = exceptions[`${job.name} ${index}`]
  const reason = exception === 'skipped' ? 'an earlier run has not finished' : null
  if (job.name === 'partner-export' && startsAt > now) {
    return calendarItem({ scheduleName: job.name, startsAt, scheduleStatus: 'paused' })
  }
  if (startsAt > now) return calendarItem({ scheduleName: job.name, startsAt })
  if (startsAt + job.took > now) return calendarRun(job.name, startsAt, 'running')
  return calendarRun(job.name, startsAt, exception ?? 'succeeded', { took: job.took, reason })
}

interface FactoryDay {
  start: number
  end: number
}

/** A local time of a day; clock changes are before four in the morning. */
function timeOf({ start, end }: FactoryDay, hours: number): number {
  return hours < 2.5 ? start + hours * hour : end - (24 - hours) * hour
}

/** A week like many: some daily jobs, three frequent ones, each state somewhere. */
export function ordinaryWeek(days: readonly FactoryDay[], now: number): CalendarItem[] {
  const items = days.flatMap((day, index) => {
    const { start, end } = day
    const jobs = daily
      .filter((job) => job.weekdays?.includes(index % 7) ?? true)
      .map((job) => dailyItem(job, index, timeOf(day, job.at), now))
    const buckets = frequent.flatMap(({ name, each }) =>
      Array.from({ length: Math.round((end - start) / hour) }, (_, place) => {
        const at = start + place * hour
        const failed = Number(name === 'stripe-sync' && index === 2 && place === 9) * 4
        const done = at + hour <= now ? each : at > now ? 0 : Math.floor(((now - at) / hour) * each)
        return calendarBucket(name, at, {
          succeeded: done - Math.min(failed, done),
          failed: Math.min(failed, done),
          upcoming: each - done,
        })
      }),
    )
    return [...jobs, ...buckets]
  })
  const at = (day: number, hours: number) => timeOf(days[day] ?? { start: 0, end: 24 * hour }, hours)
  return [
    ...items,
    calendarRun('geo-import', at(2, 12 + 10 / 60), 'retrying', { attempt: 2 }),
    calendarRun('image-thumbs', at(2, 12 + 50 / 60), 'queued', { reason: 'an earlier run has not finished' }),
    calendarOmission('fx-rates-eu', at(0, 22), at(0, 22.3), 1),
    calendarOmission('api-health', at(0, 22), at(0, 22.35), 21),
    calendarItem({ scheduleName: 'payout-batch', startsAt: at(5, 2.5) }),
    calendarItem({
      scheduleName: 'cert-renew',
      startsAt: at(5, 19),
      scheduledFor: at(5, 5.75),
      reason: 'moved',
    }),
  ]
}

/** What is excluded in that week: a freeze over a day and a half, a holiday, a window every night. */
export function ordinaryExclusions(days: readonly FactoryDay[]): ExcludedTime[] {
  const at = (day: number, hours: number) => timeOf(days[day] ?? { start: 0, end: 24 * hour }, hours)
  const nights = days.map((day) => ({
    calendar: 'maintenance',
    label: 'Backup window',
    start: timeOf(day, 4),
    end: timeOf(day, 5),
  }))
  return [
    { calendar: 'freezes', label: 'Black Friday freeze', start: at(4, 13), end: at(6, 0) },
    { calendar: 'holidays', label: 'St. Cecilia’s Day', start: at(6, 0), end: at(6, 24) },
    ...nights,
  ]
}

/** An ordinary week in which calendars and people leave out and move some of what is upcoming. */
export function weekWithExclusions(days: readonly FactoryDay[], now: number): CalendarItem[] {
  const at = (day: number, hours: number) => timeOf(days[day] ?? { start: 0, end: 24 * hour }, hours)
  const excluded = ordinaryExclusions(days).filter(({ calendar }) => calendar !== 'maintenance')
  const items = ordinaryWeek(days, now).map((item): CalendarItem => {
    const isOut = excluded.some(({ start, end }) => item.startsAt >= start && item.startsAt < end)
    if (item.kind !== 'occurrence' || !isOut) return item
    return calendarOmitted(item.scheduleName, item.startsAt, 'excluded')
  })
  return [
    ...items,
    calendarOmitted('license-audit', at(3, 10), 'skipped'),
    calendarOmitted('feed-import', at(5, 8), 'merged'),
    calendarItem({
      scheduleName: 'feed-import',
      startsAt: at(6, 24) - minute,
      scheduledFor: at(5, 20),
      reason: 'held',
    }),
    calendarItem({
      scheduleName: 'close-books',
      startsAt: at(3, 15),
      scheduledFor: at(3, 7.5),
      reason: 'moved',
    }),
  ]
}

/** As many occurrences as asked for, spread over the days, every fiftieth failed. */
export function crowdedWeek(days: readonly FactoryDay[], now: number, count: number): CalendarItem[] {
  return Array.from({ length: count }, (_, index) => {
    const start = days[index % days.length]?.start ?? 0
    const startsAt = start + ((index * 7919) % 1440) * minute
    const scheduleName = `job-${String(index % 97).padStart(2, '0')}`
    if (startsAt > now) return calendarItem({ scheduleName, scheduleId: `${index}`, startsAt })
    return calendarRun(scheduleName, startsAt, index % 50 === 0 ? 'failed' : 'succeeded', {
      scheduleId: `${index}`,
    })
  })
}

/** What is shown next to an ordinary week. */
export function ordinaryNextUp(now: number): NextUp {
  const midnight = now + 9 * hour + 22 * minute + 52_000
  return {
    next: [
      { scheduleId: '1', name: 'api-health', at: now + 52_000 },
      { scheduleId: '2', name: 'stripe-sync', at: now + 2 * minute + 52_000 },
      { scheduleId: '3', name: 'queue-depth', at: now + 7 * minute + 52_000 },
      { scheduleId: '4', name: 'slack-digest', at: now + 82 * minute + 52_000 },
      ...['tax-export', 'log-rotate', 'quota-reset'].map((name, index) => ({
        scheduleId: `${index + 10}`,
        name,
        at: midnight,
      })),
    ],
    active: [
      {
        runId: '11',
        scheduleId: '5',
        name: 'ml-features',
        state: 'running',
        since: now - 67 * minute,
        attempt: 1,
        maxAttempts: 3,
        reason: null,
        progress: 0.66,
      },
      {
        runId: '12',
        scheduleId: '6',
        name: 'geo-import',
        state: 'retrying',
        since: now - 100_000,
        attempt: 2,
        maxAttempts: 5,
        reason: null,
        progress: null,
      },
      {
        runId: '13',
        scheduleId: '7',
        name: 'image-thumbs',
        state: 'queued',
        since: now - 107 * minute,
        attempt: 0,
        maxAttempts: 3,
        reason: 'an earlier run has not finished',
        progress: null,
      },
    ],
    failed: [
      ...[0, 5, 10, 15].map((late) => ({
        runId: `2${late}`,
        scheduleId: '2',
        name: 'stripe-sync',
        at: now - 5 * hour + late * minute,
        reason: 'HTTP 429, rate limited',
      })),
      {
        runId: '31',
        scheduleId: '8',
        name: 'invoice-mailer',
        at: now - 5.6 * hour,
        reason: 'SMTP 421, too many connections',
      },
      {
        runId: '32',
        scheduleId: '10',
        name: 'tax-export',
        at: now - 14.6 * hour,
        reason: 'relation "tax_lines" does not exist',
      },
    ],
    activeCount: 3,
    runningCount: 2,
    retryingCount: 1,
    failedCount: 6,
    areMoreFailed: false,
    hasSchedules: true,
    isNextCut: false,
  }
}
