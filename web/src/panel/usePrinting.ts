import { useEffect, useState } from 'react'
import { flushSync } from 'react-dom'

/** Whether the page is on its way to paper: what is left out of a list while it scrolls belongs there. */
export function usePrinting(): boolean {
  const [isPrinting, setIsPrinting] = useState(false)
  useEffect(() => {
    const paper = matchMedia('print')
    const listening = new AbortController()
    const { signal } = listening
    // The page is taken as it is when the event ends.
    const tell = (is: boolean) => flushSync(() => setIsPrinting(is))
    paper.addEventListener('change', ({ matches }) => tell(matches), { signal })
    window.addEventListener('beforeprint', () => tell(true), { signal })
    window.addEventListener('afterprint', () => tell(false), { signal })
    return () => listening.abort()
  }, [])
  return isPrinting
}
