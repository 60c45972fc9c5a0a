import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
beforeAll(async () => {
  await setup.db.query(
    `insert into almanac.users (username, role) values ('vic', 'viewer');
     select almanac.schedule_cron('afternoon', '30 14 * * *', 'almanac:noop')`,
  )
})

/** A page under load takes its time. */
const patient = { timeout: 20_000 }

const kept = async (username: string) =>
  (
    await setup.db.query(
      'select timezone, clock_hours, week_starts_on from almanac.users where username = $1',
      [username],
    )
  )[0]

const field = (page: Page, label: string) =>
  page.getByRole('region', { name: 'Time' }).getByRole('combobox', { name: label, exact: true })

async function choose(page: Page, label: string, option: string): Promise<void> {
  await field(page, label).click()
  await field(page, label).fill(option)
  await page.getByRole('option', { name: option }).click()
}

it.each([
  ['desk', 1440, 'admin'],
  ['phone', 390, 'vic'],
])(
  'on a %s one chooses zone, clock and week, for every view and every browser',
  async (_what, width, user) => {
    const page = await setup.signIn(user)
    await page.setViewportSize({ width, height: 844 })
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Settings' }).click()
    const time = page.getByRole('region', { name: 'Time' })

    await choose(page, 'Time zone', 'Australia/Adelaide')
    await time.getByText('there, +10:30').waitFor()
    await time.getByText('12 hours').click()
    await expect.poll(() => kept(user), patient).toMatchObject({ clock_hours: 12 })
    await time.getByLabel('First day of the week').click()
    await page.getByRole('option', { name: 'Sunday' }).click()
    await expect
      .poll(() => kept(user), patient)
      .toEqual({ timezone: 'Australia/Adelaide', clock_hours: 12, week_starts_on: 7 })
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth))
      .toBe(0)

    const elsewhere = await setup.signIn(user)
    await elsewhere.goto(`${setup.server.url}/calendar/month/2027-02-10`)
    await elsewhere
      .getByRole('button', { name: /^afternoon, .* 1:00 am Australia\/Adelaide/ })
      .first()
      .waitFor()
    await expect.poll(() => elsewhere.getByRole('columnheader').first().textContent()).toMatch(/^Sun/)
    await elsewhere.goto(`${setup.server.url}/calendar/week/2027-02-10`)
    await elsewhere.getByRole('heading', { name: /^7–13 Feb/ }).waitFor()
    // Rules in words by the same clock
    await elsewhere.goto(`${setup.server.url}/schedules`)
    await elsewhere.getByText(/^At 2:30\spm every day/).waitFor()
    expect(setup.complaints).toEqual([])
  },
)

it('the zone of the bar holds for the tab; that of the account is what a new one begins with', async () => {
  await setup.db.query(
    `update almanac.users set timezone = 'Europe/Paris', clock_hours = null where username = 'admin'`,
  )
  const page = await setup.signIn('admin')
  const zone = page.getByRole('banner').getByRole('combobox', { name: 'Time zone' })
  await expect.poll(() => zone.inputValue(), patient).toBe('Europe/Paris +01')

  await zone.focus()
  await expect
    .poll(() => zone.evaluate((input: HTMLInputElement) => input.selectionEnd))
    .toBe('Europe/Paris +01'.length)
  await page.keyboard.type('Kathmandu')
  await page.getByRole('option', { name: 'Asia/Kathmandu +05:45' }).click()
  await page.reload()

  await expect.poll(() => zone.inputValue(), patient).toBe('Asia/Kathmandu +05:45')
  await expect.poll(() => kept('admin')).toMatchObject({ timezone: 'Europe/Paris' })
  const other = await page.context().newPage()
  await other.goto(`${setup.server.url}/runs`)
  await expect
    .poll(() => other.getByRole('combobox', { name: 'Time zone' }).inputValue(), patient)
    .toBe('Europe/Paris +01')
})

it('what the database refuses is said, and stays as it was', async () => {
  await setup.db.query(`update almanac.users set timezone = null where username = 'vic'`)
  const page = await setup.signIn('vic')
  await page.goto(`${setup.server.url}/settings`)
  await setup.db.query(`delete from almanac_private.timezones where name = 'Europe/Rome'`)

  await choose(page, 'Time zone', 'Europe/Rome')

  await page.getByRole('alert').filter({ hasText: "'Europe/Rome' is not a time zone" }).waitFor()
  await expect.poll(() => field(page, 'Time zone').inputValue(), patient).toBe('Same as the browser: UTC')
  await expect.poll(() => kept('vic')).toMatchObject({ timezone: null })
})
