/** How far a scale goes: from what fits to what a minute needs to be read. */
export const zoomBounds = { least: 1, most: 16 } as const

/** How much one press of a key zooms. */
export const zoomStep = 1.5

/** A factor within the bounds. */
export function boundedZoom(zoom: number): number {
  return Math.max(zoomBounds.least, Math.min(zoomBounds.most, zoom))
}

/** The factor after the wheel turned, by as much as it turned. */
export function zoomAfterWheel(zoom: number, delta: number): number {
  return boundedZoom(zoom * Math.exp(-delta / 300))
}

interface ZoomedScale {
  /** Pixels of a minute. */
  minute: number
  scroll: number
  /** Where the pointer is, from the edge of what is seen. */
  pointer: number
}

/** Where to scroll to, so that what is under the pointer stays there. */
export function scrollAfterZoom({ minute, scroll, pointer }: ZoomedScale, next: number): number {
  return ((scroll + pointer) / minute) * next - pointer
}

/** How fine counts can come, in minutes: few, so that what is asked for is there again. */
const buckets = [5, 15, 30, 60]
/** Into more parts no window is divided. */
const mostParts = 700

/** How fine counts of a window may come that is zoomed, each at least as long as it was before, finest first. */
export function finerBuckets(bucket: number, zoom: number, minutes: number): readonly number[] {
  return buckets.filter((finer) => finer < bucket && finer * zoom >= bucket && minutes / finer <= mostParts)
}
