/** Fetches a polyfill of Temporal where the browser has none of its own. */
export async function loadTemporal(): Promise<void> {
  if ('Temporal' in globalThis) return
  const { Temporal: standIn } = await import('./temporalPolyfill.ts')
  Object.defineProperty(globalThis, 'Temporal', { value: standIn, writable: true, configurable: true })
}
