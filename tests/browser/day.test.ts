import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let today: string
beforeAll(async () => {
  const { db } = setup
  // Due every day, and twice in the hour that Paris has twice.
  await db.query(`select almanac.schedule_cron('nightly', '30 0,1 * * *', 'almanac:noop', timezone => 'UTC')`)
  await db.query(`select almanac.schedule_cron('often', '*/5 * * * *', 'almanac:noop', timezone => 'UTC')`)
  const [row] = await db.query<{ today: string }>(
    `select to_char(now() at time zone 'UTC', 'YYYY-MM-DD') as today`,
  )
  today = row!.today
  page = await setup.signIn('admin')
})

const shift = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
const title = (date: string) =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: 'UTC' })
    .format(Date.parse(`${date}T00:00Z`))
    .replace(',', '')
const chips = () => page.getByRole('button', { name: /^nightly, / })
/** A zone in which it is past eight in the evening now. */
function zoneOfEvening(): string {
  const hours = ((20 - new Date().getUTCHours() + 12) % 24) - 12
  return `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`
}
const isNowInView = () =>
  page.locator('.hours-now span').evaluate((mark) => {
    const grid = mark.closest('.week-body')!.getBoundingClientRect()
    const { top, bottom } = mark.getBoundingClientRect()
    return top >= grid.top - 8 && bottom <= grid.bottom + 8
  })

it('opens by key from the week, and moves forward, back and to today by a day', async () => {
  await page.goto(`${setup.server.url}/calendar/week/${shift(today, 1)}?zone=UTC`)
  await chips().first().waitFor()

  await page.keyboard.press('d')
  await page.waitForURL(`**/calendar/day/${shift(today, 1)}?zone=UTC`)
  await page.getByRole('heading', { name: title(shift(today, 1)), level: 1 }).waitFor()
  await page.getByRole('grid', { name: 'Day' }).waitFor()
  await expect.poll(() => chips().count()).toBe(2)
  await expect.poll(() => page.getByRole('button', { name: /^often, .* 288 upcoming/ }).count()).toBe(1)
  await expect.poll(() => page.locator('.lane-names').textContent()).toBe('often')

  await page.keyboard.press('j')
  await page.getByRole('heading', { name: title(shift(today, 2)), level: 1 }).waitFor()
  await page.keyboard.press('k')
  await page.keyboard.press('k')
  await page.keyboard.press('k')
  await page.getByRole('heading', { name: title(shift(today, -1)), level: 1 }).waitFor()
  await page.keyboard.press('t')
  await page.getByRole('heading', { name: title(today), level: 1 }).waitFor()
  expect(setup.complaints).toEqual([])
})

it('is opened by the number of a day in the week and in the month, and left by the switch', async () => {
  for (const view of ['week', 'month']) {
    await page.goto(`${setup.server.url}/calendar/${view}/${today}?zone=UTC`)
    await page.getByRole('button', { name: title(today) }).click()
    await page.waitForURL(`**/calendar/day/${today}?zone=UTC`)
  }

  await page.getByRole('navigation', { name: 'View' }).getByText('Week').click()

  await page.waitForURL(`**/calendar/week/${today}?zone=UTC`)
})

it.each(['day', 'week'])('the %s opens scrolled to now where it does not fit', async (view) => {
  await page.setViewportSize({ width: 1440, height: 360 })
  await page.goto(`${setup.server.url}/calendar/${view}?zone=${encodeURIComponent(zoneOfEvening())}`)
  await page.locator('.hours-now span').waitFor()

  await expect.poll(isNowInView).toBe(true)
  await page.setViewportSize({ width: 1440, height: 900 })
})

it('is a grid of hours on a phone too, no wider than it', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${setup.server.url}/calendar/day/${shift(today, 1)}?zone=UTC`)

  await page.getByRole('grid', { name: 'Day' }).waitFor()
  await expect.poll(() => chips().count()).toBe(2)
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth))
    .toBe(0)
  await page.setViewportSize({ width: 1440, height: 900 })
})

it('shows both times of an hour that comes twice, one below the other', async () => {
  await page.goto(`${setup.server.url}/calendar/day/2027-10-31?zone=Europe/Paris`)
  await page.getByText('25 h').waitFor()

  await expect.poll(() => chips().count()).toBe(2)
  const [first, second] = await Promise.all([0, 1].map((index) => chips().nth(index).boundingBox()))
  await expect
    .poll(() => chips().allTextContents())
    .toEqual([expect.stringContaining('02:30 +02'), expect.stringContaining('02:30 +01')])
  expect(second!.y - first!.y).toBeGreaterThan(25)
})
