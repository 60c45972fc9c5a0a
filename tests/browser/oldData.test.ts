import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'
import { startServerProcess, type ServerProcess } from './serverProcess.ts'

// On every page: what is old has its age, what is not known is not told as if there were nothing, and what keeps schedules
// from running is said.

const setup = useBrowser({
  startServer: async (connectionString) => (server = await startServerProcess(connectionString)),
})
let server: ServerProcess
let page: Page
let run: string
beforeAll(async () => {
  const { db } = setup
  await db.query(`select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop', timezone => 'UTC')`)
  const [made] = await db.query<{ id: string }>(`select id::text from almanac.trigger_now('nightly')`)
  run = made!.id
  await db.query(`select almanac.create_business_days('weekdays', 'UTC')`)
  await db.query(`select almanac.exclude_dates('weekdays', current_date + 5, null, 'a holiday')`)
  await db.query(`select almanac.check_ledger()`)
  page = await setup.signIn('admin')
})

const failed = /No failures\.|Nothing failed/
/** A page, what it shows once it has been read, and what would be a lie before. */
const pages: readonly (readonly [path: string, known: string | RegExp, lie: RegExp])[] = [
  ['/calendar/day', /nightly/, failed],
  ['/calendar/week', /nightly/, failed],
  ['/calendar/month', /nightly/, failed],
  ['/calendar/agenda', /nightly/, failed],
  ['/calendar/year', /: 1 upcoming/, /: nothing|: 0 /],
  ['/calendar/lanes', /nightly/, /No schedule|nothing/i],
  ['/schedules', /nightly/, /No schedules|0 in all/],
  ['/schedules/1', /Next ten/, /There is no|No upcoming|No runs/],
  ['/runs', /nightly/, /No runs|no run/],
  ['/runs/RUN', /Timeline/, /There is no run/],
  ['/workers', /No workers yet/, /No workers yet|0 of/],
  ['/exclusions', /weekdays/, /No calendars/],
  ['/exclusions/1', /a holiday/, /There is no|Nothing in/],
  ['/ledger', /No gaps, no duplicates|Not checked/, /No gaps|Not checked/],
  ['/settings', 'Sign out', /never/],
]

const main = () => page.locator('main')
const addressOf = (path: string) => `${path.replace('RUN', run)}?zone=UTC`
/** As a link does: the client stays, and asks for what it does not have. */
const goTo = (path: string) =>
  page.evaluate((to) => {
    history.pushState({}, '', to)
    dispatchEvent(new PopStateEvent('popstate'))
  }, addressOf(path))
/** By way of a page that shows nothing of what the others do. */
async function follow(path: string): Promise<void> {
  await goTo('/settings')
  await shows('Sign out')
  await goTo(path)
}
const shows = (known: string | RegExp) => main().getByText(known).first().waitFor()

async function visitAll(): Promise<void> {
  await page.goto(setup.server.url + addressOf('/calendar/week'))
  for (const [path, known] of pages) {
    await follow(path)
    await shows(known)
    await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  }
}

/** What is shown has its age, and is grey. */
async function expectOld(why: string): Promise<void> {
  await page.getByText(why).first().waitFor()
  await page.getByText(/As of \d\d:\d\d:\d\d, /).waitFor()
  await page.locator('main[data-stale]').waitFor()
}

const disconnected = 'The connection to the server was lost.'
const offline = 'This device is offline.'
const eachPageShowsWhatItKnew = (why: string) =>
  it.each(pages)('%s shows what it knew, grey and with its age', async (path, known) => {
    await follow(path)

    await shows(known)
    await expectOld(why)
    await expect
      .poll(() =>
        main()
          .getByText(/^No failures\.$/)
          .count(),
      )
      .toBe(0)
  })

describe('while the server is frozen', () => {
  beforeAll(async () => {
    await visitAll()
    server.freeze()
    await expectOld(disconnected)
  })
  afterAll(async () => {
    server.thaw()
    await page.getByRole('img', { name: 'Live' }).waitFor()
  })

  eachPageShowsWhatItKnew(disconnected)

  it('a page that was not read before is on its way, not empty', async () => {
    await follow('/schedules/2')
    await expectOld(disconnected)

    await main().locator('[aria-busy=true]').first().waitFor()
    await expect.poll(() => main().getByText('There is no').count()).toBe(0)
  })
})

describe('without a network', () => {
  beforeAll(async () => {
    await visitAll()
    await page.context().setOffline(true)
    await expectOld(offline)
  })
  afterAll(() => page.context().setOffline(false))

  eachPageShowsWhatItKnew(offline)
})

describe('opened while nothing answers', () => {
  beforeAll(() => page.route('**/graphql', (route) => route.fulfill({ status: 500, body: 'broken' })))
  afterAll(() => page.unroute('**/graphql'))

  it.each(pages.filter(([path]) => path !== '/settings'))(
    '%s says so, offers to try again, and claims nothing',
    async (path, _, lie) => {
      await page.goto(setup.server.url + addressOf(path))

      await main().getByText('The server failed to answer.').first().waitFor()
      await main().getByRole('button', { name: 'Try again' }).last().waitFor()
      await expect.poll(() => main().getByText(lie).count()).toBe(0)
    },
  )
})

describe('where one question fails and all others are answered', () => {
  it.each([
    ['EngineState', '/schedules', 'whether schedules fire and workers run'],
    ['ScheduleWarnings', '/schedules', 'warnings of schedules'],
    ['LastOutcomes', '/schedules', 'last outcomes of schedules'],
    ['Advice', '/schedules', 'advice on schedules'],
    ['NextTen', '/schedules/1', 'the next ten times'],
    ['NextExcluded', '/exclusions/1', 'what is excluded next'],
    ['Next24Hours', '/calendar/week', 'how many runs are due in 24 hours'],
    ['CalendarUsers', '/calendar/week', 'which schedules use exclusion calendars'],
    ['Lanes', '/calendar/lanes', 'the schedules of the lanes'],
    ['WorkerSlots', '/calendar/lanes', 'slots of the workers'],
    ['LastLedgerCheck', '/runs', 'the state of the ledger'],
  ])('%s on %s: the page says what is missing, until it is not', async (question, path, what) => {
    const asks = new RegExp(`query ${question}\\b`)
    await page.route('**/graphql', (route) =>
      asks.test(route.request().postData() ?? '')
        ? route.fulfill({ json: { errors: [{ message: 'canceling statement due to statement timeout' }] } })
        : route.continue(),
    )
    await page.goto(setup.server.url + addressOf(path))
    const note = page.getByRole('alert').filter({ hasText: 'could not answer everything' })
    await note.getByText(what).waitFor()
    await expect.poll(() => main().getByText('Nothing in the next').count()).toBe(0)

    await page.unroute('**/graphql')
    // It also tries again by itself, and the button goes.
    await note
      .getByRole('button', { name: 'Try again' })
      .evaluateAll((buttons) => buttons.forEach((button) => (button as HTMLElement).click()))

    await note.waitFor({ state: 'detached' })
  })
})

describe('what keeps schedules from running', () => {
  it.each(pages)('%s says that no worker is running', async (path) => {
    await page.goto(setup.server.url + addressOf(path))

    await page
      .getByRole('alert')
      .filter({ hasText: 'No worker is running. Nothing runs until one is started.' })
      .waitFor()
  })

  describe('with a worker that fires nothing', () => {
    beforeAll(async () => {
      await setup.db.query(
        `select almanac_private.register_worker('blocked', 'host', 1, '0.1.0', 5, array['almanac:noop'])`,
      )
      await setup.db.query(`update almanac.workers set last_heartbeat_at = now() + interval '10 minutes'`)
      await setup.db.query(
        `begin; set local almanac.engine to 'on';
       update almanac.schedules set next_run_at = now() - interval '10 minutes' where name = 'nightly'; commit`,
      )
    })

    it.each(pages)('%s says since when schedules are overdue', async (path) => {
      await page.goto(setup.server.url + addressOf(path))
      await page
        .getByRole('alert')
        .filter({ hasText: /1 schedule is overdue/ })
        .getByText(/Since/)
        .waitFor()
    })
  })
})
