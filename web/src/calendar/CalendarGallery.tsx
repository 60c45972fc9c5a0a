import { useMemo, useState } from 'react'
import { CalendarContentView } from './CalendarContentView.tsx'
import { calendarDensity } from './items/calendarFactory.ts'
import {
  crowdedWeek,
  ordinaryExclusions,
  ordinaryNextUp,
  ordinaryWeek,
  weekWithExclusions,
} from './calendarWeekFactory.ts'
import { itemKey, type CalendarItem } from './items/calendarItem.ts'
import { calendarRange, calendarViews, type CalendarRange, type CalendarView } from './grid/calendarRange.ts'
import type { ExcludedTime } from './items/excludedTimes.ts'
import type { ItemDetail } from './details/ItemFacts.tsx'
import { ItemPanel } from './details/ItemPanel.tsx'
import { ItemPopover } from './details/ItemPopover.tsx'
import { NextUpStrip } from './nextUp/NextUpStrip.tsx'
import type { Problem } from '../graphql/error.ts'

interface GalleryCase {
  title: string
  date: string
  /** Now, as local time in Europe/Paris with its offset. */
  now: string
  items: (range: CalendarRange, now: number) => readonly CalendarItem[] | null
  excluded?: (range: CalendarRange) => readonly ExcludedTime[]
  problem?: Problem
}

const wednesday = { date: '2026-11-25', now: '2026-11-25T14:37:08+01:00' }

/** Each state that the calendar can be in. */
export const galleryCases = {
  ordinary: {
    title: 'An ordinary week',
    ...wednesday,
    items: (range, now) => ordinaryWeek(range.days, now),
  },
  empty: { title: 'Empty', ...wednesday, items: () => [] },
  loading: { title: 'Loading', ...wednesday, items: () => null },
  error: {
    title: 'Error',
    ...wednesday,
    items: () => null,
    problem: {
      message: 'Cannot reach the server.',
      code: 'network',
      detail: null,
      hint: 'Try again in a moment.',
      field: null,
    },
  },
  thousand: {
    title: '1,000 occurrences',
    ...wednesday,
    items: (range, now) => crowdedWeek(range.days, now, 1000),
  },
  'five-thousand': {
    title: '5,000 occurrences, and counts',
    ...wednesday,
    items: (range, now) => [
      ...crowdedWeek(range.days, now, 5000),
      ...range.days.flatMap((day, index) =>
        [2, 9, 10, 17].map((hours) =>
          calendarDensity(day.start + hours * 3_600_000, (index + 1) * hours * 7, index === 1 ? 4 : 0),
        ),
      ),
    ],
  },
  exclusions: {
    title: 'Exclusions, and occurrences that are moved or left out',
    ...wednesday,
    items: (range, now) => weekWithExclusions(range.days, now),
    excluded: (range) => ordinaryExclusions(range.days),
  },
  'clock-back': {
    title: 'A day of 25 hours',
    date: '2026-10-25',
    now: '2026-10-25T02:30:00+01:00',
    items: (range, now) => ordinaryWeek(range.days, now),
  },
  'clock-forward': {
    title: 'A day of 23 hours',
    date: '2026-03-29',
    now: '2026-03-27T10:20:00+01:00',
    items: (range, now) => ordinaryWeek(range.days, now),
  },
} satisfies Record<string, GalleryCase>

export type GalleryCaseName = keyof typeof galleryCases

interface CalendarGalleryProps {
  name: GalleryCaseName
  view: CalendarView
  onChoose: (name: GalleryCaseName, view: CalendarView) => void
}

const zone = 'Europe/Paris'

const ordinaryDetail: ItemDetail = {
  timeZone: 'America/New_York',
  rule: 'At 03:20 every day',
  ruleText: '20 3 * * *',
  isSystem: false,
  mayChange: true,
  error: null,
  note: null,
  progress: null,
  lastOutcomes: ([362, 348, 391, 552, 144] as const).map((seconds, index) => ({
    runId: String(index),
    state: index === 4 ? 'failed' : 'succeeded',
    at: Date.parse(`2026-11-${21 + index}T03:20-05:00`),
    took: seconds * 1000,
  })),
}

/** A year is counts only, and lanes need schedules. */
const galleryViews = calendarViews.filter((view) => view !== 'year' && view !== 'lanes')

/** The calendar in one chosen state, from the same factories as the tests. */
export function CalendarGallery({ name, view, onChoose }: CalendarGalleryProps) {
  const chosen: GalleryCase = galleryCases[name]
  const now = Date.parse(chosen.now)
  const range = useMemo(() => calendarRange(view, chosen.date, zone), [view, chosen])
  /** A day shows its part of the week. */
  const whole = useMemo(
    () => (view === 'day' || view === 'agenda' ? calendarRange('week', chosen.date, zone) : range),
    [view, chosen, range],
  )
  const items = useMemo(() => {
    const all = chosen.items(whole, now)
    return all?.filter(({ startsAt }) => startsAt >= range.start && startsAt < range.end) ?? null
  }, [chosen, whole, range, now])
  const excluded = useMemo(() => chosen.excluded?.(whole) ?? [], [chosen, whole])
  const [openKeys, setOpenKeys] = useState<ReadonlySet<string>>(new Set())
  const open = (items ?? []).filter((item) => openKeys.has(itemKey(item)))
  const [opened] = open
  return (
    <div className="gallery">
      <nav aria-label="States">
        {(Object.keys(galleryCases) as GalleryCaseName[]).map((each) => (
          <button key={each} type="button" aria-pressed={each === name} onClick={() => onChoose(each, view)}>
            {galleryCases[each].title}
          </button>
        ))}
        {galleryViews.map((each) => (
          <button key={each} type="button" aria-pressed={each === view} onClick={() => onChoose(name, each)}>
            {each}
          </button>
        ))}
      </nav>
      <CalendarContentView
        range={range}
        items={items}
        excluded={excluded}
        problem={chosen.problem ?? null}
        asOf={null}
        now={now}
        timeZone={zone}
        secondZone="UTC"
        openKeys={openKeys}
        isFiltered={false}
        isUnused={name === 'empty'}
        hasPanel={open.length > 1}
        aside={
          open.length > 1 ? (
            <ItemPanel
              items={open}
              timeZone={zone}
              actions={() => null}
              onSelect={(item) => setOpenKeys(new Set([itemKey(item)]))}
              onClose={() => setOpenKeys(new Set())}
            />
          ) : (
            <NextUpStrip
              nextUp={items === null || items.length === 0 ? null : ordinaryNextUp(now)}
              asOf={null}
              problem={chosen.problem ?? null}
              retryAction={null}
              timeZone={zone}
              scheduleLink={(_, text) => text}
              runLink={(_, text) => text}
            />
          )
        }
        emptyAction={null}
        retryAction={null}
        onOpen={(chosenItems) => setOpenKeys(new Set(chosenItems.map(itemKey)))}
        onShow={() => undefined}
      />
      {opened !== undefined && open.length === 1 && (
        <ItemPopover
          item={opened}
          timeZone={zone}
          detail={ordinaryDetail}
          why="Its rule names that time."
          actions={null}
          anchor={() => document.querySelector(`[data-item="${CSS.escape(itemKey(opened))}"]`)}
          onClose={() => setOpenKeys(new Set())}
          onLeave={() => setOpenKeys(new Set())}
        />
      )}
    </div>
  )
}
