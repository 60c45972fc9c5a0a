const asked = ['openModal', 'openConfirmModal', 'openContextModal'].map((name) => `mantine-modals:${name}`)

/**
 * Keeps what pages ask to open while nothing is there yet to open it, as its code comes after the first view. Tells
 * that it is waited for; returns what asks for all of it again, once it is there.
 */
export function keepEarlyModals(page: EventTarget, onKept: () => void): () => void {
  const kept: CustomEvent<unknown>[] = []
  const keep = (event: Event) => {
    if (!(event instanceof CustomEvent)) return
    kept.push(event as CustomEvent<unknown>)
    onKept()
  }
  for (const name of asked) page.addEventListener(name, keep)
  return () => {
    for (const name of asked) page.removeEventListener(name, keep)
    for (const { type, detail } of kept.splice(0)) page.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
