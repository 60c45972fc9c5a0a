import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { runStateLabel, type RunState } from '../../runs/runState.ts'
import type { RibbonLane } from './ribbons.ts'

const shown: readonly RunState[] = [
  'future',
  'moved',
  'queued',
  'running',
  'succeeded',
  'failed',
  'retrying',
  'cancelled',
  'skipped',
  'missed',
  'paused',
]

interface LegendProps {
  lanes: readonly RibbonLane[]
  note: string | null
  hasExcluded: boolean
}

/** What the signs mean, and which ribbon is which. */
export function Legend({ lanes, note, hasExcluded }: LegendProps) {
  return (
    <footer className="legend" aria-label="Legend">
      {shown.map((state) => (
        <span key={state} data-hue="2">
          <RunGlyph state={state} />
          {state === 'moved' ? 'Moved' : runStateLabel(state)}
        </span>
      ))}
      {hasExcluded && (
        <span>
          <i className="legend-excluded" aria-hidden />
          Excluded
        </span>
      )}
      <span className="legend-space" />
      {lanes.map((lane, index) => (
        <span key={lane.key} className="legend-lane" title={lane.name}>
          <i className="legend-lanes" aria-hidden>
            {lanes.map((each, place) => (
              <i key={each.key} data-on={place === index || undefined} />
            ))}
          </i>
          <span>{lane.name}</span>
        </span>
      ))}
      {note !== null && <span>{note}</span>}
    </footer>
  )
}
