import { lazy, type ComponentType, type LazyExoticComponent } from 'react'

/** How long a browser that is never idle is waited for. */
const longestWait = 2_000

let idle: Promise<void> | undefined

function whenIdle(): Promise<void> {
  idle ??= new Promise((resolve) => {
    // Safari has no idle callbacks.
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: longestWait })
    else setTimeout(resolve, longestWait / 10)
  })
  return idle
}

/** A component that the first view does without: its code is fetched, used or not, once the browser has time for it. */
export function later<Name extends string, Props>(
  load: () => Promise<Record<Name, ComponentType<Props>>>,
  name: Name,
): LazyExoticComponent<ComponentType<Props>> {
  const loading = whenIdle().then(load)
  // Without a network it is tried again when it is needed.
  loading.catch(() => undefined)
  return lazy(async () => ({ default: (await loading.catch(load))[name] }))
}
