import { formatClock } from '../../time/instant.ts'
import { axisLabels, axisPlace, type TimeAxis } from '../grid/timeAxis.ts'
import { timeOnDay } from '../grid/timeFormat.ts'
import { dayOf, type ZonedDay } from '../grid/zonedDay.ts'

interface HourGutterProps {
  axis: TimeAxis
  days: readonly ZonedDay[]
  secondZone: string | null
  now: number
}

/** The instant of a label on the first shown day that has it, for the second zone. */
function instantOf(axis: TimeAxis, days: readonly ZonedDay[], at: number): number | undefined {
  const day = days[0]
  if (day === undefined) return undefined
  for (let instant = day.start; instant < day.end; instant += 15 * 60_000) {
    if (axisPlace(axis, day, instant) === at) return instant
  }
  return undefined
}

/** The hours at the left, in the shown zone and a second one, with now among them. */
export function HourGutter({ axis, days, secondZone, now }: HourGutterProps) {
  const today = dayOf(days, now)
  const nowAt = today && axisPlace(axis, today, now)
  const isNear = (at: number) => nowAt !== undefined && Math.abs(at - nowAt) < 26
  return (
    <div className="hours" aria-hidden>
      {axisLabels(axis, days).map(({ at, text, offset }) => {
        const instant = secondZone === null ? undefined : instantOf(axis, days, at)
        return (
          <div key={at} style={{ '--at': at }}>
            {secondZone !== null && instant !== undefined && !isNear(at) && (
              <small>{formatClock(instant, secondZone, 'never')}</small>
            )}
            {!isNear(at) && (
              <span>
                {text}
                {offset !== null && <i> {offset.replace(/:00$/, '')}</i>}
              </span>
            )}
          </div>
        )
      })}
      {today !== undefined && nowAt !== undefined && (
        <div className="hours-now" style={{ '--at': nowAt }}>
          {secondZone !== null && <small>{formatClock(now, secondZone, 'never')}</small>}
          <span>{timeOnDay(today, now).split(' ')[0]}</span>
        </div>
      )}
    </div>
  )
}
