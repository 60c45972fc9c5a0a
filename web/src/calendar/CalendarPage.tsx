import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { Suspense, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { WarningsContext } from '../schedules/warnings/scheduleWarnings.ts'
import { useScheduleWarnings } from '../schedules/warnings/useScheduleWarnings.ts'
import { useSession } from '../session/useSession.ts'
import { useTimeZone } from '../time/zone.ts'
import { CalendarContentView } from './CalendarContentView.tsx'
import { CalendarSkeleton } from './CalendarFrame.tsx'
import { calendarRange, localDate, type CalendarView } from './grid/calendarRange.ts'
import { later } from '../panel/later.ts'
import { useOccurrenceChanges } from './changes/useOccurrenceChanges.ts'
import { SlotLayer } from './create/SlotLayer.tsx'
import { createSelection } from './select/selection.ts'
import { SelectLayer } from './select/SelectLayer.tsx'
import { DragLayer } from './drag/DragLayer.tsx'
import { useKeptFocus } from './grid/useKeptFocus.ts'
import { useRestedZoom } from './grid/useZoom.ts'
import { finerBuckets } from './grid/zoom.ts'
import { laneBucket, lanesRange } from './lanes/lanesRange.ts'
import { ofCalendar, type CalendarSearch } from './calendarSearch.ts'
import { isNarrowed, narrowed } from './filter/calendarFilter.ts'
import { itemKey, keyNow, type CalendarItem } from './items/calendarItem.ts'
import { markPostponed } from './items/excludedTimes.ts'
import { useOpenItems } from './details/useOpenItems.ts'
import { NextUpStrip } from './nextUp/NextUpStrip.tsx'
import type { OpenItems } from './items/ItemChip.tsx'
import { pilesRange, type TimeRange } from './items/unpile.ts'
import { useExcludedTimes } from './items/useExcludedTimes.ts'
import { useUsualDurations } from './items/useUsualDurations.ts'
import { useItemKeys } from './useItemKeys.ts'
import { useFilteredCalendar } from './useFilteredCalendar.ts'
import { useMinute } from '../time/useMinute.ts'
import { useTellZone } from '../panel/shownZones.ts'
import { useNext24 } from './nextUp/useNext24.ts'
import { useStripFold } from './nextUp/useStripFold.ts'
import { useNextUp } from './nextUp/useNextUp.ts'

const Lanes = later(() => import('./lanes/Lanes.tsx'), 'Lanes')
const ListedItems = later(() => import('./details/ListedItems.tsx'), 'ListedItems')
const OpenedItem = later(() => import('./details/OpenedItem.tsx'), 'OpenedItem')

/** The same each time, so that nothing seems to have come. */
const nothing: readonly never[] = []

interface CalendarPageProps {
  view: CalendarView
  date: string
  search: CalendarSearch
}

/** The calendar over the database's own. */
export function CalendarPage({ view, date, search }: CalendarPageProps) {
  const timeZone = useTimeZone()
  const now = useMinute()
  const navigate = useNavigate()
  const { canChange, weekStart, secondZone } = useSession()
  useTellZone(view === 'day' || view === 'week' ? secondZone : null)
  const span = search.span ?? '24h'
  const hour = Math.floor(now / 3_600_000) * 3_600_000
  const range = useMemo(
    () =>
      view === 'lanes'
        ? lanesRange(date, span, hour, timeZone)
        : calendarRange(view, date, timeZone, weekStart),
    [view, date, span, hour, timeZone, weekStart],
  )
  const bucket = view === 'month' ? 24 * 60 : view === 'lanes' ? laneBucket[span] : 60
  const zoom = useRestedZoom(view === 'lanes' ? 'across' : 'down')
  const isZoomed = view === 'lanes' || view === 'day' || view === 'week'
  const finer = isZoomed ? finerBuckets(bucket, zoom, (range.end - range.start) / 60_000) : nothing
  const withSystem = search.system === true || search.schedule !== undefined
  const [pile, setPile] = useState<TimeRange | null>(null)
  const itemsNow = useRef<readonly CalendarItem[]>(nothing)
  const keptKey = useKeptFocus(view !== 'lanes', (key) => keyNow(itemsNow.current, key))
  const {
    items: answered,
    unpiled,
    asOf,
    problem,
    refetch,
  } = useFilteredCalendar(
    {
      start: range.start,
      end: range.end,
      timezone: timeZone,
      bucket,
      finer,
      withSystem,
      piles: view !== 'lanes',
    },
    search,
    pile,
    search.item ?? keptKey ?? undefined,
  )
  const { items, changes, bulk } = useOccurrenceChanges({ items: answered, window: range, timeZone, refetch })
  const { nextUp, ...strip } = useNextUp(now, withSystem, search)
  const fold = useStripFold(view)
  const usual = useUsualDurations()
  const warnings = useScheduleWarnings()
  const next24 = useNext24(now, withSystem, search)
  const exclusions = useExcludedTimes({
    start: range.start,
    end: range.end,
    timezone: timeZone,
    filter: search,
  })
  const marked = useMemo(
    () => (items === null ? null : markPostponed(items, exclusions.using)),
    [items, exclusions.using],
  )
  useLayoutEffect(() => {
    itemsNow.current = marked ?? nothing
  }, [marked])
  const { q, status } = search
  const shown = useMemo(() => marked && narrowed(marked, { q, status }), [marked, q, status])

  const { listed, openKeys, opened, anchor, show, select, close, leave } = useOpenItems(
    marked,
    answered,
    search.item,
    unpiled,
  )
  const open: OpenItems = (chosen, element) => {
    setPile((before) => pilesRange(chosen) ?? before)
    show(chosen, element)
  }
  const [selection] = useState(createSelection)
  const editSchedule = (scheduleId: string) =>
    void navigate({ to: '/schedules/$scheduleId/edit', params: { scheduleId } })
  const kept = useItemKeys({ items: marked, opened, changes, selection, close, edit: editSchedule })

  const showDate = (nextView: CalendarView, day: string) =>
    void navigate({
      to: '/calendar/$view/{-$date}',
      params: { view: nextView, date: day },
      search: (old) => ({ ...ofCalendar(old), item: undefined }),
    })

  return (
    <WarningsContext value={warnings}>
      <DragLayer
        days={range.days}
        start={range.start}
        end={range.end}
        items={shown ?? nothing}
        showDate={(day) => showDate(view, day)}
        onSplit={editSchedule}
        {...{ view, timeZone, now, changes, ...kept }}
      >
        <SelectLayer
          items={shown ?? marked ?? nothing}
          window={range}
          {...{ selection, timeZone, now, canChange, bulk }}
        >
          <SlotLayer
            {...{ view, timeZone, now }}
            days={range.days}
            start={range.start}
            end={range.end}
            canCreate={canChange && opened === null && listed.length === 0}
            showDate={(at) => showDate(view, localDate(at, timeZone))}
          >
            <CalendarContentView
              range={range}
              items={shown}
              excluded={exclusions.times}
              problem={problem ?? exclusions.problem}
              asOf={asOf}
              now={now}
              timeZone={timeZone}
              secondZone={secondZone === timeZone ? null : secondZone}
              usual={usual}
              lanes={(shared) => (
                <Suspense fallback={<CalendarSkeleton view="lanes" />}>
                  <Lanes {...shared} search={search} />
                </Suspense>
              )}
              openKeys={openKeys}
              openedKey={opened === null ? undefined : itemKey(opened)}
              keptKey={keptKey === null ? null : keyNow(marked ?? nothing, keptKey)}
              isFiltered={isNarrowed(search)}
              isUnused={nextUp?.hasSchedules === false && strip.asOf === null}
              hasPanel={listed.length > 0}
              aside={
                listed.length > 0 ? (
                  <Suspense>
                    <ListedItems
                      items={listed}
                      timeZone={timeZone}
                      onSelect={select}
                      onClose={close}
                      changes={changes}
                    />
                  </Suspense>
                ) : (
                  <NextUpStrip
                    nextUp={nextUp}
                    next24={next24}
                    asOf={strip.asOf}
                    problem={strip.problem}
                    retryAction={
                      <Button size="xs" variant="default" onClick={strip.retry}>
                        Try again
                      </Button>
                    }
                    timeZone={timeZone}
                    isFolded={fold.isFolded}
                    onFold={fold.toggle}
                    isFiltered={isNarrowed(search)}
                    only={search.status}
                    scheduleLink={(scheduleId, name) => (
                      <Link to="/schedules/$scheduleId" params={{ scheduleId }}>
                        {name}
                      </Link>
                    )}
                    runLink={(runId, name) => (
                      <Link to="/runs/$runId" params={{ runId }}>
                        {name}
                      </Link>
                    )}
                  />
                )
              }
              emptyAction={
                canChange && (
                  <Button
                    size="xs"
                    leftSection={<IconPlus size={15} />}
                    renderRoot={(props) => <Link {...props} to="/schedules/new" />}
                  >
                    New schedule
                  </Button>
                )
              }
              retryAction={
                <Button size="xs" variant="default" onClick={refetch}>
                  Try again
                </Button>
              }
              onOpen={open}
              onShow={showDate}
            />
          </SlotLayer>
        </SelectLayer>
      </DragLayer>
      {opened !== null && (
        <Suspense>
          <OpenedItem
            item={opened}
            timeZone={timeZone}
            anchor={anchor}
            onClose={close}
            onLeave={leave}
            changes={changes}
          />
        </Suspense>
      )}
    </WarningsContext>
  )
}
