import { useMemo } from 'react'
import { clockText, hourText } from '../../time/clockHours.ts'
import { intervalText } from '../../time/interval.ts'
import { formatDuration } from '../../time/duration.ts'
import { countText } from '../grid/timeFormat.ts'
import { busiest, busyWeek, type BusyCell, type BusyHour } from './busyModel.ts'
import './busy.css'

interface BusyHoursProps {
  hours: readonly BusyHour[]
  /** How many days were counted. */
  days: number
  timeZone: string
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

const clock = (hour: number) => clockText(hour, 0)

function cellText({ weekday, hour, occurrences, unmeasured, runTime }: BusyCell): string {
  const parts = [`${countText(occurrences)} upcoming`]
  if (runTime > 0) parts.push(`${formatDuration(runTime)} of run time`)
  if (unmeasured > 0) parts.push(`${countText(unmeasured)} of unknown duration`)
  return `${weekdays[weekday - 1]} ${clock(hour)}–${clock((hour + 1) % 24)}: ${parts.join(', ')}`
}

/** Load in one figure, short enough for a cell. */
function loadText({ load, occurrences }: BusyCell): string {
  if (load >= 9.95) return countText(Math.round(load))
  if (load >= 0.05) return load.toFixed(1)
  return occurrences > 0 ? '·' : ''
}

/** When the coming days are busiest: weekday by hour, by how much runs at once. */
export function BusyHours({ hours, days, timeZone }: BusyHoursProps) {
  const week = useMemo(() => busyWeek(hours, days), [hours, days])
  const peak = busiest(week)
  return (
    <section className="busy" aria-label="Busy hours">
      <h2>
        Busy hours
        <small>
          {`Next ${intervalText({ days })}, concurrent runs by their usual duration, ${timeZone}`}
          {peak !== null && (
            <>
              {' · '}
              <b>
                Busiest {weekdays[peak.weekday - 1]} {clock(peak.hour)}
              </b>
            </>
          )}
        </small>
      </h2>
      <div className="busy-scroll">
        <table>
          <thead>
            <tr>
              <td />
              {Array.from({ length: 24 }, (_, hour) => (
                <th key={hour} scope="col">
                  <span aria-hidden>{hour % 3 === 0 ? hourText(hour) : ''}</span>
                  <span className="visually-hidden">{clock(hour)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {week.map((cells, day) => (
              <tr key={weekdays[day]}>
                <th scope="row">{weekdays[day]?.slice(0, 3)}</th>
                {cells.map((cell) => (
                  <td key={cell.hour} data-level={cell.level} title={`${cellText(cell)}, ${timeZone}`}>
                    {loadText(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

/** Busy hours that are on their way, in their place. */
export function BusySkeleton() {
  return (
    <section className="busy" role="status" aria-busy aria-label="Loading busy hours">
      <h2 aria-hidden>Busy hours</h2>
      <div className="busy-skeleton" />
    </section>
  )
}
