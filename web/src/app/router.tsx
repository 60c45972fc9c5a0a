import { createRootRoute, createRoute, createRouter, redirect, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useEffect } from 'react'
import * as v from 'valibot'
import { parseSearch, showPlainAddress, stringifySearch } from '../address/searchText.ts'
import type { FramedSearch } from '../address/framedParams.ts'
import { keepZone } from '../address/keptZone.ts'
import { useCorrection, useRawSearch } from '../address/useAddress.ts'
import { calendarPlace } from '../calendar/calendarPlace.ts'
import { calendarParams, type CalendarSearch } from '../calendar/calendarSearch.ts'
import { calendarViews, localDate, type CalendarView } from '../calendar/grid/calendarRange.ts'
import { CalendarSkeleton } from '../calendar/CalendarFrame.tsx'
import { CalendarPage } from '../calendar/CalendarPage.tsx'
import { keepPlace, lastPlace } from '../calendar/lastPlace.ts'
import { changeEntry } from '../panel/keptScroll.ts'
import { markPageChange } from '../panel/PageHeading.tsx'
import type { ShortRunSearch } from '../runs/runList.ts'
import type { ScheduleListSearch } from '../schedules/list/scheduleList.ts'
import { useMinute } from '../time/useMinute.ts'
import { useTimeZone } from '../time/zone.ts'
import type { ShortJobSearch } from '../workers/jobs/job.ts'
import { Frame } from './Frame.tsx'
import type { NewScheduleSearch } from '../schedules/form/newScheduleSearch.ts'
import { BrokenPage } from './BrokenPage.tsx'
import { keepList, type ListPath } from './lastLists.ts'
import { NotFound } from './NotFound.tsx'
import { page } from './page.ts'
import { PATHS } from '../../../shared/paths.ts'

/**
 * The page reads its address by itself: what it reads it with may not be for the first view, and what is wrong in the address
 * is only told while it is there.
 */
function parsedByPage<Search>(search: Record<string, unknown>): Search {
  return search as Search
}

const YearPage = lazy(() => import('../calendar/year/YearPage.tsx'))

const root = createRootRoute({ notFoundComponent: NotFound })

/** Pages for those who are signed in, within the frame. */
const framed = createRoute({
  getParentRoute: () => root,
  id: 'framed',
  component: Frame,
  validateSearch: parsedByPage<FramedSearch>,
  search: { middlewares: [keepZone] },
})

const home = createRoute({
  getParentRoute: () => framed,
  path: PATHS.home,
  beforeLoad: () => {
    redirect({ to: PATHS.calendarHome, throw: true })
  },
})

const calendar = createRoute({
  getParentRoute: () => framed,
  path: PATHS.calendar,
  validateSearch: parsedByPage<CalendarSearch>,
  staticData: { title: 'Calendar', readsAddress: true },
  params: {
    parse: ({ view, date }): { view: CalendarView; date?: string | undefined } => {
      const place = calendarPlace(view, date)
      return { view: place.view, date: place.date }
    },
    stringify: ({ view, date }) => ({ view, date }),
  },
  component: function Calendar() {
    const { view, date } = calendar.useParams()
    // As it was asked for; the location may be that of the next page already.
    const path = calendar.useMatch({ select: ({ pathname }) => pathname })
    const [, , askedView = '', askedDate] = path.split('/')
    const { search, faults, right } = useRawSearch(calendarParams)
    const navigate = useNavigate()
    useCorrection([...calendarPlace(askedView, askedDate).faults, ...faults], (state) => {
      void navigate({ to: PATHS.calendar, params: { view, date }, search: right, replace: true, state })
    })
    const timeZone = useTimeZone()
    const today = localDate(useMinute(), timeZone)
    useEffect(() => keepPlace({ view, date, search }), [view, date, search])
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
  validateSearch: parsedByPage<CalendarSearch>,
  beforeLoad: ({ search }) => {
    const { view, ...left } = lastPlace()
    const { zone, ...asked } = search
    const shown = Object.keys(asked).length > 0 ? { date: undefined, search: asked } : left
    redirect({
      to: PATHS.calendar,
      params: { view, date: shown.date },
      search: { ...shown.search, zone },
      throw: true,
    })
  },
})

const schedules = createRoute({
  getParentRoute: () => framed,
  path: PATHS.schedules,
  validateSearch: parsedByPage<Partial<ScheduleListSearch>>,
  staticData: { title: 'Schedules', readsAddress: true },
  component: page(() => import('../schedules/list/SchedulesPage.tsx'), 'SchedulesPage'),
})

const scheduleNew = createRoute({
  getParentRoute: () => framed,
  path: PATHS.scheduleNew,
  validateSearch: parsedByPage<NewScheduleSearch>,
  staticData: { title: 'New schedule', isForm: true, readsAddress: true },
  component: page(() => import('../schedules/form/ScheduleFormPage.tsx'), 'ScheduleFormPage'),
})

const schedule = createRoute({
  getParentRoute: () => framed,
  path: PATHS.schedule,
  staticData: { title: 'Schedule', list: PATHS.schedules, readsAddress: true },
  component: page(() => import('../schedules/page/SchedulePage.tsx'), 'SchedulePage'),
})

const scheduleEdit = createRoute({
  getParentRoute: () => framed,
  path: PATHS.scheduleEdit,
  staticData: { title: 'Edit schedule', list: PATHS.schedules, isForm: true, readsAddress: true },
  component: page(() => import('../schedules/form/ScheduleFormPage.tsx'), 'ScheduleFormPage'),
})

const runs = createRoute({
  getParentRoute: () => framed,
  path: PATHS.runs,
  validateSearch: parsedByPage<ShortRunSearch>,
  staticData: { title: 'Runs', readsAddress: true },
  component: page(() => import('../runs/RunsPage.tsx'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => framed,
  path: PATHS.run,
  staticData: { title: 'Run', list: PATHS.runs },
  component: page(() => import('../runs/page/RunPage.tsx'), 'RunPage'),
})

const exclusions = createRoute({
  getParentRoute: () => framed,
  path: PATHS.exclusions,
  staticData: { title: 'Exclusions' },
  component: page(() => import('../exclusions/ExclusionsPage.tsx'), 'ExclusionsPage'),
})

const exclusionCalendar = createRoute({
  getParentRoute: () => framed,
  path: PATHS.exclusionCalendar,
  staticData: { title: 'Exclusions' },
  component: page(() => import('../exclusions/ExclusionCalendarPage.tsx'), 'ExclusionCalendarPage'),
})

const workers = createRoute({
  getParentRoute: () => framed,
  path: PATHS.workers,
  staticData: { title: 'Workers' },
  component: page(() => import('../workers/WorkersPage.tsx'), 'WorkersPage'),
})

const workerJobs = createRoute({
  getParentRoute: () => framed,
  path: PATHS.workerJobs,
  validateSearch: parsedByPage<ShortJobSearch>,
  staticData: { title: 'Application jobs', readsAddress: true },
  component: page(() => import('../workers/jobs/JobsPage.tsx'), 'JobsPage'),
})

const ledger = createRoute({
  getParentRoute: () => framed,
  path: PATHS.ledger,
  staticData: { title: 'Ledger' },
  component: page(() => import('../ledger/LedgerPage.tsx'), 'LedgerPage'),
})

const settings = createRoute({
  getParentRoute: () => framed,
  path: PATHS.settings,
  staticData: { title: 'Settings' },
  component: page(() => import('../settings/SettingsPage.tsx'), 'SettingsPage'),
})

/** Within the frame, so that there is a way on. */
const unknown = createRoute({
  getParentRoute: () => framed,
  path: '$',
  staticData: { title: 'Page not found', readsAddress: true },
  component: NotFound,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: PATHS.signIn,
  component: page(() => import('../session/SignInPage.tsx'), 'SignInPage'),
})

const gallery = createRoute({
  getParentRoute: () => root,
  path: PATHS.gallery,
  validateSearch: v.object({
    state: v.fallback(v.string(), 'ordinary'),
    view: v.fallback(v.picklist(calendarViews), 'week'),
  }),
  component: page(() => import('./GalleryPage.tsx'), 'GalleryPage'),
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
    workerJobs,
    exclusions,
    exclusionCalendar,
    ledger,
    settings,
    unknown,
  ]),
  signIn,
  gallery,
])

showPlainAddress(window)

/** Every page of the client and its address. */
export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  scrollRestoration: false,
  defaultErrorComponent: BrokenPage,
})
router.subscribe('onBeforeNavigate', ({ fromLocation, toLocation, pathChanged }) => {
  if (fromLocation !== undefined) keepList(fromLocation.pathname, fromLocation.search)
  changeEntry(fromLocation?.state.__TSR_key ?? '', toLocation.state.__TSR_key ?? '')
  if (fromLocation !== undefined && pathChanged) markPageChange()
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }

  interface StaticDataRouteOption {
    /** What the top bar and the window are called on this page. */
    title?: string
    /** The list that the page is about one thing of. */
    list?: ListPath
    /** The page has a primary button of its own. */
    isForm?: boolean
    /** The page reads what its address says; of others the frame does, which is no more than the zone. */
    readsAddress?: boolean
  }
}
