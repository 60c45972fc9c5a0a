import { useEffect, useRef, type ReactNode } from 'react'

let hasCome = false

/** Says that one page took the place of another, without being loaded. */
export function markPageChange(): void {
  hasCome = true
}

interface PageHeadingProps {
  className?: string | undefined
  children: ReactNode
}

/**
 * The heading of a page about one thing. Where what had the focus is gone with the page before, as a link or the button that
 * created it, the heading takes it: so it is read out, and the next key continues from there.
 */
export function PageHeading({ className, children }: PageHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const { activeElement } = document
    // A dialog that made this page closes a moment later.
    const isFree = activeElement === document.body || activeElement?.closest('.mantine-Modal-content')
    if (hasCome && isFree) heading.current?.focus({ preventScroll: true })
  }, [])
  return (
    <h1 ref={heading} className={className} tabIndex={-1}>
      {children}
    </h1>
  )
}
