import { useEffect, useRef, type FocusEvent, type KeyboardEvent } from 'react'

const moves: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

function stops(group: HTMLElement): HTMLElement[] {
  return [...group.querySelectorAll<HTMLElement>('[data-stop]')]
}

function middle(element: HTMLElement): [number, number] {
  const { left, top, width, height } = element.getBoundingClientRect()
  return [left + width / 2, top + height / 2]
}

/** The stop that lies nearest in a direction; sideways costs more than straight on. */
function nearest(
  from: HTMLElement,
  group: HTMLElement,
  [dx, dy]: readonly [number, number],
): HTMLElement | undefined {
  const [x, y] = middle(from)
  let best: { element: HTMLElement; cost: number } | undefined
  for (const element of stops(group)) {
    if (element === from) continue
    const [otherX, otherY] = middle(element)
    const ahead = (otherX - x) * dx + (otherY - y) * dy
    const aside = Math.abs((otherX - x) * dy) + Math.abs((otherY - y) * dx)
    if (ahead <= 2) continue
    const cost = ahead + aside * 3
    if (best === undefined || cost < best.cost) best = { element, cost }
  }
  return best?.element
}

function targetOf(key: string, current: HTMLElement, group: HTMLElement): HTMLElement | undefined {
  if (key === 'Home') return stops(group)[0]
  if (key === 'End') return stops(group).at(-1)
  const move = moves[key]
  return move && nearest(current, group, move)
}

function makeCurrent(group: HTMLElement, current: HTMLElement): void {
  for (const element of stops(group)) element.tabIndex = element === current ? 0 : -1
}

function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
  const current = document.activeElement
  const group = event.currentTarget
  if (!(current instanceof HTMLElement) || !current.matches('[data-stop]')) return
  if (event.altKey || event.ctrlKey || event.metaKey) return
  const target = targetOf(event.key, current, group)
  if (target === undefined) return
  event.preventDefault()
  target.focus()
}

function onFocus(event: FocusEvent<HTMLElement>): void {
  if (event.target.matches('[data-stop]')) makeCurrent(event.currentTarget, event.target)
}

/**
 * One tab stop for a whole grid, at first the current one, such as today: arrows walk its `[data-stop]` elements by place, Home and End go to the first and
 * last. The stop that had the focus keeps it for the next Tab.
 */
export function useRovingFocus<Element extends HTMLElement>() {
  const ref = useRef<Element>(null)
  useEffect(() => {
    const group = ref.current
    if (group === null) return
    const all = stops(group)
    const first = all.find((element) => element.ariaCurrent !== null) ?? all[0]
    if (first !== undefined && !all.some((element) => element.tabIndex === 0)) makeCurrent(group, first)
  })
  return { ref, onKeyDown, onFocus }
}
