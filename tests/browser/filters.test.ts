import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  const { db } = setup
  await db.query(
    `select almanac.schedule_cron('invoices', '0 6 * * *', 'test:gate', settings => '{"tags": ["finance"]}'),
       almanac.schedule_cron('ledger close', '0 7 * * *', 'almanac:noop', settings => '{"tags": ["finance", "night"]}'),
       almanac.schedule_cron('sync', '0 8 * * *', 'almanac:noop'),
       almanac.trigger_now('sync')`,
  )
  await db.query(
    `update almanac.runs set status = 'failed', started_at = due_at, finished_at = due_at, attempt = 1`,
  )
  page = await setup.signIn('admin')
})

const patient = { timeout: 20_000 }
const panel = () => page.getByRole('dialog', { name: 'Filter and saved views' })
const main = () => page.locator('main')
const strip = () => page.getByRole('complementary', { name: 'Next up' })
const count = (name: RegExp) => main().getByRole('button', { name }).count()
const choose = async (filter: string, option: string) => {
  const field = panel()
    .getByRole('combobox', { name: filter })
    .or(panel().getByRole('textbox', { name: filter }))
  await field.first().click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

it.each(['week', 'month', 'day', 'agenda', 'lanes'])(
  'the %s shows what the address leaves, the strip as well',
  async (view) => {
    await page.goto(`${setup.server.url}/calendar/${view}/2027-02-10?zone=UTC&tag=finance&task=test:gate`)
    await page.locator('.calendar-main').getByText('invoices').first().waitFor()
    await strip().or(page.locator('.calendar:not(:has(.strip))')).first().waitFor()

    await expect
      .poll(() =>
        main()
          .getByText(/^(sync|ledger close)$/)
          .count(),
      )
      .toBe(0)
    await page.getByRole('region', { name: 'Filtered' }).getByText('finance').waitFor()
  },
)

it('the year counts what the address leaves', async () => {
  await page.goto(`${setup.server.url}/calendar/year/2027-01-01?zone=UTC&tag=night`)
  const days = main().getByRole('button', { name: /1 upcoming/ })
  await days.first().waitFor()

  await expect
    .poll(() =>
      main()
        .getByRole('button', { name: /[23] upcoming/ })
        .count(),
    )
    .toBe(0)
})

it('filters are chosen by keyboard and pointer, are in the address, and are taken away one by one', async () => {
  await page.goto(`${setup.server.url}/calendar/week/2027-02-10?zone=UTC`)
  await main().getByRole('button', { name: /^sync/ }).first().waitFor()
  await page.keyboard.press('/')
  await page.locator('input:focus').waitFor()
  await page.keyboard.type('INV')
  await expect.poll(() => count(/^sync/), patient).toBe(0)
  expect(await count(/^invoices/)).toBeGreaterThan(0)
  await strip().getByText('No failures in this filter.').waitFor()

  await choose('Tag', 'night')
  await page.getByText('No schedules match this filter.').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => panel().count()).toBe(0)
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('title')))
    .toMatch(/^Filter/)
  expect(new URL(page.url()).searchParams.get('tag')).toBe('night')

  await page.getByRole('button', { name: 'Remove the filter: Name contains INV' }).click()
  await expect.poll(() => count(/^ledger close/), patient).toBeGreaterThan(0)
  await page.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(() => count(/^sync/), patient).toBeGreaterThan(0)
})

it('a status leaves what failed, in grid and strip', async () => {
  await page.goto(`${setup.server.url}/calendar/week?zone=UTC&status=failed`)
  await main()
    .getByRole('button', { name: /^sync.*failed/i })
    .first()
    .waitFor()

  expect(await count(/^(invoices|ledger close)/)).toBe(0)
  await expect
    .poll(() => strip().getByRole('heading').allInnerTexts())
    .toEqual([expect.stringMatching(/^Failed in the last 24 h/)])
})

it('a view is saved, chosen from another browser, renamed and deleted', async () => {
  await page.goto(`${setup.server.url}/calendar/month/2027-02-10?zone=UTC&by=almanac_test_owner&tag=night`)
  await page.getByRole('button', { name: /^Filter/ }).click()
  await panel().getByLabel('Name of this view').fill('Nights')
  await panel().getByRole('button', { name: 'Save' }).click()
  await panel().getByRole('link', { name: 'Nights' }).waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])

  const other = await setup.signIn('admin')
  await other.getByRole('button', { name: 'Filter' }).click()
  await other.getByRole('link', { name: 'Nights' }).click()
  await expect.poll(() => other.url(), patient).toMatch(/\/calendar\/month\?/)
  expect(new URL(other.url()).searchParams.get('tag')).toBe('night')
  await other
    .locator('main')
    .getByRole('button', { name: /^ledger close/ })
    .first()
    .waitFor()

  await panel().getByRole('button', { name: 'Rename Nights' }).click()
  await panel().getByLabel('New name of Nights').fill('At night')
  await page.keyboard.press('Enter')
  await panel().getByRole('link', { name: 'At night' }).waitFor()
  await panel().getByRole('button', { name: 'Delete At night' }).click()
  await expect.poll(() => panel().getByRole('link').count(), patient).toBe(0)
  expect(await setup.db.query(`select saved_views from almanac.users where username = 'admin'`)).toEqual([
    { saved_views: [] },
  ])
  expect(setup.complaints).toEqual([])
})
