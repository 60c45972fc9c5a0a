import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createGate } from '../../worker/testing/gate.ts'
import { startTestWorker, type TestWorker } from '../../worker/testing/startTestWorker.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let worker: TestWorker
let page: Page
const gate = createGate()
beforeAll(async () => {
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier, max_attempts)
     values ('report', 'manual', 'test:gate', 1), ('queue', 'manual', 'test:gate', 1)`,
  )
  worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    concurrency: 1,
    tasks: { 'test:gate': gate.task },
  })
  page = await setup.signIn('admin')
})
afterAll(async () => {
  gate.open()
  await worker.close()
})

const trigger = async (name: string) =>
  (await setup.db.query<{ id: string }>(`select (almanac.trigger_now($1)).id::text as id`, [name]))[0]!.id
const drawer = (id: string) => page.getByRole('complementary', { name: `Run ${id}` })
const dialog = () => page.getByRole('dialog')
const seeClean = async () => {
  // The header of a dialog is not a banner of the page: Mantine's element is one within a section.
  const { violations } = await new AxeBuilder({ page })
    .include('[role=dialog]')
    .disableRules('landmark-no-duplicate-banner')
    .analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

it('a running run is cancelled with a reason, is stopping until its task has ended, and is repeated', async () => {
  const id = await trigger('report')
  await gate.entered()
  await page.goto(`${setup.server.url}/runs?run=${id}&zone=UTC`)

  await drawer(id).getByRole('button', { name: 'Cancel', exact: true }).click()
  await dialog().getByLabel('Reason').fill('wrong data')
  await seeClean()
  await dialog().getByRole('button', { name: 'Cancel the run' }).click()
  await drawer(id).getByText('Stopping', { exact: true }).waitFor()
  await drawer(id).getByText('being cancelled by admin: wrong data', { exact: true }).waitFor()
  gate.open(new Error('stopped'))
  await drawer(id).getByText('Cancelled', { exact: true }).waitFor()
  await drawer(id)
    .getByText(/cancelled by admin: wrong data/)
    .first()
    .waitFor()

  await drawer(id).getByRole('button', { name: 'Retry' }).click()
  await dialog().getByLabel('Reason').fill('right now')
  await dialog().getByRole('button', { name: 'Retry' }).click()
  await gate.entered()
  const [retry] = await setup.db.query<{ id: string; request_reason: string }>(
    'select id::text, request_reason from almanac.runs where retried_from = $1',
    [id],
  )
  expect(retry?.request_reason).toBe('right now')
  await drawer(retry!.id).getByText(`Repeats run #${id}`).waitFor()
  await drawer(retry!.id).getByText('Running', { exact: true }).waitFor()
})

it('all that the list is narrowed to are cancelled, counted beforehand', async () => {
  for (let runs = 0; runs < 3; runs++) await trigger('queue')
  await page.goto(`${setup.server.url}/runs?zone=UTC&q=queue`)

  await page.getByRole('button', { name: 'Cancel all…' }).click()
  await dialog().getByText('3 runs that no worker has taken: cancelled at once.').waitFor()
  await seeClean()
  await dialog().getByRole('button', { name: 'Cancel 3 runs' }).click()

  await page.getByText('3 runs cancelled').waitFor()
  await expect
    .poll(() => setup.db.query(`select distinct status from almanac.runs where schedule_name = 'queue'`))
    .toEqual([{ status: 'cancelled' }])
  expect(setup.complaints).toEqual([])
})
