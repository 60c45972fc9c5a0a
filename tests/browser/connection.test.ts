import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGate, type Gate } from '../../server/testing/gate.ts'
import { startTestWorker, type TestWorker } from '../../worker/testing/startTestWorker.ts'
import { useBrowser } from './useBrowser.ts'
import { startServerProcess, type ServerProcess } from './serverProcess.ts'

const setup = useBrowser({
  startServer: async (connectionString) => {
    gate = await startGate(connectionString)
    return (server = await startServerProcess(gate.url))
  },
})
let server: ServerProcess
let gate: Gate
let worker: TestWorker
let page: Page
beforeAll(async () => {
  worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    tasks: { 'test:fails': () => Promise.reject(new Error('the disk is full')) },
  })
  await setup.db.query(`select almanac.register_task('test:fails', 'Fails')`)
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier, max_attempts)
     values ('first', 'manual', 'test:fails', 1), ('second', 'manual', 'test:fails', 1), ('third', 'manual', 'test:fails', 1)`,
  )
})
afterAll(async () => {
  await worker.close()
  await gate.close()
})
beforeEach(async () => {
  page = await setup.signIn('admin')
  await open('/calendar/week')
  await dot('Live').waitFor()
})
afterEach(() => page.context().close())

const open = (path: string) => page.goto(`${setup.server.url}${path}?zone=UTC`)
const dot = (name: string) => page.getByRole('img', { name })
/** The banner; a part of the page may say the same. */
const note = (text: string) => page.getByText(text).first()
const strip = () => page.getByRole('complementary', { name: 'Next up' })
const failures = () => strip().locator('section').filter({ hasText: 'Failed in the last 24 h' })

/** Has a manual schedule run, which fails. */
async function fail(name: string): Promise<void> {
  await setup.db.query(`select almanac.trigger_now($1)`, [name])
  await expect
    .poll(() =>
      setup.db.query(`select from almanac.runs where schedule_name = $1 and status = 'failed'`, [name]),
    )
    .toHaveLength(1)
}

/** What is shown says that it is old, and is readable nevertheless. */
async function expectOld(why: string): Promise<void> {
  await note(why).waitFor()
  await page.getByText(/As of \d\d:\d\d:\d\d, \d+ s ago/).waitFor()
  await page.locator('main[data-stale]').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

async function expectCurrent(): Promise<void> {
  await dot('Live').waitFor()
  await page.getByText(/As of \d\d:\d\d:\d\d/).waitFor({ state: 'detached' })
  await expect.poll(() => page.locator('main[data-stale]').count()).toBe(0)
}

it('a frozen server is noticed, what is shown gets an age and no all-clear, and all is caught up with on its return', async () => {
  await failures().getByText('No failures.', { exact: true }).waitFor()

  server.freeze()
  try {
    await fail('first')
    await dot('Connection lost').waitFor({ timeout: 15_000 })
    await failures()
      .getByText(/^No failures as of /)
      .waitFor()
    await expectOld('The connection to the server was lost.')
    await expect.poll(() => page.locator('main').getByRole('alert').count()).toBe(0)
  } finally {
    server.thaw()
  }

  await failures().getByText('first').waitFor()
  await failures().getByText('the disk is full').waitFor()
  await expectCurrent()
})

it('a database that stops is told at once, and read again on its return', async () => {
  await gate.shut()
  try {
    await dot('The database is not responding').waitFor()
    await fail('second')
    await expectOld('The database is not responding.')
    await expect.poll(() => failures().getByText('second').count()).toBe(0)
  } finally {
    await gate.open()
  }
  await failures().getByText('second').waitFor()
  await expectCurrent()
})

it('a browser without a network says so at once, and catches up when it has one', async () => {
  await page.context().setOffline(true)
  await note('This device is offline.').waitFor()
  await fail('third')
  await expectOld('This device is offline.')
  // One truth: no part of the page says the same in other words.
  await expect.poll(() => page.locator('main').getByRole('alert').count()).toBe(0)

  await page.context().setOffline(false)
  await failures().getByText('third').waitFor()
  await expectCurrent()
})

it('a page that is opened while nothing answers claims nothing', async () => {
  await page.route('**/graphql', (route) => route.fulfill({ status: 500, body: 'broken' }))
  await page.reload()

  await strip().getByText('Upcoming, running and failed runs are not known.').waitFor()
  await strip().getByText('The server failed to answer.').waitFor()
  await expect.poll(() => page.getByText('No failures').count()).toBe(0)
  await expect.poll(() => page.getByText('No schedules yet').count()).toBe(0)

  await page.unroute('**/graphql')
  const first = failures().getByText('first').waitFor()
  // It also tries again by itself, and the button goes.
  await Promise.any([first, strip().getByRole('button', { name: 'Try again' }).click()])
  await first
})

it('the end of a session leads to the sign-in page, not to old data', async () => {
  await setup.db.query('delete from almanac_private.sessions')

  await page.getByRole('heading', { name: 'Sign in with a link' }).waitFor({ timeout: 60_000 })
})
