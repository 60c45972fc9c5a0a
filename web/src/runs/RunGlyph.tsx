import {
  IconArrowRight,
  IconCheck,
  IconChevronsRight,
  IconClockX,
  IconPlayerPause,
  IconPlayerPlay,
  IconQuestionMark,
  IconRefresh,
  IconSquare,
  IconX,
} from '@tabler/icons-react'
import type { ComponentType } from 'react'
import { runStateLabel, type RunState } from './runState.ts'
import './runState.css'

const icons: Record<RunState, ComponentType | null> = {
  future: null,
  moved: IconArrowRight,
  waiting: null,
  queued: null,
  running: IconPlayerPlay,
  retrying: IconRefresh,
  succeeded: IconCheck,
  failed: IconX,
  timed_out: IconClockX,
  cancelled: IconSquare,
  skipped: IconChevronsRight,
  missed: IconQuestionMark,
  paused: IconPlayerPause,
}

interface RunGlyphProps {
  state: RunState
  /** Spoken name; leave it out where the state is next to the glyph in words. */
  label?: string
}

/** The sign of a state: the same in chips, lists, legend and sparklines. */
export function RunGlyph({ state, label }: RunGlyphProps) {
  const Icon = icons[state]
  const spoken =
    label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label, title: label }
  return (
    <span className="run-glyph" data-run-state={state} {...spoken}>
      {Icon && <Icon />}
    </span>
  )
}

interface RunStateTextProps {
  state: RunState
  /** Words to show instead of the state's own, as "Attempt 2 of 5". */
  children?: React.ReactNode
}

/** Glyph and words of a state. */
export function RunStateText({ state, children }: RunStateTextProps) {
  return (
    <span className="run-state" data-run-state={state}>
      <RunGlyph state={state} />
      <span className="run-state-words">{children ?? runStateLabel(state)}</span>
    </span>
  )
}
