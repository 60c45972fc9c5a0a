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
import { later } from '../../panel/later.ts'
import { formatClock, formatDay } from '../../time/instant.ts'
import { createSlotController } from './slotController.ts'
import type { Slot, SlotSurroundings } from './slotPlaces.ts'
import './slot.css'

const SlotPanel = later(() => import('./SlotPanel.tsx'), 'SlotPanel')

interface SlotLayerProps extends Omit<SlotSurroundings, 'firstSlot'> {
  now: number
  /** The calendar. */
  children: ReactNode
}

const halfHour = 30 * 60_000
/** A mark that is wider is a whole day, far from whose edge the pointer may be. */
const widestMark = 360

function slotText({ start, end }: Slot, timeZone: string): string {
  const from = formatClock(start, timeZone)
  return end === null ? from : `${from}–${formatClock(end, timeZone)}`
}

/** Where one begins by keys: at the focused occurrence or lane, otherwise at the next half hour that is shown. */
function firstSlot({ start, end, now }: { start: number; end: number; now: number }): Slot {
  const focused = document.activeElement
  const track = focused?.closest<HTMLElement>('[role="row"]')?.querySelector<HTMLElement>('[data-track]')
  const { track: lane = null, tag = null } = track?.dataset ?? {}
  const due = focused instanceof HTMLElement ? Number(focused.dataset['at'] ?? NaN) : NaN
  const next = (Math.floor(now / halfHour) + 1) * halfHour
  const isShown = (at: number) => at >= start && at < end
  return { start: isShown(due) ? due : isShown(next) ? next : start + 18 * halfHour, end: null, lane, tag }
}

/** The calendar with empty places that become schedules. */
export function SlotLayer({ now, children, ...surroundings }: SlotLayerProps) {
  const [controller] = useState(createSlotController)
  const state = useSyncExternalStore(controller.subscribe, controller.get)
  const root = useRef<HTMLDivElement>(null)
  const mark = useRef<HTMLElement>(null)
  const { start, end, timeZone } = surroundings
  const tell = useEffectEvent(() =>
    controller.update({ ...surroundings, firstSlot: () => firstSlot({ start, end, now }) }),
  )
  useLayoutEffect(() => tell())
  useEffect(() => (root.current === null ? undefined : controller.attach(root.current)), [controller])

  const slot = state.phase === 'idle' ? null : state.slot
  // Of a wide day it is the place that was pressed which is pointed at.
  const point =
    state.phase !== 'idle' && state.x !== null && state.place !== null && state.place.width > widestMark
      ? { left: state.x - state.place.left, width: 0 }
      : null
  return (
    <>
      <div ref={root} className="slot-root">
        {children}
      </div>
      <div role="status" className="visually-hidden">
        {state.phase === 'choosing' &&
          `New schedule, ${formatDay(state.slot.start, timeZone)} ${slotText(state.slot, timeZone)} ${timeZone}`}
      </div>
      {state.phase !== 'idle' && state.place !== null && (
        <div className="slot-mark" style={{ ...state.place }} aria-hidden>
          <i ref={mark} style={point ?? undefined} />
          <b>{slotText(state.slot, timeZone)}</b>
          {state.phase === 'choosing' && state.by === 'keyboard' && (
            <span>
              <kbd>↵</kbd> create <kbd>⇧↓</kbd> longer <kbd>Esc</kbd>
            </span>
          )}
        </div>
      )}
      {state.phase === 'chosen' && slot !== null && (
        <Suspense>
          <SlotPanel {...{ slot, timeZone, now }} anchor={() => mark.current} onClose={controller.release} />
        </Suspense>
      )}
    </>
  )
}
