import { createRootRoute, createRoute, createRouter, redirect } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import * as v from 'valibot'
import { calendarSearch } from '../calendar/calendarSearch.ts'
import { calendarViews, isDate, localDate, type CalendarView } from '../calendar/grid/calendarRange.ts'
import { CalendarSkeleton } from '../calendar/CalendarFrame.tsx'
import { CalendarPage } from '../calendar/CalendarPage.tsx'
import { session } from '../session/useSession.ts'
import { SignInPage } from '../session/SignInPage.tsx'
import { useMinute } from '../time/useMinute.ts'
import { useTimeZone } from '../time/zone.ts'
import { Frame } from './Frame.tsx'
import { GalleryPage } from './GalleryPage.tsx'
import { NotFound } from './NotFound.tsx'
import { PATHS } from '../../../shared/paths.ts'

const YearPage = lazy(() => import('../calendar/year/YearPage.tsx'))

const root = createRootRoute({ notFoundComponent: NotFound })

/** Pages for those who are signed in, within the frame. */
const framed = createRoute({
  getParentRoute: () => root,
  id: 'framed',
  component: Frame,
  validateSearch: calendarSearch,
})

const home = createRoute({
  getParentRoute: () => framed,
  path: PATHS.home,
  beforeLoad: () => {
    redirect({ to: '/calendar/$view/{-$date}', params: { view: 'week' }, throw: true })
  },
})

const calendar = createRoute({
  getParentRoute: () => framed,
  path: PATHS.calendar,
  staticData: { title: 'Calendar' },
  params: {
    parse: ({ view, date }): { view: CalendarView; date?: string | undefined } => ({
      view: v.parse(v.fallback(v.picklist(calendarViews), 'week'), view),
      date: date !== undefined && isDate(date) ? date : undefined,
    }),
    stringify: ({ view, date }) => ({ view, date }),
  },
  component: function Calendar() {
    const { view, date } = calendar.useParams()
    const search = calendar.useSearch()
    const timeZone = useTimeZone()
    const today = localDate(useMinute(), timeZone)
    return view === 'year' ? (
      <Suspense fallback={<CalendarSkeleton view="year" />}>
        <YearPage date={date ?? today} search={search} />
      </Suspense>
    ) : (
      <CalendarPage view={view} date={date ?? today} search={search} />
    )
  },
})

const calendarHome = createRoute({
  getParentRoute: () => framed,
  path: PATHS.calendarHome,
  beforeLoad: ({ search }) => {
    redirect({ to: '/calendar/$view/{-$date}', params: { view: 'week' }, search, throw: true })
  },
})

const schedules = createRoute({
  getParentRoute: () => framed,
  path: PATHS.schedules,
  staticData: { title: 'Schedules' },
}).lazy(() => import('./lazyPages.tsx').then(({ schedulesPage }) => schedulesPage))

const scheduleNew = createRoute({
  getParentRoute: () => framed,
  path: PATHS.scheduleNew,
  staticData: { title: 'New schedule', isForm: true },
}).lazy(() => import('./lazyPages.tsx').then(({ scheduleNewPage }) => scheduleNewPage))

const schedule = createRoute({
  getParentRoute: () => framed,
  path: PATHS.schedule,
  staticData: { title: 'Schedule' },
}).lazy(() => import('./lazyPages.tsx').then(({ schedulePage }) => schedulePage))

const scheduleEdit = createRoute({
  getParentRoute: () => framed,
  path: PATHS.scheduleEdit,
  staticData: { title: 'Edit schedule', isForm: true },
}).lazy(() => import('./lazyPages.tsx').then(({ scheduleEditPage }) => scheduleEditPage))

const runs = createRoute({
  getParentRoute: () => framed,
  path: PATHS.runs,
  staticData: { title: 'Runs' },
}).lazy(() => import('./lazyPages.tsx').then(({ runsPage }) => runsPage))

const run = createRoute({
  getParentRoute: () => framed,
  path: PATHS.run,
  staticData: { title: 'Runs' },
}).lazy(() => import('./lazyPages.tsx').then(({ runPage }) => runPage))

const exclusions = createRoute({
  getParentRoute: () => framed,
  path: PATHS.exclusions,
  staticData: { title: 'Exclusions' },
}).lazy(() => import('./lazyPages.tsx').then(({ exclusionsPage }) => exclusionsPage))

const exclusionCalendar = createRoute({
  getParentRoute: () => framed,
  path: PATHS.exclusionCalendar,
  staticData: { title: 'Exclusions' },
}).lazy(() => import('./lazyPages.tsx').then(({ exclusionCalendarPage }) => exclusionCalendarPage))

const workers = createRoute({
  getParentRoute: () => framed,
  path: PATHS.workers,
  staticData: { title: 'Workers' },
}).lazy(() => import('./lazyPages.tsx').then(({ workersPage }) => workersPage))

const ledger = createRoute({
  getParentRoute: () => framed,
  path: PATHS.ledger,
  staticData: { title: 'Ledger' },
}).lazy(() => import('./lazyPages.tsx').then(({ ledgerPage }) => ledgerPage))

const settings = createRoute({
  getParentRoute: () => framed,
  path: PATHS.settings,
  staticData: { title: 'Settings' },
}).lazy(() => import('./lazyPages.tsx').then(({ settingsPage }) => settingsPage))

const signIn = createRoute({
  getParentRoute: () => root,
  path: PATHS.signIn,
  component: () => <SignInPage source={session} />,
})

const gallery = createRoute({
  getParentRoute: () => root,
  path: PATHS.gallery,
  validateSearch: v.object({
    state: v.fallback(v.string(), 'ordinary'),
    view: v.fallback(v.picklist(calendarViews), 'week'),
  }),
  component: GalleryPage,
})

const routeTree = root.addChildren([
  framed.addChildren([
    home,
    calendar,
    calendarHome,
    schedules,
    scheduleNew,
    schedule,
    scheduleEdit,
    runs,
    run,
    workers,
    exclusions,
    exclusionCalendar,
    ledger,
    settings,
  ]),
  signIn,
  gallery,
])

/** Every page of the client and its address. */
export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: false })

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }

  interface StaticDataRouteOption {
    /** What the top bar and the window are called on this page. */
    title?: string
    /** The page has a primary button of its own. */
    isForm?: boolean
  }
}
