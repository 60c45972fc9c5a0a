import { useClickOutside, useFocusTrap, useMergedRef } from '@mantine/hooks'
import { useEffectEvent, useLayoutEffect, useRef, type ReactNode } from 'react'
import { createPortal } from 'react-dom'
import { placeNext } from './placeNext.ts'
import './anchored.css'

interface AnchoredProps {
  /** What it points at; null while that is not shown. */
  anchor: () => Element | null
  label: string
  className: string
  /** After a press elsewhere. */
  onLeave?: () => void
  children: ReactNode
}

/**
 * A dialog next to something of the calendar, which stays next to it while that moves; on a phone at the bottom. It has the
 * keys: what is marked in it by `data-autofocus` gets the focus, Tab goes round within it, and a press on its text keeps
 * them.
 */
export function Anchored({ anchor, label, className, onLeave, children }: AnchoredProps) {
  const dialog = useRef<HTMLDivElement>(null)
  const outside = useClickOutside<HTMLDivElement>(() => onLeave?.(), ['pointerdown'])
  const trap = useFocusTrap()
  const ref = useMergedRef(dialog, outside, trap)
  const place = useEffectEvent(() => {
    const element = dialog.current
    if (element === null) return
    const viewport = { width: window.innerWidth, height: window.innerHeight }
    const middle = { left: viewport.width / 2, top: viewport.height / 4, width: 0, height: 0 }
    const size = { width: element.offsetWidth, height: element.offsetHeight }
    const { left, top } = placeNext(anchor()?.getBoundingClientRect() ?? middle, size, viewport)
    element.style.left = `${left}px`
    element.style.top = `${top}px`
  })
  // After every render: what it points at may have moved with it.
  useLayoutEffect(() => place())
  useLayoutEffect(() => {
    const follow = () => place()
    // What is in it may grow by itself, as by a form, out of the window.
    const resized = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver(follow)
    if (dialog.current !== null) resized?.observe(dialog.current)
    document.addEventListener('scroll', follow, true)
    window.addEventListener('resize', follow)
    return () => {
      resized?.disconnect()
      document.removeEventListener('scroll', follow, true)
      window.removeEventListener('resize', follow)
    }
  }, [])
  return createPortal(
    <div ref={ref} className={`anchored ${className}`} role="dialog" aria-label={label} tabIndex={-1}>
      {children}
    </div>,
    document.body,
  )
}
