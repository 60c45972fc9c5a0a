import { chromium, type CDPSession, type Page } from 'playwright-core'
import { findBrowser } from '../../scripts/browser.mjs'
import { inPath } from '../../tests/browser/inPath.ts'

/** What a page has taken since it was last asked to forget. */
interface Taken {
  /** As they came over the network, with their headers. */
  readonly bytes: number
  /** Over HTTP, to /graphql. */
  readonly queries: number
  /** Milliseconds of each that took 50 or more. */
  readonly longTasks: readonly number[]
}

export interface MeasuredPage {
  signIn(link: string): Promise<void>
  /** Opens an address without a cache, and waits for the first occurrence. */
  firstView(address: string): Promise<Taken & { readonly ms: number }>
  /** Waits until nothing has come for a second. */
  untilQuiet(): Promise<void>
  taken(): Taken
  forget(): void
  /** After what is not used is collected. */
  heapMegabytes(): Promise<number>
}

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-sync',
]

/** A Chromium that tells what its pages take. */
export async function openMeasuredBrowser() {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error('No Chrome or Chromium was found. Install one, or set CHROME_PATH.')
  const browser = await chromium.launch({ executablePath: inPath(executablePath), args: FLAGS })
  return {
    async open({ slowdown }: { slowdown: number }): Promise<MeasuredPage> {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC' })
      const page = await context.newPage()
      const session = await context.newCDPSession(page)
      return measuredPage(page, session, slowdown)
    },
    close: () => browser.close(),
  }
}

async function measuredPage(page: Page, session: CDPSession, slowdown: number): Promise<MeasuredPage> {
  let bytes = 0
  let queries = 0
  let longTasks: number[] = []
  session.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
  session.on('Network.requestWillBeSent', ({ request }) => {
    if (request.method === 'POST' && request.url.endsWith('/graphql')) queries++
  })
  await session.send('Network.enable')
  await page.exposeFunction('tellLongTask', (ms: number) => void longTasks.push(ms))
  await page.addInitScript(() => {
    const tell = (globalThis as unknown as { tellLongTask: (ms: number) => void }).tellLongTask
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => tell(duration))).observe({
      type: 'longtask',
      buffered: true,
    })
  })
  const forget = () => {
    bytes = 0
    queries = 0
    longTasks = []
  }
  const taken = () => ({ bytes, queries, longTasks: [...longTasks] })
  return {
    taken,
    forget,
    async signIn(link) {
      await page.goto(link)
      await page.waitForURL(/\/calendar\//)
    },
    async firstView(address) {
      await page.goto('about:blank')
      await session.send('Network.clearBrowserCache')
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown })
      forget()
      const begun = performance.now()
      await page.goto(address, { waitUntil: 'commit' })
      await page.locator('[role=grid] button[data-run-state]').first().waitFor()
      return { ms: performance.now() - begun, ...taken() }
    },
    async untilQuiet() {
      for (let before = -1; before !== bytes;) {
        before = bytes
        await page.waitForTimeout(1_000)
      }
      await session.send('Emulation.setCPUThrottlingRate', { rate: 1 })
    },
    async heapMegabytes() {
      await session.send('HeapProfiler.collectGarbage')
      const { usedSize } = await session.send('Runtime.getHeapUsage')
      return usedSize / 1_000_000
    },
  }
}
