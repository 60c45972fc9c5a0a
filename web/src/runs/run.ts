import { valuesOf, type EnumValue } from '../graphql/enum.ts'
import { formatDuration, formatLateness } from '../time/duration.ts'

/** When a run was due, began and ended. */
export interface RunTimes {
  readonly trigger: string
  readonly dueAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
}

/** Milliseconds from start to end; null when one of them is missing. */
export function tookOf({ startedAt, finishedAt }: Pick<RunTimes, 'startedAt' | 'finishedAt'>): number | null {
  return startedAt === null || finishedAt === null ? null : Date.parse(finishedAt) - Date.parse(startedAt)
}

/** Milliseconds from due to started; null when it did not start or was asked for manually. */
export function lateOf({ trigger, dueAt, startedAt }: Omit<RunTimes, 'finishedAt'>): number | null {
  return startedAt === null || trigger !== 'schedule' ? null : Date.parse(startedAt) - Date.parse(dueAt)
}

/** How late it started, for a cell of a table. */
export function lateText(run: Omit<RunTimes, 'finishedAt'>): string {
  const late = lateOf(run)
  return late === null ? '–' : formatLateness(late)
}

/** How long it took, for a cell of a table. */
export function tookText(run: Pick<RunTimes, 'startedAt' | 'finishedAt'>): string {
  const took = tookOf(run)
  return took === null ? '–' : formatDuration(took)
}

/** Why a run is in its state, where the database says so. */
export function reasonOf(run: {
  readonly blockedBecause: string | null
  readonly error: string | null
  readonly reason: string | null
  readonly finishedAt: string | null
}): string | null {
  return run.blockedBecause ?? run.error ?? writtenReason(run)
}

/** Its reason as it is now: one that someone has cancelled is not cancelled before it has ended. */
export function writtenReason(run: {
  readonly reason: string | null
  readonly finishedAt: string | null
}): string | null {
  return run.finishedAt === null
    ? (run.reason?.replace(/^cancelled by /, 'being cancelled by ') ?? null)
    : run.reason
}

/** Whether it has an error that none of its attempts has. */
export function hasOwnError(run: {
  readonly error: string | null
  readonly attempts: { readonly nodes: readonly { readonly error: string | null }[] }
}): boolean {
  return run.error !== null && run.attempts.nodes.every(({ error }) => error === null)
}

/** What can ask for a run, in words. */
export const triggerNames: Record<EnumValue<'RunTrigger'>, string> = {
  schedule: 'Schedule',
  manual: 'Manual',
  backfill: 'Backfill',
  chain: 'After another',
  workflow: 'Workflow',
}

export const triggers = valuesOf(triggerNames)

/** What asked for the run: a person's name where there is one. */
export function triggerInWords({
  trigger,
  requestedBy,
}: {
  trigger: EnumValue<'RunTrigger'>
  requestedBy: string | null
}): string {
  return trigger === 'manual' && requestedBy !== null ? requestedBy : triggerNames[trigger]
}

interface Triggered {
  isSystem: boolean
  mayChange: boolean | null
  deletedAt: string | null
}

/** Whether a schedule can be triggered: by who may change it, one of Almanac's own by admins. */
export function mayTrigger<S extends Triggered>(schedule: S | null, isAdmin: boolean): schedule is S {
  if (schedule === null || schedule.deletedAt !== null) return false
  return schedule.isSystem ? isAdmin : schedule.mayChange === true
}
