import { IconAlertTriangle, IconX } from '@tabler/icons-react'
import type { OutcomeCounts } from '../items/calendarItem.ts'
import { usersText, type ExcludedPart } from '../items/excludedTimes.ts'
import { countText, dateText } from '../grid/timeFormat.ts'

interface DayHeadProps {
  date: string
  hours: number
  isToday: boolean
  counts: OutcomeCounts
  missed: number
  excluded: readonly ExcludedPart[]
  onShowDay: (date: string) => void
}

function summary({ total, upcoming, skipped, cancelled }: OutcomeCounts): string[] {
  const runs = total - upcoming - skipped - cancelled
  const parts: string[] = []
  if (runs > 0) parts.push(`${countText(runs)} ${runs === 1 ? 'run' : 'runs'}`)
  if (upcoming > 0) parts.push(`${countText(upcoming)} due`)
  if (cancelled > 0) parts.push(`${countText(cancelled)} cancelled`)
  if (skipped > 0) parts.push(`${countText(skipped)} skipped`)
  return parts.length > 0 ? parts : ['Nothing']
}

/** The head of a day: date, what excludes all of it, failures, how much there was and is still upcoming. */
export function DayHead(props: DayHeadProps) {
  const { date, hours, isToday, counts, missed, excluded, onShowDay } = props
  const names = [...new Set(excluded.map(({ name }) => name))].join(', ')
  const parts = summary(counts)
  const users = [...new Set(excluded.flatMap(({ usedBy }) => usedBy))]
  return (
    <div className="day-head" role="columnheader" aria-current={isToday ? 'date' : undefined}>
      <b>
        <button type="button" data-stop tabIndex={-1} onClick={() => onShowDay(date)}>
          <span aria-hidden>{dateText(date, 'weekday')}</span>
          <span className="visually-hidden">{dateText(date, 'full')}</span>
        </button>
        {hours !== 24 && <span className="day-hours">{hours} h</span>}
        {excluded.length > 0 && (
          <span className="day-excluded" title={`Excluded: ${names}${usersText(users)}`}>
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
      <small title={parts.join(' · ')}>
        {parts.map((part, nth) => (
          <span key={part}>{nth === 0 ? part : ` · ${part}`}</span>
        ))}
      </small>
    </div>
  )
}
