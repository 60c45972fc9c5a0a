import { formatClock, formatFull } from '../../time/instant.ts'
import { countText } from '../grid/timeFormat.ts'
import type { Next24 } from './useNext24.ts'

/** The coming hours as bars: how many are due in each. */
export function Next24Bars({ next, timeZone }: { next: Next24; timeZone: string }) {
  const { hours, total } = next
  const most = Math.max(1, ...hours.map(({ count }) => count))
  const peak = hours.find(({ count }) => count === most)
  const clock = (at: number) => formatClock(at, timeZone, 'never')
  const peakText = peak === undefined || total === 0 ? '' : ` · most at ${clock(peak.at)}, ${countText(most)}`
  return (
    <div
      className="next-hours"
      role="img"
      aria-label={`${countText(total)} due in the next 24 hours${peakText}`}
    >
      <p>
        <b>{countText(total)}</b> due in 24 h{peakText}
      </p>
      <div>
        {hours.map(({ at, count }) => (
          <i
            key={at}
            data-peak={(at === peak?.at && total > 0) || undefined}
            style={{ height: `${(count / most) * 100}%` }}
            title={`${formatFull(at, timeZone)}: ${countText(count)} due`}
          />
        ))}
      </div>
      <small>
        {[0, 8, 16, 24].map((index) => (
          <span key={index}>{index === 0 ? 'Now' : clock(hours[index]?.at ?? 0)}</span>
        ))}
      </small>
    </div>
  )
}
