/** A pointer that is down, where it was put down. */
export interface Press {
  readonly pointerId: number
  readonly isTouch: boolean
  readonly x: number
  readonly y: number
  /** Whether it has left that place. */
  readonly hasMoved: boolean
}

/** A finger that stays this long, in milliseconds, presses long. */
export const longPress = 400

/** Whether a pointer is elsewhere than where it was put down: fingers tremble more than a mouse does. */
export function isElsewhere(
  { isTouch, x, y }: Pick<Press, 'isTouch' | 'x' | 'y'>,
  { clientX, clientY }: Pick<PointerEvent, 'clientX' | 'clientY'>,
): boolean {
  const distance = Math.hypot(clientX - x, clientY - y)
  return isTouch ? distance > 8 : distance >= 5
}

interface PressOptions<Pressed> {
  /** What the pointer is put down on; null where that is nothing that can be pressed. */
  pressed: (event: PointerEvent) => Pressed | null
  /** A finger has stayed. */
  onLong: () => void
  onMove: (press: Press & Pressed, event: PointerEvent) => void
  onUp: (press: Press & Pressed, event: PointerEvent) => void
  /** The browser takes the pointer, to scroll for example. */
  onCancel: () => void
  /** Whether fingers do something other than scroll at this moment. */
  isTaken: () => boolean
}

export interface Presses<Pressed> {
  get: () => (Press & Pressed) | null
  /** Has what the pointer does elsewhere go to the element too. */
  capture: () => void
  /** Forgets the press, but leaves the pointer where it goes. */
  forget: () => void
  /** Forgets the press and lets go of the pointer. */
  end: () => void
  attach: (element: HTMLElement, signal: AbortSignal) => void
}

/** Follows one pointer at a time from where it is put down until it is let go. */
export function createPresses<Pressed extends object>(options: PressOptions<Pressed>): Presses<Pressed> {
  let press: (Press & Pressed) | null = null
  let root: HTMLElement | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const forget = () => {
    clearTimeout(timer)
    press = null
  }
  const end = () => {
    if (press !== null && root?.hasPointerCapture(press.pointerId) === true)
      root.releasePointerCapture(press.pointerId)
    forget()
  }

  const onDown = (event: PointerEvent) => {
    const pressed = event.button === 0 ? options.pressed(event) : null
    if (pressed === null) return
    const { pointerId, clientX: x, clientY: y } = event
    const isTouch = event.pointerType === 'touch'
    press = { ...pressed, pointerId, isTouch, x, y, hasMoved: false }
    if (isTouch) timer = setTimeout(options.onLong, longPress)
  }
  const onMove = (event: PointerEvent) => {
    if (press === null || event.pointerId !== press.pointerId) return
    press = { ...press, hasMoved: press.hasMoved || isElsewhere(press, event) }
    options.onMove(press, event)
  }
  const onUp = (event: PointerEvent) => {
    if (press !== null && event.pointerId === press.pointerId) options.onUp(press, event)
  }
  const onCancel = (event: PointerEvent) => {
    if (event.pointerId === press?.pointerId) options.onCancel()
  }
  const onTouchMove = (event: TouchEvent) => {
    if (options.isTaken()) event.preventDefault()
  }
  const onContextMenu = (event: Event) => {
    if (press?.isTouch === true) event.preventDefault()
  }

  return {
    get: () => press,
    capture: () => {
      clearTimeout(timer)
      if (press !== null) root?.setPointerCapture(press.pointerId)
    },
    forget,
    end,
    attach: (element, signal) => {
      root = element
      element.addEventListener('pointerdown', onDown, { signal })
      element.addEventListener('pointermove', onMove, { signal })
      element.addEventListener('pointerup', onUp, { signal })
      element.addEventListener('pointercancel', onCancel, { signal })
      element.addEventListener('touchmove', onTouchMove, { signal, passive: false })
      element.addEventListener('contextmenu', onContextMenu, { signal })
    },
  }
}
