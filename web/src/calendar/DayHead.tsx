import { IconAlertTriangle, IconX } from '@tabler/icons-react'
import type { OutcomeCounts } from './calendarItem.ts'
import { countText, dateText, zoneCity } from './timeFormat.ts'

interface DayHeadProps {
  date: string
  hours: number
  isToday: boolean
  counts: OutcomeCounts
  missed: number
}

function summary({ total, upcoming }: OutcomeCounts): string {
  const runs = total - upcoming
  const parts = [runs > 0 ? `${countText(runs)} ${runs === 1 ? 'run' : 'runs'}` : null]
  if (upcoming > 0) parts.push(`${countText(upcoming)} due`)
  return parts.filter((part) => part !== null).join(' · ') || 'Nothing'
}

/** The head of a day: date, failures, how much there was and is to come. */
export function DayHead({ date, hours, isToday, counts, missed }: DayHeadProps) {
  return (
    <div className="day-head" role="columnheader" aria-current={isToday ? 'date' : undefined}>
      <b>
        <span aria-hidden>{dateText(date, 'weekday')}</span>
        <span className="visually-hidden">{dateText(date, 'full')}</span>
        {hours !== 24 && <span className="day-hours">{hours} h</span>}
      </b>
      {counts.failed > 0 ? (
        <span className="day-bad" data-run-state="failed" title={`${countText(counts.failed)} failed`}>
          <IconX aria-hidden />
          {countText(counts.failed)}
          <span className="visually-hidden"> failed</span>
        </span>
      ) : (
        missed > 0 && (
          <span className="day-bad" data-run-state="missed" title={`${countText(missed)} missed`}>
            <IconAlertTriangle aria-hidden />
            {countText(missed)}
            <span className="visually-hidden"> missed</span>
          </span>
        )
      )}
      <small>{summary(counts)}</small>
    </div>
  )
}

/** The names of the zones above the hours. */
export function ZoneHead({ timeZone, secondZone }: { timeZone: string; secondZone: string | null }) {
  return (
    <div className="zone-head">
      <span>{secondZone === null ? '' : zoneCity(secondZone)}</span>
      <b title={timeZone}>{zoneCity(timeZone)}</b>
    </div>
  )
}
