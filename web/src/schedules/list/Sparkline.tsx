import { outcomesInWords } from '../outcomesInWords.ts'
import { isFailure, type RunState } from '../../runs/runState.ts'
import './sparkline.css'

/** As many as are asked for. */
const mostOutcomes = 60

const height = 18
const barHeights = { failure: 18, success: 9, other: 5 }

function barHeight(state: RunState): number {
  if (isFailure(state)) return barHeights.failure
  return state === 'succeeded' ? barHeights.success : barHeights.other
}

/** How the last runs ended, the newest on the right: failures are tall, what did not run is low. */
export function Sparkline({ outcomes }: { outcomes: readonly RunState[] }) {
  if (outcomes.length === 0) return <span className="faint">–</span>
  const words = outcomesInWords(outcomes)
  const from = mostOutcomes - outcomes.length
  // One path for each state, so that a page of them is not thousands of elements.
  const bars = [...new Set(outcomes)].map((state) => ({
    state,
    path: outcomes
      .map((one, index) =>
        one === state ? `M${(from + index) * 2 + 0.75} ${height}v-${barHeight(state)}` : '',
      )
      .join(''),
  }))
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${mostOutcomes * 2} ${height}`}
      role="img"
      aria-label={`Last ${outcomes.length}: ${words}`}
    >
      <title>{words}</title>
      {bars.map(({ state, path }) => (
        <path key={state} data-run-state={state} d={path} />
      ))}
    </svg>
  )
}
