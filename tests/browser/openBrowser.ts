import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { findBrowser } from '../../scripts/browser.mjs'
import { WEB_FOLDER } from '../../process/packageRoot.ts'
import { createLoginLink } from '../../server/auth/loginLink.ts'
import { startServer, type RunningServer } from '../../server/main.ts'
import { inPath } from './inPath.ts'
import { createTestDatabase, type TestDatabase } from '../database/createTestDatabase.ts'

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A database, a server with the built client, and a browser, for one test file. */
export interface BrowserSetup {
  readonly db: TestDatabase
  readonly server: Pick<RunningServer, 'url' | 'close'>
  /** A page of a browser in which no one has signed in. */
  newPage(timezoneId?: string): Promise<Page>
  /** A link that signs this user in, once. */
  link(username: string): Promise<string>
  /** A page of a browser in which this user has signed in by a link. */
  signIn(username: string, timezoneId?: string): Promise<Page>
  /** What pages have complained of: errors in the console, and exceptions. */
  readonly complaints: string[]
}

/** One that its opener closes. */
export interface OwnBrowserSetup extends BrowserSetup {
  close(): Promise<void>
}

export interface OpenOptions {
  /** Starts the server in another way than within this process. */
  readonly startServer?: (connectionString: string) => Promise<Pick<RunningServer, 'url' | 'close'>>
}

/** Opens all of it. */
export async function openBrowser(options: OpenOptions = {}): Promise<OwnBrowserSetup> {
  if (!existsSync(join(WEB_FOLDER, 'index.html')))
    throw new Error('The web client is not built. Run "npm run build".')
  const executablePath = findBrowser()
  if (!executablePath) throw new Error('No Chrome or Chromium was found. Install one, or set CHROME_PATH.')

  const db = await createTestDatabase()
  await db.query(`select almanac.register_task('test:gate', 'Gate')`)
  const connectionString = db.connectionStringFor('server')
  const server = await (options.startServer?.(connectionString) ??
    startServer({
      connectionString,
      directUrl: connectionString,
      host: '127.0.0.1',
      port: 0,
      log: () => undefined,
      webFolder: WEB_FOLDER,
    }))
  const browser: Browser = await chromium.launch({ executablePath: inPath(executablePath), args: FLAGS })
  const contexts: BrowserContext[] = []
  const complaints: string[] = []

  const link = (username: string) => createLoginLink({ query: db.query, username, baseUrl: server.url })
  const newPage = async (timezoneId = 'UTC') => {
    const context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      timezoneId,
      locale: 'en-GB',
    })
    contexts.push(context)
    const page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text())
    })
    return page
  }

  return {
    db,
    server,
    complaints,
    newPage,
    link,
    async signIn(username, timezoneId) {
      const page = await newPage(timezoneId)
      await page.goto(await link(username))
      await page.waitForURL(/\/calendar\//)
      return page
    },
    async close() {
      await Promise.all(contexts.map((context) => context.close()))
      await browser.close()
      await server.close()
      await db.drop()
    },
  }
}
