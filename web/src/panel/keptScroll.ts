import { useEffect, useEffectEvent, useLayoutEffect, type RefObject } from 'react'

/** How far parts of pages were scrolled, by entry of the browser's history and name of the part. */
const kept = new Map<string, number>()
const keyOf = (entry: string, part: string) => `${entry} ${part}`
/** How far the parts that are shown are scrolled now. */
const shown = new Map<string, () => number | null | undefined>()
let entry = ''

/** Says that one entry of the history takes the place of another: what is shown is kept with the first. */
export function changeEntry(from: string, to: string): void {
  for (const [part, read] of shown) {
    const place = read()
    if (typeof place === 'number') kept.set(keyOf(from, part), place)
  }
  entry = to
}

/**
 * How far a part was scrolled, in a measure of its own, when this entry of the history was left; undefined where it is
 * opened for the first time. `read` says how far it is now.
 */
export function useKeptPlace(part: string, read: () => number | null | undefined): () => number | undefined {
  const now = useEffectEvent(read)
  useEffect(() => {
    shown.set(part, () => now())
    return () => void shown.delete(part)
  }, [part])
  return () => kept.get(keyOf(entry, part))
}

/** Scrolls an element down to a place. */
export function scrollDown(element: HTMLElement | null, top: number): void {
  if (element !== null) element.scrollTop = top
}

/** For an element that is scrolled down: who comes back to it finds it as it was, once what it shows is there. */
export function useKeptScroll(element: RefObject<HTMLElement | null>, part: string, isThere: boolean): void {
  const left = useKeptPlace(part, () => element.current?.scrollTop)
  const restore = useEffectEvent(() => {
    const top = left()
    if (top !== undefined) scrollDown(element.current, top)
  })
  useLayoutEffect(() => {
    if (isThere) restore()
  }, [isThere])
}
