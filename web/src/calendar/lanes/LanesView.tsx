import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useEffectEvent, useMemo, useRef, useState, type ReactNode } from 'react'
import { useMergedRef } from '@mantine/hooks'
import { useKeptScroll } from '../../panel/keptScroll.ts'
import { usePrinting } from '../../panel/usePrinting.ts'
import { RunGlyph } from '../../runs/RunGlyph.tsx'
import { isActive, runStateLabel, type RunState } from '../../runs/runState.ts'
import { useWarningsOf } from '../../schedules/warnings/scheduleWarnings.ts'
import { WarningBadge } from '../../schedules/warnings/WarningBadge.tsx'
import { formatMinutesToGo } from '../../time/duration.ts'
import { formatClock, formatFull, formatOffset } from '../../time/instant.ts'
import { countText } from '../grid/timeFormat.ts'
import { useNowAsked } from '../grid/nowAsked.ts'
import { useRovingFocus } from '../grid/useRovingFocus.ts'
import { useSize } from '../grid/useSize.ts'
import { useZoom } from '../grid/useZoom.ts'
import type { ZonedDay } from '../grid/zonedDay.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import type { ExcludedTime } from '../items/excludedTimes.ts'
import type { OpenItems } from '../items/ItemChip.tsx'
import type { UsualDurations } from '../items/usualDurations.ts'
import { GroupDensity } from './GroupDensity.tsx'
import { GroupTrack, LaneTrack, placeOn, type LaneScale } from './LaneTrack.tsx'
import {
  itemStates,
  laneGroups,
  laneRows,
  type Lane,
  type LaneGroup,
  type LaneSchedule,
} from './lanesModel.ts'
import { laneTicks } from './laneTicks.ts'
import { loadOf } from './load.ts'
import { LoadStrip, LoadText } from './LoadStrip.tsx'
import './lanes.css'
import './lane.css'
import './load.css'

interface LanesViewProps {
  days: readonly ZonedDay[]
  start: number
  end: number
  now: number
  timeZone: string
  schedules: readonly LaneSchedule[]
  items: readonly CalendarItem[]
  excluded: readonly ExcludedTime[]
  usual: UsualDurations
  capacity: number | null
  openKeys: ReadonlySet<string>
  onOpen: OpenItems
  /** Makes a link to a schedule. */
  scheduleLink: (scheduleId: string, name: string) => ReactNode
  /** What chooses the hours that are shown. */
  spanChoice: ReactNode
}

const rowHeight = 24
const wideLabel = 280
const narrowLabel = 132
/** Rows that are printed. */
const mostPrinted = 1_000
/** Up to this many lanes, quiet groups are open too. */
const fewLanes = 120

interface Choice {
  key: string
  text: string
  state: RunState | null
  isShown: (lane: Lane) => boolean
}

const choices: readonly Choice[] = [
  { key: 'all', text: 'All', state: null, isShown: () => true },
  {
    key: 'failed',
    text: 'failed',
    state: 'failed',
    isShown: ({ worst }) => worst === 'failed' || worst === 'timed_out',
  },
  {
    key: 'missed',
    text: 'missed',
    state: 'missed',
    isShown: ({ items }) => items.some(({ reason }) => reason === 'missed'),
  },
  {
    key: 'running',
    text: 'running',
    state: 'running',
    isShown: ({ items }) => items.some((item) => itemStates(item).includes('running')),
  },
  {
    key: 'waiting',
    text: 'waiting',
    state: 'waiting',
    isShown: ({ items }) => items.flatMap(itemStates).some((state) => isActive(state) && state !== 'running'),
  },
  { key: 'paused', text: 'paused', state: 'paused', isShown: ({ status }) => status === 'paused' },
]

function nextText({ nextAt, status }: Lane, now: number): string {
  if (status === 'paused') return 'paused'
  return nextAt === null ? '' : formatMinutesToGo(nextAt - now)
}

function LaneWarnings({ scheduleId }: { scheduleId: string }) {
  return <WarningBadge warnings={useWarningsOf(scheduleId)} />
}

function GroupLabel({
  group,
  isOpen,
  onToggle,
}: {
  group: LaneGroup
  isOpen: boolean
  onToggle: () => void
}) {
  const Chevron = isOpen ? IconChevronDown : IconChevronRight
  return (
    <button
      type="button"
      className="lane-group"
      aria-expanded={isOpen}
      data-stop
      tabIndex={-1}
      onClick={onToggle}
    >
      <Chevron size={14} aria-hidden />
      <b>{group.tag ?? 'No tag'}</b> {group.lanes.length}
      <span className="lane-counts">
        {group.counts.map(({ state, count }) => (
          <i
            key={state}
            data-run-state={state}
            title={`${countText(count)} ${runStateLabel(state).toLowerCase()}`}
          >
            <RunGlyph state={state} />
            {countText(count)}
            <span className="visually-hidden"> {runStateLabel(state).toLowerCase()}</span>
          </i>
        ))}
      </span>
    </button>
  )
}

/** A row per schedule, time across: what needs attention first, following now. */
export function LanesView(props: LanesViewProps) {
  const { days, start, end, now, timeZone, schedules, items, excluded, usual, capacity, openKeys, onOpen } =
    props
  const [chosen, setChosen] = useState('all')
  const [toggled, setToggled] = useState<ReadonlyMap<string | null, boolean>>(new Map())
  const groups = useMemo(() => laneGroups(schedules, items), [schedules, items])
  const all = useMemo(() => groups.flatMap(({ lanes }) => lanes), [groups])
  const choice = choices.find(({ key }) => key === chosen) ?? choices[0]
  const rows = useMemo(() => {
    const isOpen = (group: LaneGroup) =>
      toggled.get(group.tag) ??
      (chosen !== 'all' || all.length <= fewLanes || group.counts.some(({ state }) => state !== 'paused'))
    return laneRows(groups, isOpen, choice?.isShown ?? (() => true))
  }, [groups, toggled, chosen, choice, all.length])

  const [measured, size] = useSize()
  const scroller = useRef<HTMLDivElement>(null)
  const roving = useRovingFocus<HTMLDivElement>()
  const ref = useMergedRef(measured, scroller, roving.ref)
  const label = (size?.width ?? 1200) < 700 ? narrowLabel : wideLabel
  const room = Math.max(200, (size?.width ?? 1200) - label)
  const minutes = (end - start) / 60_000
  const zoom = useZoom(scroller, room / minutes, 'across', label)
  const width = room * zoom
  const isNow = now >= start && now < end
  useKeptScroll(scroller, 'lanes', size !== null)
  const asked = useNowAsked()
  const showNow = useEffectEvent(() =>
    scroller.current?.scrollTo({ left: ((now - start) / (end - start)) * width - room / 3 }),
  )
  useEffect(() => {
    if (isNow) showNow()
  }, [asked, isNow])
  const scale: LaneScale = useMemo(() => ({ start, end, now, timeZone }), [start, end, now, timeZone])
  const ticks = laneTicks(days, start, end, ((end - start) / width) * 64)
  // What the time of now would cover is left out.
  const isReadable = ({ at }: { at: number }) => {
    const distance = ((at - now) / (end - start)) * width
    return !isNow || distance < -64 || distance > 24
  }
  const window = useMemo(
    () => ({ start, end, now, parts: Math.min(600, Math.max(96, Math.round(width / 8))) }),
    [start, end, now, width],
  )
  const load = useMemo(() => loadOf(items, usual, window), [items, usual, window])
  // Its functions are not kept by React: the rows that are in view change without a change of what it was given.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 10,
  })
  const isPrinting = usePrinting()
  const drawn = isPrinting
    ? rows.slice(0, mostPrinted).map((_, index) => ({ index, start: index * rowHeight }))
    : virtual.getVirtualItems()
  const unprinted = rows.length - mostPrinted
  const areAllOpen = rows.every(({ isOpen }) => isOpen)

  return (
    <div className="lanes-view">
      <div className="lanes-bar" role="group" aria-label="Which lanes">
        {choices.map(({ key, text, state, isShown }) => {
          const count = all.filter(isShown).length
          return (
            <button
              key={key}
              type="button"
              className="lanes-choice"
              aria-pressed={key === chosen}
              disabled={count === 0 && key !== chosen && key !== 'all'}
              onClick={() => setChosen(key === chosen ? 'all' : key)}
            >
              {state !== null && <RunGlyph state={state} />}
              {key === 'all' ? `${text} ${countText(count)}` : `${countText(count)} ${text}`}
            </button>
          )
        })}
        <button
          type="button"
          className="lanes-choice"
          onClick={() => setToggled(new Map(groups.map(({ tag }) => [tag, !areAllOpen])))}
        >
          {areAllOpen ? 'Close' : 'Open'} all groups
        </button>
        <span className="bar-space" />
        {props.spanChoice}
      </div>
      <div
        className="lanes"
        role="grid"
        aria-label="Lanes"
        aria-rowcount={rows.length + 1}
        ref={ref}
        onKeyDown={roving.onKeyDown}
        onFocus={roving.onFocus}
        style={{ '--label': `${label}px`, '--track': `${width}px`, '--row': `${rowHeight}px` }}
      >
        <div className="lanes-head" role="row" aria-rowindex={1}>
          <div className="lane-label" role="columnheader">
            <span>{timeZone}</span>
            <small>{formatOffset(now, timeZone)}</small>
          </div>
          <div className="lane-track lanes-ticks" role="columnheader">
            {ticks.filter(isReadable).map(({ at, text, isDay }) => (
              <time
                key={at}
                dateTime={new Date(at).toISOString()}
                title={formatFull(at, timeZone)}
                data-day={isDay || undefined}
                style={placeOn(scale, at, at)}
              >
                {text}
              </time>
            ))}
            {isNow && (
              <time
                className="lanes-now-time"
                dateTime={new Date(now).toISOString()}
                title={formatFull(now, timeZone)}
                style={placeOn(scale, now, now)}
              >
                {formatClock(now, timeZone, 'never')}
              </time>
            )}
          </div>
          <div className="lane-label lane-load-label" role="gridcell">
            <LoadText {...{ load, window, capacity, timeZone }} />
          </div>
          <div className="lane-track lane-load-track" role="gridcell">
            <LoadStrip {...{ load, window, capacity }} />
          </div>
        </div>
        <div className="lanes-body" style={{ height: isPrinting ? 'auto' : virtual.getTotalSize() }}>
          <div className="lanes-lines" aria-hidden>
            {isNow && <i className="lanes-past" style={placeOn(scale, start, now)} />}
            {ticks.map(({ at, isDay }) => (
              <i key={at} data-day={isDay || undefined} style={placeOn(scale, at, at)} />
            ))}
            {isNow && <i className="lanes-now" style={placeOn(scale, now, now)} />}
          </div>
          {drawn.map((place) => {
            const row = rows[place.index]
            if (row === undefined) return null
            const { group, lane, isOpen } = row
            return (
              <div
                key={row.key}
                className="lane"
                role="row"
                aria-rowindex={place.index + 2}
                data-group={lane === null || undefined}
                style={{ transform: `translateY(${place.start}px)` }}
              >
                <div className="lane-label" role="rowheader">
                  {lane === null ? (
                    <GroupLabel
                      {...{ group, isOpen }}
                      onToggle={() => setToggled((old) => new Map(old).set(group.tag, !isOpen))}
                    />
                  ) : (
                    <>
                      <RunGlyph state={lane.worst} label={runStateLabel(lane.worst)} />
                      <span className="lane-name" title={lane.name}>
                        {props.scheduleLink(lane.scheduleId, lane.name)}
                      </span>
                      <LaneWarnings scheduleId={lane.scheduleId} />
                      <small>
                        {lane.nextAt !== null && (
                          <time
                            dateTime={new Date(lane.nextAt).toISOString()}
                            title={formatFull(lane.nextAt, timeZone)}
                          >
                            {nextText(lane, now)}
                          </time>
                        )}
                        {lane.nextAt === null && nextText(lane, now)}
                      </small>
                    </>
                  )}
                </div>
                <div
                  className="lane-track"
                  role="gridcell"
                  data-track={row.key}
                  data-tag={group.tag ?? undefined}
                >
                  {lane === null ? (
                    <>
                      <GroupDensity lanes={group.lanes} {...{ start, end }} />
                      <GroupTrack lanes={group.lanes} {...{ isOpen, scale, width, onOpen }} />
                    </>
                  ) : (
                    <LaneTrack {...{ lane, scale, usual, excluded, openKeys, onOpen }} />
                  )}
                </div>
              </div>
            )
          })}
          {isPrinting && unprinted > 0 && (
            <p className="lanes-none">
              {countText(unprinted)} more rows are not printed. Filter, or close groups, to print them.
            </p>
          )}
          {rows.length === 0 && <p className="lanes-none">No schedules match.</p>}
        </div>
      </div>
    </div>
  )
}
