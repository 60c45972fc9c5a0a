import { useMediaQuery } from '@mantine/hooks'
import { useCallback, useEffect, useMemo, type ReactNode } from 'react'
import { FIRST_STEPS } from '../../../shared/firstSteps.ts'
import type { AsOf } from '../graphql/answer.ts'
import type { Problem } from '../graphql/error.ts'
import { EmptyState } from '../panel/EmptyState.tsx'
import { firstViewShown } from '../panel/later.ts'
import { useOwnProblem } from '../panel/ownProblem.ts'
import { ProblemNote } from '../panel/ProblemNote.tsx'
import { AgendaDay } from './agenda/AgendaDay.tsx'
import { CalendarFrame, CalendarSkeleton, CutNotice, DensityNotice, ProblemNotice } from './CalendarFrame.tsx'
import { DayView } from './day/DayView.tsx'
import { sumCounts, type CalendarItem } from './items/calendarItem.ts'
import type { CalendarRange, CalendarView } from './grid/calendarRange.ts'
import type { ExcludedTime } from './items/excludedTimes.ts'
import type { UsualDurations } from './items/usualDurations.ts'
import type { OpenItems } from './items/ItemChip.tsx'
import { MonthView } from './month/MonthView.tsx'
import { ribbonLanes } from './items/ribbons.ts'
import { densityCounts } from './week/weekModel.ts'
import { WeekView } from './week/WeekView.tsx'

/** What of a calendar the lanes are drawn from. */
interface LanesShared {
  range: CalendarRange
  items: readonly CalendarItem[]
  excluded: readonly ExcludedTime[]
  now: number
  timeZone: string
  openKeys: ReadonlySet<string>
  onOpen: OpenItems
}

interface CalendarContentViewProps {
  range: CalendarRange
  /** Null while they are on their way. */
  items: readonly CalendarItem[] | null
  excluded: readonly ExcludedTime[]
  problem: Problem | null
  /** Until when the items were what the database says. */
  asOf: AsOf
  now: number
  timeZone: string
  secondZone: string | null
  /** How long runs usually take. */
  usual?: UsualDurations
  /** Draws a row per schedule, where the view is that. */
  lanes?: (shared: LanesShared) => ReactNode
  openKeys: ReadonlySet<string>
  /** The one item whose details are shown. */
  openedKey?: string | undefined
  /** The item that has the focus: it has a place of its own as well. */
  keptKey?: string | null
  /** What is shown next to the grid: the strip, or the panel of what is open. */
  aside: ReactNode
  hasPanel: boolean
  /** The step after "nothing here yet". */
  emptyAction: ReactNode
  isFiltered: boolean
  /** No one has made a schedule yet. */
  isUnused: boolean
  retryAction: ReactNode
  onOpen: OpenItems
  onShow: (view: CalendarView, date: string) => void
}

function Message({ children }: { children: ReactNode }) {
  return <div className="calendar-message">{children}</div>
}

const notes: Partial<Record<CalendarView, string>> = {
  month: 'Frequent schedules take one line: name, count, failures',
  lanes: 'Bars show durations, whiskers p95',
}

/** Ribbons of a day of the week: where there is little room, names need it. */
const mostLanes = 4
const fewLanes = 2

/** Whether a view leaves room for what is next. */
function hasStrip(view: CalendarView): boolean {
  return view !== 'month' && view !== 'lanes'
}

/** A calendar in whatever state it is: on its way, broken, empty, or full. */
export function CalendarContentView(props: CalendarContentViewProps) {
  const {
    range,
    items,
    excluded,
    asOf,
    now,
    timeZone,
    secondZone,
    openKeys,
    openedKey,
    keptKey = null,
    onOpen,
    onShow,
  } = props
  const problem = useOwnProblem(props.problem, items !== null)
  const isNarrow = useMediaQuery('(max-width: 767px)', false, { getInitialValueInEffect: false })
  const hasRoom = useMediaQuery('(min-width: 1600px)', true, { getInitialValueInEffect: false })
  const maxLanes = hasRoom ? mostLanes : fewLanes
  const rest = items === null ? null : densityCounts(items)
  const cut = sumCounts((items ?? []).filter(({ kind }) => kind === 'pile')).failed
  const lanes = useMemo(
    () =>
      ribbonLanes(
        (items ?? []).filter((item) => item.kind === 'bucket'),
        maxLanes,
      ),
    [items, maxLanes],
  )

  const isShown = items !== null || problem !== null
  useEffect(() => {
    if (isShown) firstViewShown()
  }, [isShown])

  const showDay = useCallback((date: string) => onShow('day', date), [onShow])

  const listDay = useCallback((date: string) => onShow('agenda', date), [onShow])

  const grid = () => {
    if (items === null) {
      return problem === null ? (
        <CalendarSkeleton view={range.view} />
      ) : (
        <Message>
          <ProblemNote problem={problem} action={props.retryAction} />
        </Message>
      )
    }
    if (items.length === 0 && props.isUnused) {
      return (
        <Message>
          <EmptyState title="No schedules yet" sql={FIRST_STEPS.schedule} action={props.emptyAction}>
            A schedule runs a task at the times its rule names. Create one here or in SQL:
          </EmptyState>
        </Message>
      )
    }
    const shared = { days: range.days, items, excluded, now, timeZone, openKeys, onOpen }
    if (range.view === 'agenda' || (isNarrow && range.view === 'week'))
      return (
        <AgendaDay
          {...shared}
          {...{ openedKey, keptKey }}
          date={range.date}
          onShowDay={(date) => onShow(range.view, date)}
        />
      )
    if (range.view === 'lanes') return props.lanes?.({ range, ...shared })
    if (range.view === 'month')
      return (
        <MonthView
          {...shared}
          {...{ openedKey, keptKey }}
          month={range.date.slice(0, 7)}
          onShowDay={showDay}
          onListDay={listDay}
        />
      )
    if (range.view === 'day')
      return <DayView {...shared} {...{ secondZone, openedKey, keptKey }} usual={props.usual} />
    return (
      <WeekView
        {...shared}
        {...{ secondZone, openedKey, keptKey, maxLanes }}
        usual={props.usual}
        onShowDay={showDay}
      />
    )
  }

  return (
    <CalendarFrame
      notice={
        <>
          {rest !== null && <DensityNotice count={rest.total} failed={rest.failed} />}
          {cut > 0 && <CutNotice failed={cut} />}
          {items !== null && problem !== null && (
            <ProblemNotice problem={problem} asOf={asOf} zone={timeZone} action={props.retryAction} />
          )}
          {items?.length === 0 && props.isFiltered && (
            <p className="calendar-notice">No schedules match this filter.</p>
          )}
        </>
      }
      grid={grid()}
      aside={hasStrip(range.view) || props.hasPanel ? props.aside : null}
      lanes={range.view === 'week' && !isNarrow ? lanes : []}
      note={notes[range.view] ?? null}
      hasExcluded={excluded.length > 0}
      hasPanel={props.hasPanel}
    />
  )
}
