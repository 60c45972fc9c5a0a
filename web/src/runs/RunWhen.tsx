import { formatDuration, formatLateness } from '../time/duration.ts'
import { Time } from '../time/Time.tsx'
import { lateOf, tookOf } from './run.ts'
import { RunStateText } from './RunGlyph.tsx'
import { isStopping, runStateLabel, runStateOf, STOPPING } from './runState.ts'
import type { RunDetails } from './useRun.ts'

/** Its state: "Stopping" or "Retrying, attempt 2 of 5" where the plain state does not say it all. */
export function RunStateNow({ run }: { run: RunDetails }) {
  const state = runStateOf(run.status)
  const words = isStopping(run)
    ? STOPPING
    : run.attempt > 1
      ? `${runStateLabel(state)}, attempt ${run.attempt} of ${run.maxAttempts}`
      : undefined
  return <RunStateText state={state}>{words}</RunStateText>
}

/** When it was due, how late it began and how long it took. */
export function RunWhen({ run, zone }: { run: RunDetails; zone: string }) {
  const late = lateOf(run)
  const took = tookOf(run)
  return (
    <>
      Due <Time at={run.dueAt} zone={zone} seconds="always" /> {zone}
      {late !== null && ` · started ${formatLateness(late)} late`}
      {took !== null && ` · took ${formatDuration(took)}`}
    </>
  )
}
