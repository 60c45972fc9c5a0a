import type { RunState } from '../../runs/runState.ts'
import { countText } from '../grid/timeFormat.ts'

/** When a schedule is due next. */
export interface NextOccurrence {
  scheduleId: string
  name: string
  at: number
}

/** A run that is not over. */
export interface ActiveRun {
  runId: string
  scheduleId: string
  name: string
  state: RunState
  since: number
  attempt: number
  maxAttempts: number
  reason: string | null
  /** From 0 to 1, as the task reports it. */
  progress: number | null
}

/** A run that failed, with the database's word for why. */
export interface FailedRun {
  runId: string
  scheduleId: string
  name: string
  at: number
  reason: string | null
}

export interface NextUp {
  next: readonly NextOccurrence[]
  /** There are more than those, at the last moment or later. */
  isNextCut: boolean
  active: readonly ActiveRun[]
  /** How many are unfinished, also beyond the listed ones; of them how many run, and how many wait to be tried again. */
  activeCount: number
  runningCount: number
  retryingCount: number
  failed: readonly FailedRun[]
  /** How many failed, also beyond the listed ones, as far as they were counted. */
  failedCount: number
  areMoreFailed: boolean
  /** Whether there is any schedule at all. */
  hasSchedules: boolean
}

/** A worker's leader fires within a second; one that is replaced, within half a minute. */
export const overdueAfter = 30_000

type Unfinished = Pick<NextUp, 'activeCount' | 'runningCount' | 'retryingCount'>

/** How many neither run nor wait to be tried again. */
export function waitingCount({ activeCount, runningCount, retryingCount }: Unfinished): number {
  return Math.max(0, activeCount - runningCount - retryingCount)
}

/** How many run, and what else is unfinished: "3, 4 waiting, 1 retrying"; where none runs, "none, 4 waiting". */
export function activeText(unfinished: Unfinished, count: (number: number) => string): string {
  const { runningCount, retryingCount } = unfinished
  const waiting = waitingCount(unfinished)
  return [
    runningCount === 0 && waiting + retryingCount > 0 ? 'none' : count(runningCount),
    waiting > 0 ? `${count(waiting)} waiting` : null,
    retryingCount > 0 ? `${count(retryingCount)} retrying` : null,
  ]
    .filter((part) => part !== null)
    .join(', ')
}

/** Occurrences at one moment, joined where they are many. */
export interface NextGroup {
  at: number
  names: readonly string[]
  /** There may be more at this moment. */
  isCut: boolean
  scheduleId: string
}

/** Joins occurrences of the same moment into one line when there are more than two. */
export function groupNext(next: readonly NextOccurrence[], limit: number, isNextCut = false): NextGroup[] {
  const moments = new Map<number, NextOccurrence[]>()
  for (const each of [...next].sort((a, b) => a.at - b.at))
    moments.set(each.at, [...(moments.get(each.at) ?? []), each])
  const last = Math.max(...moments.keys())
  const groups = [...moments.values()].flatMap((own): NextGroup[] => {
    const lines = own.length > 2 ? [own] : own.map((each) => [each])
    return lines.map((line) => ({
      at: line[0]?.at ?? 0,
      names: line.map(({ name }) => name),
      isCut: isNextCut && line[0]?.at === last,
      scheduleId: line[0]?.scheduleId ?? '',
    }))
  })
  return groups.slice(0, limit)
}

/** Failures of one schedule, newest first. */
export interface FailureGroup {
  scheduleId: string
  name: string
  runs: readonly FailedRun[]
  first: number
  last: number
}

/** Joins failures by schedule, the latest first. */
export function groupFailures(failed: readonly FailedRun[], limit: number): FailureGroup[] {
  const schedules = new Map<string, FailedRun[]>()
  for (const run of [...failed].sort((a, b) => b.at - a.at)) {
    schedules.set(run.scheduleId, [...(schedules.get(run.scheduleId) ?? []), run])
  }
  return [...schedules.values()].slice(0, limit).map((runs) => ({
    scheduleId: runs[0]?.scheduleId ?? '',
    name: runs[0]?.name ?? '',
    runs,
    first: runs.at(-1)?.at ?? 0,
    last: runs[0]?.at ?? 0,
  }))
}

/** How far what the strip shows can be relied on. */
export type Reliance =
  /** It is what the database says now. */
  | { is: 'current' }
  /** It is on its way, or was kept from before and is being asked for again. */
  | { is: 'checking' }
  /** It was so then; whether it still is cannot be known. */
  | { is: 'old'; asOf: number }

/** That there is none of something: said as a fact only where the database says so now. */
export function noneText(what: string, reliance: Reliance, clock: (at: number) => string): string {
  if (reliance.is === 'current') return `${what}.`
  return reliance.is === 'checking' ? 'Checking' : `${what} as of ${clock(reliance.asOf)}.`
}

/** How far an answer of this age can be relied on; undefined: of no known age. */
export function relianceOf(asOf: number | null | undefined): Reliance {
  if (asOf === undefined) return { is: 'checking' }
  return asOf === null ? { is: 'current' } : { is: 'old', asOf }
}

/** "1,000+" where no more were counted. */
export function failedText({ failedCount, areMoreFailed }: Pick<NextUp, 'failedCount' | 'areMoreFailed'>) {
  return `${countText(failedCount)}${areMoreFailed ? '+' : ''}`
}
