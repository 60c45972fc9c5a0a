import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron(name, '0 3 * * *', 'almanac:noop', '{}', 'UTC', '{"tags": ["daily"]}')
     from unnest(array['first', 'second', 'third']) name`,
  )
  await setup.db.query(`select almanac.schedule_cron('never', '0 0 31 2 *', 'almanac:noop')`)
  for (const name of ['first', 'second']) await setup.db.query(`select almanac.trigger_now($1)`, [name])
  page = await setup.signIn('admin')
})

const table = (name: string) => page.getByRole('table', { name })
const focused = () => page.evaluate(() => document.activeElement?.textContent)
const bar = () => page.getByRole('navigation', { name: 'Breadcrumb' })

it('schedules are filtered, sorted, walked through and opened without a pointer, and the way back keeps the filter', async () => {
  await page.goto(`${setup.server.url}/schedules?zone=UTC&tag=daily`)
  await table('Schedules').getByRole('link', { name: 'first' }).focus()

  await page.keyboard.press('ArrowDown')
  expect(await focused()).toBe('second')
  await page.keyboard.press('End')
  expect(await focused()).toBe('third')
  await page.keyboard.press('Home')
  expect(await focused()).toBe('first')

  await table('Schedules').getByRole('button', { name: 'Name' }).focus()
  await page.keyboard.press('Enter')
  await expect
    .poll(() => table('Schedules').locator('tbody a').allInnerTexts())
    .toEqual(['third', 'second', 'first'])

  await table('Schedules').getByRole('link', { name: 'second' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'second', level: 1 }).waitFor()
  expect((await bar().innerText()).replaceAll(/\s+/g, ' ')).toBe('Schedules / second')
  await bar().getByRole('link', { name: 'Schedules' }).press('Enter')
  await table('Schedules').getByRole('link', { name: 'third' }).waitFor()
  expect(new URL(page.url()).search).toBe('?zone=UTC&tag=daily&descending=true')
})

it('runs are walked through and opened without a pointer, and the way back keeps the filter', async () => {
  await page.goto(`${setup.server.url}/runs?zone=UTC&trigger=manual`)
  const links = table('Runs').locator('tbody a')
  await expect.poll(() => links.count()).toBe(2)
  const [top, next] = await links.allInnerTexts()
  await links.first().focus()

  await expect.poll(focused).toBe(top)
  await page.keyboard.press('ArrowDown')
  expect([await focused(), await links.allInnerTexts()]).toEqual([next, [top, next]])
  await page.keyboard.press('ArrowUp')
  expect(await focused()).toBe(top)
  await page.keyboard.press('Enter')
  await page.getByRole('complementary').getByRole('link', { name: 'Open' }).press('Enter')
  await bar().waitFor()
  expect((await bar().innerText()).replaceAll(/\s+/g, ' ')).toBe(`Runs / ${top}`)
  await bar().getByRole('link', { name: 'Runs' }).press('Enter')
  await expect.poll(() => links.count()).toBe(2)
  expect(new URL(page.url()).search).toBe('?zone=UTC&trigger=manual')
})

it('a schedule that never runs is found by that, and not among those that are completed', async () => {
  await page.goto(`${setup.server.url}/schedules?zone=UTC&status=never`)
  await table('Schedules')
    .getByRole('row', { name: /^Never runs never/ })
    .waitFor()
  await page.goto(`${setup.server.url}/schedules?zone=UTC&status=completed`)
  await page.getByText('No schedules match this filter.').waitFor()
})
