import { afterAll, beforeAll } from 'vitest'
import { lent } from '../database/lent.ts'
import { openBrowser, type BrowserSetup, type OpenOptions, type OwnBrowserSetup } from './openBrowser.ts'

/** A database, a server with the built client, and a browser for the tests of a file, closed after them. */
export function useBrowser(options: OpenOptions = {}): BrowserSetup {
  let setup: OwnBrowserSetup | undefined
  beforeAll(async () => {
    setup = await openBrowser(options)
  })
  afterAll(() => setup?.close())
  return lent(() => {
    if (!setup) throw new Error('The browser is not open yet: use it within a hook or a test.')
    return setup
  })
}
