import { registerHooks } from 'node:module'

const OWN: Readonly<Record<string, string>> = {
  almanac: new URL('../index.ts', import.meta.url).href,
  'almanac/worker': new URL('./index.ts', import.meta.url).href,
}
let isServed = false

/** In a checkout, where nothing is built, tasks that import the package as in any other project get its sources. */
export function serveOwnPackage(): void {
  if (isServed || !import.meta.url.endsWith('.ts')) return
  isServed = true
  registerHooks({
    resolve(specifier, context, next) {
      const url = Object.hasOwn(OWN, specifier) ? OWN[specifier] : undefined
      return url === undefined ? next(specifier, context) : { url, shortCircuit: true }
    },
  })
}
