import { RunGlyph } from '../runs/RunGlyph.tsx'
import type { RunState } from '../runs/runState.ts'

const looks: Record<string, { state: RunState; label: string }> = {
  active: { state: 'future', label: 'Active' },
  paused: { state: 'paused', label: 'Paused' },
  completed: { state: 'succeeded', label: 'Completed' },
  deleted: { state: 'cancelled', label: 'Deleted' },
  disabled: { state: 'cancelled', label: 'Disabled' },
}

/** Whether a schedule fires: glyph and word. */
export function ScheduleState({ status }: { status: string }) {
  const look = looks[status] ?? { state: 'future' as const, label: status }
  return (
    <span className="run-state" data-run-state={look.state}>
      <RunGlyph state={look.state} />
      {look.label}
    </span>
  )
}
