/** A rectangle of the window, in pixels. */
export interface Box {
  left: number
  top: number
  width: number
  height: number
}

type Size = Pick<Box, 'width' | 'height'>

const gap = 12
const margin = 8

function within(value: number, size: number, room: number): number {
  return Math.max(margin, Math.min(value, room - size - margin))
}

/** Where a dialog is placed next to something: right of it, left of it, below or above, wherever it fits first. */
export function placeNext(anchor: Box, dialog: Size, window: Size): Pick<Box, 'left' | 'top'> {
  const top = within(anchor.top - 24, dialog.height, window.height)
  const right = anchor.left + anchor.width + gap
  if (right + dialog.width + margin <= window.width) return { left: right, top }
  const left = anchor.left - gap - dialog.width
  if (left >= margin) return { left, top }
  const below = anchor.top + anchor.height + gap
  const isBelow = below + dialog.height + margin <= window.height
  return {
    left: within(anchor.left, dialog.width, window.width),
    top: within(isBelow ? below : anchor.top - gap - dialog.height, dialog.height, window.height),
  }
}
