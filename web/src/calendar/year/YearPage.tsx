import { Button } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useOwnProblem } from '../../panel/ownProblem.ts'
import { ProblemNote } from '../../panel/ProblemNote.tsx'
import { BusyHours, BusySkeleton } from '../busy/BusyHours.tsx'
import { useBusyHours } from '../busy/useBusyHours.ts'
import { useMinute } from '../../time/useMinute.ts'
import { useSession } from '../../session/useSession.ts'
import { useTimeZone } from '../../time/zone.ts'
import { CalendarSkeleton } from '../CalendarFrame.tsx'
import { ofCalendar, type CalendarSearch } from '../calendarSearch.ts'
import { calendarRange } from '../grid/calendarRange.ts'
import { narrowed } from '../filter/calendarFilter.ts'
import { useYear } from './useYear.ts'
import { YearLegend, YearView } from './YearView.tsx'

/** Each hour of the week once. */
const busyDays = 7

interface YearPageProps {
  date: string
  search: CalendarSearch
}

/** The year around a date, over the database's counts. */
export default function YearPage({ date, search }: YearPageProps) {
  const timeZone = useTimeZone()
  const now = useMinute()
  const { weekStart } = useSession()
  const navigate = useNavigate()
  const year = date.slice(0, 4)
  const range = useMemo(() => calendarRange('year', `${year}-01-01`, timeZone), [year, timeZone])
  const {
    items: answered,
    problem: asked,
    refetch,
  } = useYear({
    start: range.start,
    end: range.end,
    timezone: timeZone,
    filter: search,
    withSystem: search.system === true || search.schedule !== undefined,
  })
  const problem = useOwnProblem(asked, answered !== null)
  const { status } = search
  const items = useMemo(() => answered && narrowed(answered, { status }), [answered, status])
  const busy = useBusyHours({
    timezone: timeZone,
    days: busyDays,
    filter: search,
    withSystem: search.system === true || search.schedule !== undefined,
  })
  const retry = (
    <Button size="xs" variant="default" onClick={refetch}>
      Try again
    </Button>
  )
  return (
    <div className="calendar">
      <div className="calendar-main">
        {problem !== null && (
          <div className={items === null ? 'calendar-message' : 'calendar-notice'} role="alert">
            <ProblemNote problem={problem} action={retry} />
          </div>
        )}
        {items === null && problem === null && <CalendarSkeleton view="year" />}
        {items !== null && (
          <YearView
            days={range.days}
            busy={
              busy.hours !== null ? (
                <BusyHours hours={busy.hours} days={busyDays} timeZone={timeZone} />
              ) : busy.problem === null ? (
                <BusySkeleton />
              ) : (
                <div className="busy">
                  <ProblemNote problem={busy.problem} />
                </div>
              )
            }
            onShowDay={(day) =>
              void navigate({
                to: '/calendar/$view/{-$date}',
                params: { view: 'day', date: day },
                search: ofCalendar,
              })
            }
            {...{ items, now, timeZone, weekStart }}
          />
        )}
      </div>
      <YearLegend />
    </div>
  )
}
