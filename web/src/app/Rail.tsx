import { IconActivity, IconCalendar, IconCalendarOff, IconListDetails, IconServer } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { CalendarView } from '../calendar/grid/calendarRange.ts'
import type { ReactNode } from 'react'
import { LedgerLink } from '../ledger/LedgerLink.tsx'
import { SettingsLink } from '../settings/SettingsLink.tsx'

/** The way between the parts of the client: at the left, or at the bottom of narrow screens. */
export function Rail({ view }: { view: CalendarView | undefined }) {
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/" className="rail-mark" aria-label="Almanac" tabIndex={-1}>
        <svg viewBox="0 0 24 24" aria-hidden>
          <path d="M4 7a3 3 0 0 1 3-3h10a3 3 0 0 1 3 3v10a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3z" />
          <path d="M8 15.5 12 8l4 7.5M9.6 13h4.8" />
        </svg>
      </Link>
      <CalendarLink view={view}>
        <IconCalendar aria-hidden />
        Calendar
      </CalendarLink>
      <Link to="/schedules" activeOptions={{ includeSearch: false }}>
        <IconListDetails aria-hidden />
        Schedules
      </Link>
      <Link to="/runs" activeOptions={{ includeSearch: false }}>
        <IconActivity aria-hidden />
        Runs
      </Link>
      <Link to="/workers" activeOptions={{ includeSearch: false }}>
        <IconServer aria-hidden />
        Workers
      </Link>
      <Link to="/exclusions" activeOptions={{ includeSearch: false }}>
        <IconCalendarOff aria-hidden />
        Exclusions
      </Link>
      <LedgerLink />
      <SettingsLink />
    </nav>
  )
}

/** Back to what was shown of the calendar; from the calendar itself to today, without a filter. */
function CalendarLink({ view, children }: { view: CalendarView | undefined; children: ReactNode }) {
  return view === undefined ? (
    <Link to="/calendar">{children}</Link>
  ) : (
    <Link
      to="/calendar/$view/{-$date}"
      params={{ view, date: undefined }}
      activeOptions={{ includeSearch: false }}
    >
      {children}
    </Link>
  )
}
