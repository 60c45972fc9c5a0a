import { useCallback, useState, type RefCallback } from 'react'

/** The height of an element in pixels, as it changes; null before it is known. */
export function useHeight(): [RefCallback<HTMLElement>, number | null] {
  const [height, setHeight] = useState<number | null>(null)
  const ref = useCallback((element: HTMLElement | null) => {
    if (element === null || typeof ResizeObserver === 'undefined') return
    const observer = new ResizeObserver(() => setHeight(element.clientHeight))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  return [ref, height]
}
