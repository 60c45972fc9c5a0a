import { ActionIcon, Button } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconPlus, IconSearch } from '@tabler/icons-react'
import { Link, Outlet, useMatches, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { Fragment, Suspense, useEffect, useLayoutEffect, useState, type ReactNode } from 'react'
import { PATHS } from '../../../shared/paths.ts'
import { AddressNote } from '../address/AddressNote.tsx'
import { framedParams } from '../address/framedParams.ts'
import { useAddressFaults, useCorrection, useRawSearch } from '../address/useAddress.ts'
import { ofCalendar, type CalendarSearch } from '../calendar/calendarSearch.ts'
import { isNarrowed, widened } from '../calendar/filter/calendarFilter.ts'
import { NamedFilterChips } from '../calendar/filter/NamedFilterChips.tsx'
import { calendarViews, localDate } from '../calendar/grid/calendarRange.ts'
import { useMinute } from '../time/useMinute.ts'
import { useUndoKeys } from '../undo/useUndoKeys.ts'
import { useConnection } from '../graphql/connection.ts'
import { useLive } from '../graphql/live.ts'
import { useTryNow } from '../graphql/tryNow.ts'
import { useUnread } from '../panel/unread.ts'
import { useOpenerFocus } from '../panel/useFocusBack.ts'
import { useNow } from '../time/now.ts'
import { opening } from '../panel/heldKeys.ts'
import { later, useIdle } from '../panel/later.ts'
import { currentSubject, type Subject } from '../palette/subject.ts'
import { tellKept, whyNotChange } from '../schedules/rights.ts'
import { ToSignIn } from '../session/ToSignIn.tsx'
import { useSession } from '../session/useSession.ts'
import { browserTimeZone, setPageZone, TimeZoneContext } from '../time/zone.ts'
import { calendarTitle, CalendarNav } from './CalendarNav.tsx'
import { Clock, ConnectionDot } from './Clock.tsx'
import { ConnectionNote } from './ConnectionNote.tsx'
import { isStale, isTold } from './connectionText.ts'
import { EngineNotes } from './EngineNotes.tsx'
import type { EngineNote } from './engineNotes.ts'
import { usePageTitle } from '../panel/pageTitle.ts'
import { lastList, type ListPath } from './lastLists.ts'
import { Rail } from './Rail.tsx'
import { ThemeToggle } from './ThemeToggle.tsx'
import { UnreadNote } from './UnreadNote.tsx'
import { useEngineNotes } from './useEngineNotes.ts'
import { ZoneNotes } from './ZoneNotes.tsx'
import { keepTabTimeZone, tabTimeZone } from './zoneChoice.ts'
import './frame.css'
import './bar.css'
import './print.css'

const FilterPanel = later(() => import('../calendar/filter/FilterPanel.tsx'), 'FilterPanel')
const Palette = later(() => import('../palette/Palette.tsx'), 'Palette')
const GoToDate = later(() => import('./GoToDate.tsx'), 'GoToDate')
const ShortcutHelp = later(() => import('./ShortcutHelp.tsx'), 'ShortcutHelp')
const UndoDialog = later(() => import('../undo/UndoDialog.tsx'), 'UndoDialog')
const ZoneSelect = later(() => import('./ZoneSelect.tsx'), 'ZoneSelect')

/** What all pages share: rail, top bar, zone, keys. */
export function Frame() {
  const search = ofCalendar(useSearch({ strict: false }))
  const readsAddress = useMatches({ select: (matches) => matches.at(-1)?.staticData.readsAddress ?? false })
  const params = useParams({ strict: false })
  const view = calendarViews.find((each) => each === params.view)
  const title = useMatches({ select: (matches) => matches.at(-1)?.staticData.title ?? 'Almanac' })
  const isForm = useMatches({ select: (matches) => matches.at(-1)?.staticData.isForm ?? false })
  const navigate = useNavigate()
  const { status, canChange, isAdmin, ownZone, clockHours, weekStart } = useSession()
  const own = ownZone ?? browserTimeZone()
  const [ofTab, setOfTab] = useState(() => tabTimeZone())
  const [hasHelp, setHasHelp] = useState(false)
  const [palette, setPalette] = useState<{ subject: Subject | null } | null>(null)
  const [isGoing, setIsGoing] = useState(false)
  const [isUndoOpen, setIsUndoOpen] = useState(false)
  const [isZoneAsked, setIsZoneAsked] = useState(false)
  const isIdle = useIdle()
  const [isFilterOpen, setIsFilterOpen] = useState(false)
  useUndoKeys(() => opening(() => setIsUndoOpen(true)))
  useOpenerFocus(hasHelp || isGoing || isUndoOpen || palette !== null)
  const timeZone = search.zone ?? ofTab ?? own
  const framed = useRawSearch(framedParams)
  useCorrection(readsAddress ? [] : framed.faults, (state) => {
    void navigate({ to: '.', search: framed.right, replace: true, state })
  })
  const addressFaults = useAddressFaults()
  const now = useMinute()
  const notes = useEngineNotes(status === 'signed-in')

  useLayoutEffect(() => setPageZone(timeZone), [timeZone])
  useLive(status === 'signed-in')
  const ownTitle = usePageTitle()
  const date = params.date ?? localDate(now, timeZone)
  const windowTitle =
    view === undefined ? (ownTitle ?? title) : calendarTitle(view, date, timeZone, weekStart)
  useEffect(() => {
    document.title = `${windowTitle} · Almanac`
  }, [windowTitle])
  const tellViewer = () => {
    const why = whyNotChange(null, { canChange, isAdmin })
    if (why !== null) tellKept('create', 'a schedule', why)
  }
  useHotkeys([
    [
      'c',
      () => {
        if (canChange && !isForm) opening(() => void navigate({ to: '/schedules/new' }))
        else tellViewer()
      },
    ],
    ['shift+c', tellViewer],
    ['shift+?', () => opening(() => setHasHelp(true))],
    ['?', () => opening(() => setHasHelp(true))],
    ['g', () => opening(() => setIsGoing(true))],
  ])
  // What is selected is asked for while it has the focus.
  const openPalette = () => {
    // A dialog that asks something is answered first.
    if (document.querySelector('[aria-modal="true"]') !== null) return
    opening(() => setPalette({ subject: currentSubject() }))
  }
  useHotkeys([['mod+K', openPalette]], [])

  if (status === 'signed-out') return <ToSignIn />

  const narrow = (next: CalendarSearch) =>
    void navigate({ to: '.', search: { ...next, item: undefined }, replace: true })
  const chooseZone = (zone: string) => {
    const chosen = zone === own ? null : zone
    keepTabTimeZone(chosen)
    setOfTab(chosen)
    if (search.zone !== undefined)
      void navigate({ to: '.', search: (old) => ({ ...old, zone: chosen ?? undefined }), replace: true })
  }

  const zoneButton = (
    <button type="button" className="zone-select" onClick={() => setIsZoneAsked(true)}>
      {timeZone}
    </button>
  )

  return (
    <TimeZoneContext value={timeZone}>
      <div className="app" data-clock={clockHours}>
        <button
          type="button"
          className="skip-link"
          onClick={() => document.querySelector<HTMLElement>('main')?.focus()}
        >
          Skip to content
        </button>
        <Rail view={view} />
        <header className="bar">
          {view === undefined ? (
            <>
              <BarTitle title={title} />
              <span className="bar-space" />
            </>
          ) : (
            <CalendarNav
              view={view}
              date={date}
              timeZone={timeZone}
              weekStart={weekStart}
              isFiltered={isNarrowed(search)}
              isFilterOpen={isFilterOpen}
              onFilter={setIsFilterOpen}
              go={(nextView, date) =>
                void navigate({
                  to: '/calendar/$view/{-$date}',
                  params: { view: nextView, date },
                  search: ofCalendar,
                })
              }
            />
          )}
          <ActionIcon
            className="bar-search"
            variant="subtle"
            color="gray"
            size={30}
            aria-label="Search and commands"
            aria-haspopup="dialog"
            title="Search and commands (Ctrl or ⌘ K)"
            onClick={openPalette}
          >
            <IconSearch size={17} aria-hidden />
          </ActionIcon>
          <span className="bar-time">
            <ConnectionDot />
            <Clock />
            <span className="zone-printed">{timeZone}</span>
            {isIdle || isZoneAsked ? (
              <Suspense fallback={zoneButton}>
                <ZoneSelect
                  value={timeZone}
                  own={own}
                  now={now}
                  isAsked={isZoneAsked}
                  onChange={chooseZone}
                />
              </Suspense>
            ) : (
              zoneButton
            )}
          </span>
          <span className="bar-theme">
            <ThemeToggle />
          </span>
          {canChange && !isForm && (
            <>
              <Button
                className="only-wide bar-new-wide"
                size="xs"
                leftSection={<IconPlus size={15} aria-hidden />}
                title="New schedule (C)"
                renderRoot={(props) => <Link {...props} to="/schedules/new" />}
              >
                New schedule
              </Button>
              <Link className="only-narrow bar-new" to="/schedules/new" aria-label="New schedule">
                <IconPlus size={20} aria-hidden />
              </Link>
            </>
          )}
        </header>
        <div className="app-notes">
          {addressFaults.length > 0 && (
            <AddressNote
              faults={addressFaults}
              onClose={() => void navigate({ to: '.', search: true, replace: true, state: {} })}
            />
          )}
          <FrameNotes notes={notes} zone={timeZone} />
          {status === 'signed-in' && (
            <ZoneNotes zone={timeZone} now={now} at={view === undefined ? now : Date.parse(date)} />
          )}
          {view !== undefined && (
            <NamedFilterChips
              search={search}
              onDrop={(key) => narrow({ ...search, [key]: undefined })}
              onClear={() => narrow(widened(search))}
            />
          )}
        </div>
        {view !== undefined && isFilterOpen && (
          <Suspense>
            <FilterPanel view={view} search={search} onClose={() => setIsFilterOpen(false)}>
              <div className="filter-more">
                <ZoneSelect value={timeZone} own={own} now={now} onChange={chooseZone} />
                <ThemeToggle />
              </div>
            </FilterPanel>
          </Suspense>
        )}
        <Main isForm={isForm}>
          {/* Times are shown by the clock of when they were drawn. What is being typed stays. */}
          <Fragment key={isForm ? 'form' : clockHours}>
            <Outlet />
          </Fragment>
        </Main>
        <Suspense>
          {(isIdle || hasHelp) && <ShortcutHelp isOpen={hasHelp} onClose={() => setHasHelp(false)} />}
          {(isIdle || isUndoOpen) && <UndoDialog isOpen={isUndoOpen} onClose={() => setIsUndoOpen(false)} />}
          {palette !== null && (
            <Palette
              subject={palette.subject}
              view={view}
              {...{ canChange, isAdmin }}
              onFilter={() => setIsFilterOpen(true)}
              onHelp={() => setHasHelp(true)}
              onClose={() => setPalette(null)}
            />
          )}
          {(isIdle || isGoing) && (
            <GoToDate
              isOpen={isGoing}
              onClose={() => setIsGoing(false)}
              today={localDate(now, timeZone)}
              timeZone={timeZone}
              onGo={(date) =>
                void navigate({
                  to: '/calendar/$view/{-$date}',
                  params: { view: view ?? 'week', date },
                  search: ofCalendar,
                })
              }
            />
          )}
        </Suspense>
      </div>
    </TimeZoneContext>
  )
}

const listNames: Record<ListPath, string> = { [PATHS.schedules]: 'Schedules', [PATHS.runs]: 'Runs' }

/** What the page is called, after the list that it is about one thing of: as that was left. */
function BarTitle({ title }: { title: string }) {
  const list = useMatches({ select: (matches) => matches.at(-1)?.staticData.list })
  const name = usePageTitle() ?? title
  if (list === undefined) return <span className="bar-title">{title}</span>
  return (
    <nav className="bar-path" aria-label="Breadcrumb">
      <Link to={list} search={lastList(list)}>
        {listNames[list]}
      </Link>
      <span aria-hidden>/</span>
      <span className="bar-title" aria-current="page" title={name} dir="auto">
        {name}
      </span>
    </nav>
  )
}

/** Above every page: whether it is current, and what keeps schedules from running. */
function FrameNotes({ notes, zone }: { notes: readonly EngineNote[]; zone: string }) {
  const connection = useConnection()
  const now = useNow()
  const tryNow = useTryNow()
  const unread = useUnread()
  const hasConnectionNote = isTold(connection, now)
  const isUnreadTold = unread.length > 0 && !hasConnectionNote
  if (notes.length === 0 && !hasConnectionNote && !isUnreadTold) return null
  return (
    <div className="engine-notes">
      {hasConnectionNote && <ConnectionNote connection={connection} now={now} zone={zone} onTry={tryNow} />}
      {isUnreadTold && <UnreadNote unread={unread} onTry={tryNow} />}
      <EngineNotes notes={notes} zone={zone} />
    </div>
  )
}

/** The page itself, without colour when it may be old; what is being typed is not. */
function Main({ isForm, children }: { isForm: boolean; children: ReactNode }) {
  const { asOf } = useConnection()
  const now = useNow()
  return (
    <main className="app-main" tabIndex={-1} data-stale={(!isForm && isStale(asOf, now)) || undefined}>
      {children}
    </main>
  )
}
