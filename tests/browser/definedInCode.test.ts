import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let id: string
beforeAll(async () => {
  await setup.db.query(`select from almanac.apply_schedules('app', '[{"name": "nightly", "kind": "cron",
    "cron_expression": "0 3 * * *", "task_identifier": "almanac:noop"}]', '1.4.0')`)
  const [row] = await setup.db.query<{ id: string }>(
    `select id::text from almanac.schedules where name = 'nightly'`,
  )
  id = row!.id
  page = await setup.signIn('admin')
})

it('a schedule that is defined in code says so, and has only its switch, pause and trigger', async () => {
  await page.goto(`${setup.server.url}/schedules/${id}`)
  await page.getByText('Defined in code by app, version 1.4.0.').waitFor()

  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Pause' }).waitFor()

  await page.getByRole('button', { name: 'Trigger now' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Delete' }).count()).toBe(0)
  await expect.poll(() => page.getByRole('link', { name: 'Edit' }).count()).toBe(0)
})

it('its form is not opened, and says where it is changed', async () => {
  await page.goto(`${setup.server.url}/schedules/${id}/edit`)

  await page.getByText('nightly is defined in code').waitFor()
  await page.getByRole('link', { name: 'View it' }).click()
  await page.getByRole('heading', { name: 'nightly' }).waitFor()
})
