import { gapStates } from '../../runs/history.ts'
import { runStateOf, type RunState } from '../../runs/runState.ts'

type ItemKind = 'run' | 'occurrence' | 'omitted' | 'bucket' | 'omission' | 'pile' | 'density'

/** How many outcomes of each kind an item stands for. */
export interface OutcomeCounts {
  total: number
  succeeded: number
  failed: number
  skipped: number
  cancelled: number
  running: number
  /** Waiting, queued or retrying. */
  waiting: number
  upcoming: number
}

export const noCounts: OutcomeCounts = {
  total: 0,
  succeeded: 0,
  failed: 0,
  skipped: 0,
  cancelled: 0,
  running: 0,
  waiting: 0,
  upcoming: 0,
}

/** One row of the database's calendar; points in time are milliseconds since 1970. */
export interface CalendarItem extends OutcomeCounts {
  kind: ItemKind
  scheduleId: string
  scheduleName: string
  scheduleStatus: string | null
  /** When it is due; of a range its begin. */
  startsAt: number
  endsAt: number | null
  /** Nominal time of a run or an occurrence: with the schedule its identity. */
  scheduledFor: number | null
  /** The same as the database writes it, to the microsecond. */
  nominal: string | null
  runId: string | null
  status: RunState | null
  trigger: string | null
  reason: string | null
  startedAt: number | null
  finishedAt: number | null
  attempt: number | null
  maxAttempts: number | null
}

type Answer<T> = T | null | undefined

/** The same row as the API answers it: bigint and timestamptz are text. */
export interface CalendarItemAnswer {
  item: Answer<string>
  scheduleId: Answer<string>
  scheduleName: Answer<string>
  scheduleStatus: Answer<string>
  startsAt: Answer<string>
  endsAt: Answer<string>
  scheduledFor: Answer<string>
  runId: Answer<string>
  status: Answer<string>
  trigger: Answer<string>
  reason: Answer<string>
  startedAt: Answer<string>
  finishedAt: Answer<string>
  attempt: Answer<number>
  maxAttempts: Answer<number>
  total: Answer<string>
  succeeded: Answer<string>
  failed: Answer<string>
  skipped: Answer<string>
  cancelled: Answer<string>
  running: Answer<string>
  waiting: Answer<string>
  upcoming: Answer<string>
}

const kinds: readonly ItemKind[] = ['run', 'occurrence', 'omitted', 'bucket', 'omission', 'pile', 'density']

function instant(text: Answer<string>): number | null {
  return text ? Date.parse(text) : null
}

/** Reads one row; null where it has no kind or place that the calendar knows. */
export function readCalendarItem(answer: CalendarItemAnswer): CalendarItem | null {
  const kind = kinds.find((known) => known === answer.item)
  const startsAt = instant(answer.startsAt)
  if (kind === undefined || startsAt === null) return null
  return {
    // What is counted of one schedule is drawn as a frequent one is.
    kind: kind === 'density' && answer.scheduleId ? 'bucket' : kind,
    scheduleId: answer.scheduleId ?? '',
    scheduleName: answer.scheduleName ?? (answer.scheduleId ? 'A deleted schedule' : ''),
    scheduleStatus: answer.scheduleStatus?.toLowerCase() ?? null,
    startsAt,
    endsAt: instant(answer.endsAt),
    scheduledFor: instant(answer.scheduledFor),
    nominal: answer.scheduledFor ?? null,
    runId: answer.runId ?? null,
    status: answer.status ? runStateOf(answer.status) : null,
    trigger: answer.trigger?.toLowerCase() ?? null,
    reason: answer.reason ?? null,
    startedAt: instant(answer.startedAt),
    finishedAt: instant(answer.finishedAt),
    attempt: answer.attempt ?? null,
    maxAttempts: answer.maxAttempts ?? null,
    total: Number(answer.total ?? 0),
    succeeded: Number(answer.succeeded ?? 0),
    failed: Number(answer.failed ?? 0),
    skipped: Number(answer.skipped ?? 0),
    cancelled: Number(answer.cancelled ?? 0),
    running: Number(answer.running ?? 0),
    waiting: Number(answer.waiting ?? 0),
    upcoming: Number(answer.upcoming ?? 0),
  }
}

/** Names an item within one calendar, stable between two looks at it: also while an occurrence is moved or skipped. */
export function itemKey(item: CalendarItem): string {
  const kind = item.kind === 'omitted' ? 'occurrence' : item.kind
  return `${kind}:${item.scheduleId}:${item.runId ?? item.scheduledFor ?? item.startsAt}`
}

/** Whether a text may name an item. */
export function isItemKey(text: string): boolean {
  return /^(run|occurrence|omission|bucket|pile|density):\d{0,18}:-?\d{1,18}$/.test(text)
}

/** The item of a key; of an occurrence that has started meanwhile, its run. */
export function findItem(items: readonly CalendarItem[], key: string): CalendarItem | null {
  const same = items.find((item) => itemKey(item) === key)
  if (same !== undefined) return same
  const [kind, scheduleId, place] = key.split(':')
  if (kind !== 'occurrence') return null
  return (
    items.find(
      (item) =>
        item.kind === 'run' &&
        item.scheduleId === scheduleId &&
        item.trigger === 'schedule' &&
        String(item.scheduledFor) === place,
    ) ?? null
  )
}

/** The key that an item has by now, from one that it had. */
export function keyNow(items: readonly CalendarItem[], key: string): string {
  const item = findItem(items, key)
  return item === null ? key : itemKey(item)
}

/** Whether something is upcoming, or would be if nothing kept it from running. */
export function isUpcoming(item: CalendarItem): boolean {
  return item.kind === 'occurrence' || item.kind === 'omitted'
}

/** Whether it stands for many, of which only the outcomes are counted. */
export function isCounted({ kind }: CalendarItem): boolean {
  return kind === 'bucket' || kind === 'pile' || kind === 'density'
}

/** Whether it stands for many of all schedules together. */
export function isOfAll({ kind }: CalendarItem): boolean {
  return kind === 'pile' || kind === 'density'
}

/** Whether it is due at another time than its nominal one. */
export function isElsewhere(item: CalendarItem): boolean {
  return item.scheduledFor !== null && item.scheduledFor !== item.startsAt
}

/** The state in which an item is drawn. */
export function itemState(item: CalendarItem): RunState {
  if (item.kind === 'omission')
    return (gapStates as Partial<Record<string, RunState>>)[item.reason ?? ''] ?? 'missed'
  if (isCounted(item)) return worstOutcome(item)
  if (item.status !== null) return item.status
  if (item.kind === 'omitted') return 'skipped'
  if (item.scheduleStatus === 'paused') return 'paused'
  return ['moved', 'held', 'carried over'].includes(item.reason ?? '') ? 'moved' : 'future'
}

function worstOutcome(item: CalendarItem): RunState {
  if (item.failed > 0) return 'failed'
  if (item.cancelled > 0) return 'cancelled'
  if (item.skipped > 0) return 'skipped'
  if (item.running > 0) return 'running'
  if (item.waiting > 0) return 'waiting'
  if (item.succeeded > 0) return 'succeeded'
  return item.scheduleStatus === 'paused' ? 'paused' : 'future'
}

/** Adds up what several items stand for. */
export function sumCounts(items: readonly OutcomeCounts[]): OutcomeCounts {
  const sum = { ...noCounts }
  for (const item of items) {
    sum.total += item.total
    sum.succeeded += item.succeeded
    sum.failed += item.failed
    sum.skipped += item.skipped
    sum.cancelled += item.cancelled
    sum.running += item.running
    sum.waiting += item.waiting
    sum.upcoming += item.upcoming
  }
  return sum
}
