import { formatClock, formatFull } from '../../time/instant.ts'
import { loadInWords, loadPath, loadTop, peakOf, type Load, type LoadWindow } from './load.ts'

interface LoadProps {
  load: Load
  window: LoadWindow
  /** Slots of the workers that are running; null while that is not known. */
  capacity: number | null
  timeZone: string
}

/** The load in words: how much of the slots is in use now, and when most will be. */
export function LoadText({ load, window, capacity, timeZone }: LoadProps) {
  const size = (window.end - window.start) / window.parts
  const part = Math.floor((window.now - window.start) / size)
  const current = load.usual[part]
  const peak = peakOf(load, window)
  return (
    <div className="lane-load-text">
      <span>
        {capacity === 0 ? 'No worker, ' : ''}
        {current !== undefined && (
          <>
            <b>{loadInWords(current)}</b>{' '}
            {capacity === null || capacity === 0 ? 'running at once' : `of ${capacity} slots busy`}
          </>
        )}
      </span>
      {peak.count > 0.05 && (
        <small data-over={(capacity !== null && peak.count > capacity) || undefined}>
          Peak{' '}
          <time dateTime={new Date(peak.at).toISOString()} title={formatFull(peak.at, timeZone)}>
            {formatClock(peak.at, timeZone, 'never')}
          </time>
          , {peak.count < 0.95 ? '' : 'about '}
          {loadInWords(peak.count)} wanted
        </small>
      )}
    </div>
  )
}

/** How much is in progress at once, by usual durations, next to what the workers have slots for. */
export function LoadStrip({ load, window, capacity }: Omit<LoadProps, 'timeZone'>) {
  const top = loadTop(load, capacity)
  const limit = capacity === null || capacity === 0 || capacity > top ? null : 1 - capacity / top
  const nowAt = (window.now - window.start) / (window.end - window.start)
  return (
    <svg className="lane-load" viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden>
      <path className="lane-load-high" d={loadPath(load.high, top)} vectorEffect="non-scaling-stroke" />
      <path className="lane-load-usual" d={loadPath(load.usual, top)} vectorEffect="non-scaling-stroke" />
      {limit !== null && (
        <>
          <clipPath id="over-capacity">
            <rect x={Math.max(0, nowAt)} y={0} width={1} height={limit} />
          </clipPath>
          <path className="lane-load-over" d={loadPath(load.usual, top)} clipPath="url(#over-capacity)" />
          <line x1={0} x2={1} y1={limit} y2={limit} vectorEffect="non-scaling-stroke" />
        </>
      )}
    </svg>
  )
}
