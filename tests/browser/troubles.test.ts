import { AxeBuilder } from '@axe-core/playwright'
import { Client } from 'pg'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestWorker } from '../../worker/testing/startTestWorker.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await setup.db.query(`select almanac.register_task('gone:task', 'Gone')`)
  await setup.db.query(`select almanac.schedule_every('orphan', '1 hour', 'gone:task')`)
  page = await setup.signIn('admin')
})

const open = (path: string) => page.goto(`${setup.server.url}${path}?zone=UTC`)
const note = (text: string) => page.getByRole('alert').filter({ hasText: text })

/** What is said is accessible, and no page is wider than a narrow phone. */
async function expectReadable(): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  await page.setViewportSize({ width: 360, height: 800 })
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth))
    .toBe(0)
  await page.setViewportSize({ width: 1440, height: 900 })
}

it('every page says that no worker is running, until one is', async () => {
  await open('/calendar/week')
  await note('No worker is running').getByText('npx almanac worker').waitFor()
  await expectReadable()

  const worker = await startTestWorker(setup.db.connectionStringFor('worker'))
  await note('No worker is running').waitFor({ state: 'detached' })
  await worker.close()
})

it('a run whose task no worker has says which, and what to do', async () => {
  const worker = await startTestWorker(setup.db.connectionStringFor('worker'))
  await setup.db.query(`select almanac.trigger_now('orphan')`)
  const [run] = await setup.db.query<{ id: string }>(
    `select id from almanac.runs where schedule_name = 'orphan'`,
  )

  await open(`/runs/${run!.id}`)
  await page
    .getByRole('region', { name: 'Blocked' })
    .getByText('No running worker has the task gone:task')
    .waitFor()
  await expectReadable()
  await page.getByRole('region', { name: 'Blocked' }).getByRole('link', { name: 'schedule' }).click()
  await note('cannot start').getByText('change the task of this schedule').waitFor()
  await worker.close()
})

it('a worker that cannot take jobs says since when and why, until it can', async () => {
  const worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    heartbeatInterval: 200,
    stalledAfter: 1_000,
  })
  const holder = new Client({ connectionString: setup.db.adminConnectionString })
  await holder.connect()
  await holder.query('begin; lock table graphile_worker._private_jobs in access exclusive mode')

  await open('/workers')
  await page
    .getByRole('row', { name: /Takes no jobs since/ })
    .getByText('lock timeout')
    .waitFor()
  await expectReadable()

  await holder.query('rollback')
  await page.getByText(/Takes no jobs since/).waitFor({ state: 'detached' })
  await holder.end()
  await worker.close()
})

it('every page of a copy says that nothing runs there and how to adopt it, until it is adopted', async () => {
  await setup.db.query('update almanac_private.place set database_oid = 5')
  await open('/schedules')
  await note('This database is a copy').getByText('npx almanac adopt --skip').waitFor()
  await expect.poll(() => page.getByRole('alert').count()).toBe(1)
  await expectReadable()

  await setup.db.query(`select almanac.adopt('skip')`)
  await note('This database is a copy').waitFor({ state: 'detached' })
})
