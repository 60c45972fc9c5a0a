import { RunGlyph } from '../runs/RunGlyph.tsx'
import type { RunState } from '../runs/runState.ts'
import { statusNames, type ShownStatus } from './scheduleStatus.ts'

const glyphs: Record<ShownStatus, RunState> = {
  active: 'future',
  paused: 'paused',
  completed: 'succeeded',
  never: 'missed',
  deleted: 'cancelled',
  disabled: 'cancelled',
}

/** Whether a schedule fires: glyph and word. */
export function ScheduleState({ status }: { status: ShownStatus }) {
  return (
    <span className="run-state" data-run-state={glyphs[status]}>
      <RunGlyph state={glyphs[status]} />
      {statusNames[status]}
    </span>
  )
}
