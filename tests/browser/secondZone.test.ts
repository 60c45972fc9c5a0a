import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
const date = '2027-01-13'
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('tokyo', '0 9 * * *', 'almanac:noop', timezone => 'Asia/Tokyo', settings => '{"ends_at": null}')`,
  )
  await setup.db.query(`update almanac.users set timezone = 'Europe/Paris' where username = 'admin'`)
  page = await setup.signIn('admin')
})

const open = async () => {
  await page.goto(`${setup.server.url}/calendar/day/${date}`)
  await page
    .getByRole('button', { name: /^tokyo, / })
    .first()
    .waitFor()
}
const head = () => page.getByRole('button', { name: /^Second time zone/ })
const kept = async () =>
  (
    await setup.db.query<{ zone: string | null }>(
      `select second_timezone as zone from almanac.users where username = 'admin'`,
    )
  )[0]?.zone
/** The second zone's hour next to one of the first. */
const secondHour = (hour: string) =>
  page.locator('.hours > div', { hasText: hour }).locator('small').first().textContent()

it('the second column of hours is in a zone of one’s choice, kept with the account', async () => {
  await open()
  await expect.poll(() => head().textContent()).toContain('UTC')
  await head().click()
  await page.getByRole('combobox', { name: 'Second time zone' }).fill('Kolkata')
  await page.getByRole('option', { name: 'Asia/Kolkata' }).click()

  await expect.poll(kept).toBe('Asia/Kolkata')
  await expect.poll(() => head().textContent()).toContain('Kolkata+05:30')
  await expect.poll(() => secondHour('10:00')).toBe('14:30')

  await page.reload()
  await expect.poll(() => head().textContent()).toContain('Asia/Kolkata')
  expect(setup.complaints).toEqual([])
})

it('by keys alone there is none, and one again', async () => {
  await open()
  await head().focus()
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Second time zone' }).waitFor()
  await page.keyboard.type('None')
  await page.keyboard.press('Enter')
  await expect.poll(kept).toBe('none')
  await expect.poll(() => head().textContent()).toContain('none')
  await expect.poll(() => page.locator('.hours small').count()).toBe(0)

  await head().focus()
  await page.keyboard.press('Enter')
  await page.getByRole('combobox', { name: 'Second time zone' }).waitFor()
  await page.keyboard.type('UTC')
  await page.keyboard.press('Enter')
  await expect.poll(kept).toBeNull()
})

it('an open occurrence shows the calendar by its schedule’s clock, and by one’s own again', async () => {
  await open()
  await page.getByRole('button', { name: /^tokyo, .* 01:00 Europe\/Paris/ }).click()
  const zones = page.getByRole('group', { name: 'Show the calendar in' })
  await zones.getByRole('link', { name: 'Schedule’s zone' }).click()
  await page.getByRole('button', { name: /^tokyo, .* 09:00 Asia\/Tokyo/ }).waitFor()

  await zones.getByRole('link', { name: 'My zone' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: /^tokyo, .* 01:00 Europe\/Paris/ }).waitFor()
})
