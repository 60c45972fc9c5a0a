import { IconAlertTriangle, IconX } from '@tabler/icons-react'
import type { OutcomeCounts } from '../items/calendarItem.ts'
import type { ExcludedPart } from '../items/excludedTimes.ts'
import { countText, dateText, zoneCity } from '../grid/timeFormat.ts'

interface DayHeadProps {
  date: string
  hours: number
  isToday: boolean
  counts: OutcomeCounts
  missed: number
  excluded: readonly ExcludedPart[]
  onShowDay: (date: string) => void
}

function summary({ total, upcoming, skipped }: OutcomeCounts): string {
  const runs = total - upcoming - skipped
  const parts = [runs > 0 ? `${countText(runs)} ${runs === 1 ? 'run' : 'runs'}` : null]
  if (upcoming > 0) parts.push(`${countText(upcoming)} due`)
  if (skipped > 0) parts.push(`${countText(skipped)} skipped`)
  return parts.filter((part) => part !== null).join(' · ') || 'Nothing'
}

/** The head of a day: date, what excludes all of it, failures, how much there was and is still upcoming. */
export function DayHead(props: DayHeadProps) {
  const { date, hours, isToday, counts, missed, excluded, onShowDay } = props
  const whole = excluded.filter(({ isWholeDay }) => isWholeDay)
  const names = whole.map(({ name }) => name).join(', ')
  return (
    <div className="day-head" role="columnheader" aria-current={isToday ? 'date' : undefined}>
      <b>
        <button type="button" data-stop tabIndex={-1} onClick={() => onShowDay(date)}>
          <span aria-hidden>{dateText(date, 'weekday')}</span>
          <span className="visually-hidden">{dateText(date, 'full')}</span>
        </button>
        {hours !== 24 && <span className="day-hours">{hours} h</span>}
        {whole.length > 0 && (
          <span className="day-excluded" title={`Excluded: ${names}`}>
            <span className="visually-hidden">Excluded: </span>
            {names}
          </span>
        )}
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
