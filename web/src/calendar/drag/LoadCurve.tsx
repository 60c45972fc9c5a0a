import { formatClock } from '../../time/instant.ts'
import { loadInWords, loadPath } from '../lanes/load.ts'
import type { LoadAround } from './loadAround.ts'

interface LoadCurveProps {
  load: LoadAround
  /** Slots of the workers that are running; null while that is not known. */
  capacity: number | null
  timeZone: string
}

const mostNamed = 4

function othersText(others: readonly string[]): string {
  if (others.length === 0) return 'Nothing else runs then.'
  const rest = others.length - mostNamed
  return `Runs then too: ${others.slice(0, mostNamed).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`
}

/** What else runs around a new place: the curve of the slots in use, the peak while it runs there, and names. */
export function LoadCurve({ load, capacity, timeZone }: LoadCurveProps) {
  const { window, before, after, own, peak, others } = load
  const slots = capacity === null || capacity === 0 ? null : capacity
  const top = Math.max(1, slots ?? 0, ...after.usual, ...before.usual) * 1.15
  const x = (at: number) => (at - window.start) / (window.end - window.start)
  const isOver = slots !== null && peak.with > slots
  const clock = (at: number) => formatClock(at, timeZone, 'never')
  const ticks = [0, 1, 2, 3].map((third) => window.start + (third * (window.end - window.start)) / 3)
  return (
    <section className="drop-load" aria-label="Load around the new time">
      <p>
        <span>
          Busy slots, {clock(window.start)}–{clock(window.end)}
        </span>
        {own !== null && (
          <span data-over={isOver || undefined}>
            at {clock(peak.at)} {loadInWords(peak.without)} → <b>{loadInWords(peak.with)}</b>
            {slots === null ? '' : ` of ${loadInWords(slots)}`}
          </span>
        )}
      </p>
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden>
        {own !== null && (
          <rect
            className="drop-load-own"
            x={x(own.from)}
            y={0}
            width={Math.max(0.006, Math.min(1, x(own.to)) - x(own.from))}
            height={1}
          />
        )}
        <path className="lane-load-usual" d={loadPath(after.usual, top)} vectorEffect="non-scaling-stroke" />
        <path className="lane-load-high" d={loadPath(before.usual, top)} vectorEffect="non-scaling-stroke" />
        {slots !== null && (
          <line x1={0} x2={1} y1={1 - slots / top} y2={1 - slots / top} vectorEffect="non-scaling-stroke" />
        )}
      </svg>
      <div className="drop-load-ticks" aria-hidden>
        {ticks.map((at) => (
          <span key={at}>{clock(at)}</span>
        ))}
      </div>
      {isOver && <p className="drop-lost">That is more than there are slots: some will wait.</p>}
      {own === null && <p className="muted">How long it takes is not known, as no run has succeeded yet.</p>}
      <p className="muted">{othersText(others)}</p>
    </section>
  )
}
