import { useHotkeys } from '@mantine/hooks'
import {
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
  type RefObject,
} from 'react'
import { boundedZoom, scrollAfterZoom, zoomAfterWheel, zoomStep } from './zoom.ts'

type Direction = 'down' | 'across'

/** As chosen last: another day or view shows it as large. */
const lastZoom: Record<Direction, number> = { down: 1, across: 1 }

/** The same once it has rested: what is on the way there is asked for by no one. */
const restedZoom = { ...lastZoom }
/** In milliseconds. */
const restsAfter = 250
const listeners = new Set<() => void>()
let resting: ReturnType<typeof setTimeout> | undefined

function keepZoom(direction: Direction, zoom: number): void {
  lastZoom[direction] = zoom
  clearTimeout(resting)
  resting = setTimeout(() => {
    Object.assign(restedZoom, lastZoom)
    for (const listener of listeners) listener()
  }, restsAfter)
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** How large a scale is, once its zoom has rested. */
export function useRestedZoom(direction: Direction): number {
  return useSyncExternalStore(subscribe, () => restedZoom[direction])
}

/**
 * Zooms what a scroller shows, by Ctrl or ⌘ with the wheel around the pointer, by + and - around where the pointer was
 * last, otherwise the middle; 0 shows all again. `unit` is what a minute is long before zooming; `inset` what of the
 * scroller is not on the scale.
 */
export function useZoom(
  scroller: RefObject<HTMLElement | null>,
  unit: number,
  direction: Direction,
  inset = 0,
) {
  const [zoom, setZoom] = useState(lastZoom[direction])
  const pointer = useRef<number | null>(null)
  const anchor = useRef<{ minute: number; scroll: number; pointer: number } | null>(null)
  const scale = unit * zoom
  const isDown = direction === 'down'

  const zoomTo = (next: number, at: number) => {
    const element = scroller.current
    if (element === null || next === zoom) return
    const scroll = isDown ? element.scrollTop : element.scrollLeft
    anchor.current = { minute: scale, scroll, pointer: at }
    keepZoom(direction, next)
    setZoom(next)
  }
  const placeOf = useEffectEvent((event: MouseEvent) => {
    const box = scroller.current?.getBoundingClientRect()
    return (isDown ? event.clientY - (box?.top ?? 0) : event.clientX - (box?.left ?? 0)) - inset
  })
  const onWheel = useEffectEvent((event: WheelEvent) => {
    if (!event.ctrlKey && !event.metaKey) return
    event.preventDefault()
    zoomTo(zoomAfterWheel(zoom, event.deltaY), Math.max(0, placeOf(event)))
  })

  useEffect(() => {
    const element = scroller.current
    if (element === null) return
    const wheel = (event: WheelEvent) => onWheel(event)
    const move = (event: PointerEvent) => (pointer.current = placeOf(event))
    const leave = () => (pointer.current = null)
    // React's own listener is passive, and could not keep the page from zooming.
    element.addEventListener('wheel', wheel, { passive: false })
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerleave', leave)
    return () => {
      element.removeEventListener('wheel', wheel)
      element.removeEventListener('pointermove', move)
      element.removeEventListener('pointerleave', leave)
    }
  }, [scroller])

  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || anchor.current === null) return
    const to = scrollAfterZoom(anchor.current, scale)
    anchor.current = null
    element.scrollTo(isDown ? { top: to } : { left: to })
  }, [scroller, scale, isDown])

  const byKey = (factor: number) => {
    const element = scroller.current
    if (element === null) return
    const size = isDown ? element.clientHeight : element.clientWidth - inset
    zoomTo(boundedZoom(zoom * factor), pointer.current ?? size / 2)
  }
  useHotkeys([
    ['[plus]', () => byKey(zoomStep)],
    ['shift+[plus]', () => byKey(zoomStep)],
    ['=', () => byKey(zoomStep)],
    ['-', () => byKey(1 / zoomStep)],
    ['0', () => byKey(0)],
  ])
  return zoom
}
