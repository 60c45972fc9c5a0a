import { Button } from '@mantine/core'
import { useHotkeys } from '@mantine/hooks'
import { IconPlus } from '@tabler/icons-react'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useSession } from '../session/useSession.ts'
import { useTimeZone } from '../time/zone.ts'
import { CalendarContentView } from './CalendarContentView.tsx'
import type { CalendarItem } from './items/calendarItem.ts'
import { calendarRange, type CalendarView } from './grid/calendarRange.ts'
import { isShown, type CalendarSearch } from './calendarSearch.ts'
import { markPostponed } from './items/excludedTimes.ts'
import { ItemActions } from './details/ItemActions.tsx'
import { ItemPanel } from './details/ItemPanel.tsx'
import { ItemPopover } from './details/ItemPopover.tsx'
import { NextUpStrip } from './nextUp/NextUpStrip.tsx'
import { useExcludedTimes } from './items/useExcludedTimes.ts'
import { useFilteredCalendar } from './useFilteredCalendar.ts'
import { useItemDetail } from './details/useItemDetail.ts'
import { useOpenItems } from './details/useOpenItems.ts'
import { useMinute } from '../time/useMinute.ts'
import { useNextUp } from './nextUp/useNextUp.ts'

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
  const { canChange } = useSession()
  const range = useMemo(() => calendarRange(view, date, timeZone), [view, date, timeZone])
  const withSystem = search.system === true || search.schedule !== undefined
  const { items, asOf, problem, refetch } = useFilteredCalendar(
    { start: range.start, end: range.end, timezone: timeZone, bucket: view === 'month' ? 24 : 1, withSystem },
    search,
  )
  const { nextUp, ...strip } = useNextUp(now, search.system === true)
  const exclusions = useExcludedTimes({
    start: range.start,
    end: range.end,
    timezone: timeZone,
    isShown: (schedule) => isShown(schedule, search),
  })
  const marked = useMemo(
    () => (items === null ? null : markPostponed(items, exclusions.using)),
    [items, exclusions.using],
  )
  const shown = useMemo(() => marked?.filter((item) => isShown(item, search)) ?? null, [marked, search])

  const { listed, openKeys, opened, anchor, show, select, close, leave } = useOpenItems(marked, search.item)
  const detail = useItemDetail(opened)
  useHotkeys([['Escape', close]])

  const actions = (item: CalendarItem) => (
    <ItemActions
      item={item}
      canChange={canChange}
      isSystem={detail?.isSystem ?? false}
      timeZone={timeZone}
      ownZone={detail?.timeZone ?? null}
      onChanged={refetch}
    />
  )

  const secondZone = timeZone === 'UTC' ? null : 'UTC'
  return (
    <>
      <CalendarContentView
        range={range}
        items={shown}
        excluded={exclusions.times}
        problem={problem ?? exclusions.problem}
        asOf={asOf}
        now={now}
        timeZone={timeZone}
        secondZone={secondZone}
        openKeys={openKeys}
        isFiltered={search.q !== undefined || search.schedule !== undefined}
        isUnused={nextUp?.hasSchedules === false && strip.asOf === null}
        hasPanel={listed.length > 0}
        aside={
          listed.length > 0 ? (
            <ItemPanel
              items={listed}
              timeZone={timeZone}
              actions={actions}
              onSelect={select}
              onClose={close}
            />
          ) : (
            <NextUpStrip
              nextUp={nextUp}
              asOf={strip.asOf}
              problem={strip.problem}
              retryAction={
                <Button size="xs" variant="default" onClick={strip.retry}>
                  Try again
                </Button>
              }
              timeZone={timeZone}
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
        onOpen={show}
        onShow={(nextView, day) =>
          void navigate({
            to: '/calendar/$view/{-$date}',
            params: { view: nextView, date: day },
            search: (old) => ({ ...old, item: undefined }),
          })
        }
      />
      {opened !== null && (
        <ItemPopover
          item={opened}
          timeZone={timeZone}
          detail={detail}
          actions={actions(opened)}
          anchor={anchor}
          onClose={close}
          onLeave={leave}
        />
      )}
    </>
  )
}
