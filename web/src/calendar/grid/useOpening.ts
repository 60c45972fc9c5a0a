import { useEffect, useEffectEvent, useRef, type RefObject } from 'react'
import { scrollDown, useKeptPlace } from '../../panel/keptScroll.ts'
import { useNowAsked } from './nowAsked.ts'

interface Opening {
  scroller: RefObject<HTMLElement | null>
  /** Its name among those that are scrolled. */
  part: string
  /** Whether it is as high as it will be. */
  isThere: boolean
  /** What is shown: another one is opened as if for the first time. */
  shown: unknown
  /** How far from its top now stands; null where that is not shown. */
  nowAt: () => number | null
  /** The length of a unit in which places are kept, in pixels. */
  unit?: number
}

/** Scrolls a view to where it was left, else to now; and to now whenever that is asked for. */
export function useOpening({ scroller, part, isThere, shown, nowAt, unit = 1 }: Opening): void {
  const asked = useNowAsked()
  const answered = useRef(asked)
  const left = useKeptPlace(part, () => scroller.current && scroller.current.scrollTop / unit)
  const open = useEffectEvent(() => {
    const element = scroller.current
    if (element === null) return
    const place = answered.current === asked ? left() : undefined
    const now = nowAt()
    answered.current = asked
    if (place !== undefined) scrollDown(element, place * unit)
    else if (now !== null) scrollDown(element, now - element.clientHeight / 3)
  })
  useEffect(() => {
    if (isThere) open()
  }, [isThere, shown, asked])
}
