import { formatClock, formatOffset } from '../time/instant.ts'
import { axisLabels, axisPlace, type TimeAxis } from './timeAxis.ts'
import { timeOnDay } from './timeFormat.ts'
import { dayOf, type ZonedDay } from './zonedDay.ts'

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

/** Whether two zones are equally far apart in all of the days; else one column of hours would be wrong for some. */
function isSteady(days: readonly ZonedDay[], secondZone: string): boolean {
  const offsets = days.flatMap((day) => day.stretches.map(({ offset }) => offset))
  const others = days.flatMap((day) => [
    formatOffset(day.start, secondZone),
    formatOffset(day.end - 1, secondZone),
  ])
  return new Set(offsets).size === 1 && new Set(others).size === 1
}

/** The hours at the left, in the shown zone and a second one, with now among them. */
export function HourGutter({ axis, days, secondZone, now }: HourGutterProps) {
  const hasSecond = secondZone !== null && isSteady(days, secondZone)
  const today = dayOf(days, now)
  const nowAt = today && axisPlace(axis, today, now)
  const isNear = (at: number) => nowAt !== undefined && Math.abs(at - nowAt) < 26
  return (
    <div className="hours" aria-hidden>
      {axisLabels(axis, days).map(({ at, text, offset }) => {
        const instant = !hasSecond ? undefined : instantOf(axis, days, at)
        return (
          <div key={at} style={{ '--at': at }}>
            {hasSecond && instant !== undefined && <small>{formatClock(instant, secondZone, 'never')}</small>}
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
          <span>{timeOnDay(today, now).slice(0, 5)}</span>
        </div>
      )}
    </div>
  )
}
