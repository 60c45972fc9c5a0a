import {
  Suspense,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react'
import { useTellZone } from '../../panel/shownZones.ts'
import { later } from '../../panel/later.ts'
import { formatClock, formatDay } from '../../time/instant.ts'
import type { CalendarChanges } from '../changes/useOccurrenceChanges.ts'
import type { CalendarView } from '../grid/calendarRange.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { createDragController, type DragSurroundings, type Held } from './dragController.ts'
import { shiftText } from './dragTarget.ts'
import { useClosedTimes } from './useClosedTimes.ts'
import './drag.css'

const DropPanel = later(() => import('./DropPanel.tsx'), 'DropPanel')

interface DragLayerProps extends DragSurroundings {
  changes: CalendarChanges
  /** What follows an occurrence is a schedule of its own now, whose rule is to be changed. */
  onSplit: (scheduleId: string) => void
  /** The calendar. */
  children: ReactNode
}

function spoken({ item, target }: Held, timeZone: string): string {
  if (target.instant === null || target.why !== null) return `Not allowed: ${target.why ?? ''}`
  const moment = `${formatDay(target.instant, timeZone)} ${formatClock(target.instant, timeZone)} ${timeZone}`
  return `${item.scheduleName} to ${moment}, ${shiftText(target.instant - item.startsAt)}`
}

interface GhostProps {
  held: Held
  timeZone: string
  ownZone: string | null
}

/** Room that a ghost has at least before the right and lower edge of the window, in pixels. */
const ghostRoom = { width: 176, height: 96 }

/** What is held, with its new time in both zones, or why it cannot be put there. */
function Ghost({ held, timeZone, ownZone }: GhostProps) {
  const { item, target, place } = held
  if (place === null) return null
  const { instant, why } = target
  const zones = [...new Set([timeZone, ownZone ?? timeZone])]
  const left = Math.min(place.left, window.innerWidth - ghostRoom.width)
  const top = Math.min(place.top, window.innerHeight - ghostRoom.height)
  return (
    <div
      className="drag-ghost"
      data-closed={why !== null || undefined}
      style={{ left, top, width: place.width }}
      aria-hidden
    >
      <b>{item.scheduleName}</b>
      {instant !== null && (
        <span>
          {zones.map((zone) => (
            <span key={zone}>
              <b>{formatClock(instant, zone)}</b> {zone.split('/').at(-1)?.replaceAll('_', ' ')}
            </span>
          ))}
        </span>
      )}
      <em>{why ?? shiftText((instant ?? item.startsAt) - item.startsAt)}</em>
    </div>
  )
}

/** On a lane, the very place of what is held. */
function LaneMark({ place, target }: Held) {
  if (place === null || place.width > 0) return null
  return (
    <i
      className="drag-mark"
      data-closed={target.why !== null || undefined}
      style={{ left: place.left, top: place.top }}
      aria-hidden
    />
  )
}

const keysOf = { hours: ['↑', '↓', '←', '→'], lanes: ['←', '→', '↑', '↓'], month: ['←', '→', '↑', '↓'] }

/** What the arrow keys do in a view. */
function KeyHints({ view }: { view: CalendarView }) {
  const kind = view === 'lanes' || view === 'month' ? view : 'hours'
  const [back, on, before, after] = keysOf[kind]
  return (
    <span className="drag-keys">
      <kbd>{back}</kbd>
      <kbd>{on}</kbd> {kind === 'month' ? 'day' : '15 min'}
      {kind !== 'month' && (
        <>
          {' '}
          <kbd>⇧</kbd> by 1 min
        </>
      )}{' '}
      <kbd>{before}</kbd>
      <kbd>{after}</kbd> {kind === 'month' ? 'week' : 'day'} <kbd>↵</kbd> drop <kbd>Esc</kbd> put it back
    </span>
  )
}

interface DragBarProps {
  held: Held
  view: CalendarView
  timeZone: string
}

/** What is being moved, and the keys for it, in place of the legend. */
function DragBar({ held, view, timeZone }: DragBarProps) {
  const { item, target } = held
  const { instant, why } = target
  return (
    <div className="drag-bar" aria-hidden>
      <span>
        Moving <b>{item.scheduleName}</b> {formatDay(item.startsAt, timeZone)}{' '}
        {formatClock(item.startsAt, timeZone)} →{' '}
        {why === null && instant !== null ? (
          <b>
            {formatDay(instant, timeZone)} {formatClock(instant, timeZone)}
          </b>
        ) : (
          <b data-closed>{why}</b>
        )}
      </span>
      <KeyHints view={view} />
    </div>
  )
}

/** The calendar with occurrences that can be taken and put elsewhere. */
export function DragLayer({ changes, onSplit, children, ...surroundings }: DragLayerProps) {
  const [controller] = useState(createDragController)
  const drag = useSyncExternalStore(controller.subscribe, controller.get)
  const root = useRef<HTMLDivElement>(null)
  const ghost = useRef<HTMLDivElement>(null)
  const tell = useEffectEvent(() => controller.update(surroundings))
  useLayoutEffect(() => tell())
  useEffect(() => (root.current === null ? undefined : controller.attach(root.current)), [controller])
  const { view, start, end, timeZone } = surroundings
  const held = drag.phase === 'idle' ? null : drag
  const item: CalendarItem | null = held?.item ?? null
  const ownZone = useClosedTimes(item, { start, end }, controller.setClosed)
  useTellZone(ownZone)

  return (
    <>
      <div ref={root} className="drag-root" data-holding={drag.phase === 'held' || undefined}>
        {children}
      </div>
      <div role="status" className="visually-hidden">
        {drag.phase === 'held' && spoken(drag, timeZone)}
      </div>
      {held !== null && (
        <div ref={ghost}>
          <Ghost {...{ held, timeZone, ownZone }} />
          {view === 'lanes' && <LaneMark {...held} />}
          <DragBar {...{ held, view, timeZone }} />
        </div>
      )}
      {drag.phase === 'dropped' && drag.target.instant !== null && (
        <Suspense>
          <DropPanel
            item={drag.item}
            to={drag.target.instant}
            timeZone={timeZone}
            ownZone={ownZone}
            anchor={() => ghost.current?.firstElementChild ?? null}
            changes={changes}
            onClose={controller.release}
            onSplit={onSplit}
          />
        </Suspense>
      )}
    </>
  )
}
