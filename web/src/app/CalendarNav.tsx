import { ActionIcon, Button, NativeSelect } from '@mantine/core'
import { IconCalendarDot, IconChevronLeft, IconChevronRight, IconFilter } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useHotkeys } from '@mantine/hooks'
import { useRef } from 'react'
import {
  calendarRange,
  calendarViews,
  localDate,
  shiftDate,
  weekNumber,
  type CalendarView,
} from '../calendar/grid/calendarRange.ts'
import { askForNow } from '../calendar/grid/nowAsked.ts'
import { ofCalendar } from '../calendar/calendarSearch.ts'
import { opening } from '../panel/heldKeys.ts'
import { useOpenerFocus } from '../panel/useFocusBack.ts'
import type { ZonedDay } from '../calendar/grid/zonedDay.ts'
import { dateText, rangeText } from '../calendar/grid/timeFormat.ts'
import { useMinute } from '../time/useMinute.ts'

/** What the bar above the calendar shows and does. */
export interface CalendarNavProps {
  view: CalendarView
  date: string
  timeZone: string
  /** 1 for Monday to 7. */
  weekStart: number
  /** Whether the address leaves anything out. */
  isFiltered: boolean
  isFilterOpen: boolean
  onFilter: (isOpen: boolean) => void
  go: (view: CalendarView, date: string | undefined) => void
}

function weekText(view: CalendarView, days: readonly ZonedDay[]): string {
  const [from, to] = [days[3], days.at(-4)].map((middle) => (middle ? weekNumber(middle.date) : 0))
  return view === 'week' ? `Week ${from}` : `Weeks ${from}–${to}`
}

/**
 * What is in place of the title where there is little room: of a week its months, as its days stand below; with the year
 * where that is not `today`'s.
 */
export function shortTitle(
  view: CalendarView,
  date: string,
  { first, last, today }: { first: string; last: string; today: string },
): string {
  if (view === 'year') return date.slice(0, 4)
  if (view === 'month') return dateText(date, 'short month')
  const year = today.slice(0, 4)
  if (view === 'week') {
    const isOfNow = first.startsWith(year) && last.startsWith(year)
    return rangeText(first, last, isOfNow ? 'months' : 'months and year')
  }
  const text = dateText(date, 'day and month')
  return date.startsWith(year) ? text : `${text} ${date.slice(0, 4)}`
}

function titleText(view: CalendarView, date: string, first: string, last: string): string {
  if (view === 'day') return dateText(date, 'full')
  if (view === 'agenda' || view === 'lanes') return dateText(date, 'short')
  if (view === 'year') return date.slice(0, 4)
  return view === 'week' ? rangeText(first, last) : dateText(date, 'month')
}

/** What a window with the calendar is called. */
export function calendarTitle(view: CalendarView, date: string, timeZone: string, weekStart: number): string {
  const { days } = calendarRange(view, date, timeZone, weekStart)
  const text = titleText(view, date, days[0]?.date ?? date, days.at(-1)?.date ?? date)
  return view === 'lanes' || view === 'agenda' ? `${text}, ${view}` : text
}

const viewNames: Record<CalendarView, string> = {
  day: 'Day',
  week: 'Week',
  month: 'Month',
  agenda: 'Agenda',
  year: 'Year',
  lanes: 'Lanes',
}

/** Through time: today, back, on, which view, and its title. */
export function CalendarNav({
  view,
  date,
  timeZone,
  weekStart,
  isFiltered,
  isFilterOpen,
  onFilter,
  go,
}: CalendarNavProps) {
  const filterButton = useRef<HTMLButtonElement>(null)
  useOpenerFocus(isFilterOpen, filterButton)
  const { days } = calendarRange(view, date, timeZone, weekStart)
  const first = days[0]?.date ?? date
  const last = days.at(-1)?.date ?? date
  const title = titleText(view, date, first, last)
  const today = localDate(useMinute(), timeZone)
  const goToToday = () => {
    askForNow()
    go(view, undefined)
  }
  const later = (steps: number) => go(view, shiftDate(view, date, steps))
  useHotkeys([
    ['t', goToToday],
    ['j', () => later(1)],
    ['n', () => later(1)],
    ['k', () => later(-1)],
    ['p', () => later(-1)],
    ['d', () => go('day', date)],
    ['w', () => go('week', date)],
    ['m', () => go('month', date)],
    ['a', () => go('agenda', date)],
    ['y', () => go('year', date)],
    ['l', () => go('lanes', date)],
    ['/', () => opening(() => onFilter(true))],
  ])
  return (
    <>
      <Button className="only-wide" size="xs" variant="default" title="Today (T)" onClick={goToToday}>
        Today
      </Button>
      <ActionIcon
        className="nav-step"
        variant="subtle"
        color="gray"
        size={30}
        aria-label="Earlier"
        title="Earlier (K)"
        onClick={() => later(-1)}
      >
        <IconChevronLeft size={18} aria-hidden />
      </ActionIcon>
      <ActionIcon
        className="nav-step only-narrow"
        variant="subtle"
        color="gray"
        size={30}
        aria-label="Today"
        title="Today (T)"
        onClick={goToToday}
      >
        <IconCalendarDot size={18} aria-hidden />
      </ActionIcon>
      <ActionIcon
        className="nav-step"
        variant="subtle"
        color="gray"
        size={30}
        aria-label="Later"
        title="Later (J)"
        onClick={() => later(1)}
      >
        <IconChevronRight size={18} aria-hidden />
      </ActionIcon>
      <h1 aria-live="polite" aria-label={title} data-view={view}>
        <span className="only-wide">{title}</span>
        <span className="only-narrow">{shortTitle(view, date, { first, last, today })}</span>
      </h1>
      {(view === 'week' || view === 'month') && <span className="bar-sub">{weekText(view, days)}</span>}
      <span className="bar-space" />
      <nav className="views only-wide" aria-label="View">
        {calendarViews.map((each) => (
          <Link
            key={each}
            to="/calendar/$view/{-$date}"
            params={{ view: each, date }}
            search={ofCalendar}
            aria-current={each === view ? 'page' : undefined}
          >
            {viewNames[each]}
          </Link>
        ))}
      </nav>
      <NativeSelect
        className="only-narrow views-select"
        size="xs"
        aria-label="View"
        value={view}
        data={calendarViews.map((each) => ({ value: each, label: viewNames[each] }))}
        onChange={(event) => {
          const chosen = calendarViews.find((each) => each === event.currentTarget.value)
          if (chosen !== undefined) go(chosen, date)
        }}
      />
      <Button
        ref={filterButton}
        className="bar-filter"
        size="xs"
        variant={isFiltered ? 'light' : 'default'}
        leftSection={<IconFilter size={15} aria-hidden />}
        aria-label={isFiltered ? 'Filter: some schedules are hidden' : 'Filter'}
        aria-haspopup="dialog"
        aria-expanded={isFilterOpen}
        title="Filter and saved views (/)"
        onClick={() => onFilter(!isFilterOpen)}
      >
        <span className="only-wide">Filter</span>
      </Button>
    </>
  )
}
