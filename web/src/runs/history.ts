import type { EnumValue } from '../graphql/enum.ts'
import type { RunState } from './runState.ts'

/** Occurrences that have no run, from the first to the last, and why. */
export interface Gap {
  readonly rowId: string
  readonly first: string
  readonly last: string
  readonly reason: EnumValue<'OmissionReason'>
  readonly count: number
}

export type HistoryEntry<Run> =
  | { readonly kind: 'run'; readonly key: string; readonly run: Run }
  | { readonly kind: 'gap'; readonly key: string; readonly gap: Gap }

interface Part<Row> {
  /** The newest first. */
  readonly rows: readonly Row[]
  /** There are older ones, which were not asked for. */
  readonly isCut: boolean
}

/** Runs and gaps by time, the newest first, as far back as both are known. */
export function mergeHistory<Run extends { readonly rowId: string; readonly scheduledFor: string }>(
  runs: Part<Run>,
  gaps: Part<Gap>,
): HistoryEntry<Run>[] {
  const entries = [
    ...runs.rows.map(
      (run) => ({ at: Date.parse(run.scheduledFor), kind: 'run', key: run.rowId, run }) as const,
    ),
    ...gaps.rows.map(
      (gap) => ({ at: Date.parse(gap.last), kind: 'gap', key: `gap ${gap.rowId}`, gap }) as const,
    ),
  ].sort((a, b) => b.at - a.at)
  const oldest = (times: number[], isCut: boolean) => (isCut ? Math.min(...times) : -Infinity)
  const known = Math.max(
    oldest(
      runs.rows.map(({ scheduledFor }) => Date.parse(scheduledFor)),
      runs.isCut,
    ),
    oldest(
      gaps.rows.map(({ last }) => Date.parse(last)),
      gaps.isCut,
    ),
  )
  return entries.filter(({ at }) => at >= known)
}

/** Why there is a gap. */
export const gapReasons: Record<Gap['reason'], string> = {
  missed: 'no worker fired it in time',
  paused: 'the schedule was paused',
  stopped: 'all schedules were paused, or this one was disabled',
  excluded: 'excluded by a calendar',
}

/** The state in which what did not run is drawn. */
export const gapStates: Record<Gap['reason'], RunState> = {
  missed: 'missed',
  paused: 'paused',
  stopped: 'paused',
  excluded: 'skipped',
}

/** Why there is a gap, in words. */
export function gapText({ reason, count }: Gap): string {
  return `${count === 1 ? '1 occurrence' : `${count.toLocaleString('en-GB')} occurrences`} did not run: ${gapReasons[reason]}`
}
