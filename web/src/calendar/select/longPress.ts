import { isElsewhere, longPress } from '../grid/press.ts'

interface Press<Chosen> {
  pointerId: number
  isTouch: true
  x: number
  y: number
  chosen: Chosen
  isLong: boolean
}

interface LongPressOptions<Chosen> {
  /** What is under a finger that can be chosen; null where nothing is. */
  under: (target: EventTarget | null) => Chosen | null
  /** A finger that stayed there for a while is let go. */
  onChosen: (chosen: Chosen) => void
}

/** Watches for fingers that stay where they are put down; one that moves scrolls, or drags what it holds. */
export function watchLongPress<Chosen>(
  element: HTMLElement,
  { under, onChosen }: LongPressOptions<Chosen>,
): () => void {
  let press: Press<Chosen> | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let isClickLeft = false
  const listen = new AbortController()
  const { signal } = listen
  const end = () => {
    clearTimeout(timer)
    press = null
  }

  const onDown = (event: PointerEvent) => {
    end()
    const chosen = event.pointerType === 'touch' ? under(event.target) : null
    if (chosen === null) return
    const { pointerId, clientX: x, clientY: y } = event
    const own: Press<Chosen> = { pointerId, isTouch: true, x, y, chosen, isLong: false }
    press = own
    timer = setTimeout(() => (own.isLong = true), longPress)
  }
  const onMove = (event: PointerEvent) => {
    if (press === null || event.pointerId !== press.pointerId) return
    if (isElsewhere(press, event)) end()
  }
  const onUp = (event: PointerEvent) => {
    if (press === null || event.pointerId !== press.pointerId) return
    const { isLong, chosen } = press
    end()
    if (!isLong) return
    isClickLeft = true
    setTimeout(() => (isClickLeft = false))
    onChosen(chosen)
  }
  const onClick = (event: MouseEvent) => {
    if (!isClickLeft) return
    event.preventDefault()
    event.stopPropagation()
  }
  const onContextMenu = (event: Event) => {
    if (press !== null) event.preventDefault()
  }

  element.addEventListener('pointerdown', onDown, { signal, capture: true })
  element.addEventListener('contextmenu', onContextMenu, { signal })
  // What holds the occurrence too takes the pointer.
  window.addEventListener('pointermove', onMove, { signal, capture: true })
  window.addEventListener('pointerup', onUp, { signal, capture: true })
  window.addEventListener('pointercancel', end, { signal, capture: true })
  window.addEventListener('click', onClick, { signal, capture: true })
  return () => {
    listen.abort()
    end()
  }
}
