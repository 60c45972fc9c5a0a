import { lazy, useEffect, useState, type ComponentType, type LazyExoticComponent } from 'react'

/** How long a page is waited for that does not say that it is shown, and a browser that is never idle, in milliseconds. */
const longestView = 10_000
const longestWait = 2_000

let tellShown = () => {}
let tellNeeded = () => {}
const firstView = new Promise<void>((resolve) => (tellShown = resolve))
const need = new Promise<void>((resolve) => (tellNeeded = resolve))

/** Told once what the page was opened for is on the screen. */
export function firstViewShown(): void {
  tellShown()
}

/** Does not wait any longer: someone has done what needs more than the first view. */
export function loadNow(): void {
  tellNeeded()
}

let idle: Promise<void> | undefined
let isIdle = false

async function untilIdle(): Promise<void> {
  await Promise.race([firstView, new Promise((resolve) => setTimeout(resolve, longestView))])
  await new Promise<void>((resolve) => {
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: longestWait })
    else setTimeout(resolve, longestWait / 10)
  })
}

function whenIdle(): Promise<void> {
  idle ??= Promise.race([need, untilIdle()]).then(() => void (isIdle = true))
  return idle
}

/** Whether the first view is over: what is always there, and not part of that, is shown from then on. */
export function useIdle(): boolean {
  const [isOver, setIsOver] = useState(isIdle)
  useEffect(() => void whenIdle().then(() => setIsOver(true)), [])
  return isOver
}

/**
 * A component that the first view does without: its code is fetched, used or not, once that is shown and the browser has
 * time for it; at once where it is used before.
 */
export function later<Name extends string, Props>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
): LazyExoticComponent<ComponentType<Props>> {
  let loading: ReturnType<typeof load> | undefined
  const fetchOnce = () => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined
      throw error
    })
    return loading
  }
  // Without a network it is tried again when it is needed.
  whenIdle()
    .then(fetchOnce)
    .catch(() => undefined)
  return lazy(async () => ({ default: (await fetchOnce().catch(fetchOnce))[name] }))
}
