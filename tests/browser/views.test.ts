import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  const { db } = setup
  await db.query(
    `select almanac.schedule_cron('nightly', '30 3 * * *', 'almanac:noop', timezone => 'Europe/Paris')`,
  )
  await db.query(
    `select almanac.schedule_cron('workday', '0 9 * * 1-5', 'almanac:noop', timezone => 'Europe/Paris')`,
  )
  await db.query(
    `select almanac.schedule_cron('herd ' || n, '0 12 * * *', 'almanac:noop', timezone => 'UTC')
       from generate_series(1, 30) n`,
  )
  page = await setup.signIn('admin')
})

const open = (path: string) => page.goto(`${setup.server.url}${path}`)
const views = () => page.getByRole('navigation', { name: 'View' })

it('every view is chosen by its key and by the switch, and is listed in the help', async () => {
  await open('/calendar/week/2027-06-16?zone=UTC')
  await page.getByRole('grid', { name: 'Week' }).waitFor()

  for (const [key, view] of Object.entries({
    d: 'day',
    m: 'month',
    a: 'agenda',
    y: 'year',
    l: 'lanes',
    w: 'week',
  })) {
    await page.keyboard.press(key)
    await page.waitForURL(`**/calendar/${view}/2027-06-16?zone=UTC`)
    const name = view[0]!.toUpperCase() + view.slice(1)
    await expect.poll(() => views().locator('[aria-current=page]').textContent()).toBe(name)
  }
  await page.keyboard.press('Shift+?')
  for (const name of ['Agenda, year, lanes', 'Zoom'])
    await page
      .getByText(new RegExp(`^${name}`))
      .last()
      .waitFor()
  await page.keyboard.press('Escape')
})

it.each([1400, 1024, 390])('at %i px every view is reached without scrolling sideways', async (width) => {
  await page.setViewportSize({ width, height: 844 })
  for (const view of ['Day', 'Week', 'Month', 'Agenda', 'Year', 'Lanes']) {
    if (width < 1100) await page.getByRole('combobox', { name: 'View' }).selectOption(view.toLowerCase())
    else await views().getByText(view).click()
    await page.waitForURL(`**/calendar/${view.toLowerCase()}/**`)
    await expect
      .poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth))
      .toBe(0)
  }
  await page.setViewportSize({ width: 1440, height: 900 })
})

it('a year counts each day as SQL does, and opens it', async () => {
  await open('/calendar/year/2027-01-01?zone=Europe/Paris')
  const rows = await setup.db.query<{ day: string; total: number }>(
    `select to_char(starts_at at time zone 'Europe/Paris', 'YYYY-MM-DD') as day, total::int
       from almanac.calendar('2027-01-01 Europe/Paris', '2028-01-01 Europe/Paris', 'Europe/Paris', '1 day',
         max_count => 0, with_system => false)
       order by 1`,
  )
  const day = page.locator('.year-month button')
  await day.nth(364).waitFor()
  await expect.poll(() => day.count()).toBe(365)

  const texts = await page.locator('.year-month .visually-hidden').allTextContents()

  expect(rows.length).toBe(365)
  expect(texts.map((text) => Number(/: ([\d,]+) upcoming$/.exec(text)?.[1]))).toEqual(
    rows.map(({ total }) => total),
  )
  await page.getByRole('button', { name: /^Sunday 28 March 2027: / }).click()
  await page.waitForURL(/\/calendar\/day\/2027-03-28\?/)
})

it('more than a cell of the month holds opens the list of that day', async () => {
  await open('/calendar/month/2027-06-16?zone=UTC')

  await page.getByRole('button', { name: /^\+\d+ more on Wed 16 Jun/ }).click()

  await page.waitForURL('**/calendar/agenda/2027-06-16?zone=UTC')
  await page.getByRole('button', { name: /^30 schedules, 12:00/ }).waitFor()
})

it('a pile counts what it holds, and lists it', async () => {
  await open('/calendar/week/2027-06-16?zone=UTC')

  await page.getByRole('button', { name: /^30 at 12:00, Wed 16 Jun UTC, 30 upcoming$/ }).click()

  await expect.poll(() => page.locator('.item-panel').getByRole('button', { name: /herd/ }).count()).toBe(30)
})

it.each(['day', 'week'])('the hours of a %s zoom around the pointer, by wheel and by key', async (view) => {
  await open(`/calendar/${view}/2027-06-16?zone=UTC`)
  const noon = page.locator('.hours span', { hasText: '12:00' })
  const place = async () => (await noon.boundingBox())!.y
  const height = () => page.locator('.hours').evaluate((element) => element.clientHeight)
  await noon.waitFor()
  const [before, y] = [await height(), await place()]
  await page.mouse.move(700, y + 7)

  await page.keyboard.down('Control')
  await page.mouse.wheel(0, -300)
  await page.keyboard.up('Control')

  await expect.poll(height).toBeGreaterThan(before * 2)
  expect(Math.abs((await place()) - y)).toBeLessThan(3)
  await page.keyboard.press('-')
  await page.keyboard.press('-')
  await page.keyboard.press('-')
  await expect.poll(height).toBe(before)
  await page.keyboard.press('=')
  await expect.poll(height).toBeGreaterThan(before * 1.4)
  expect(Math.abs((await place()) - y)).toBeLessThan(3)
})

it('no page complained', () => {
  expect(setup.complaints).toEqual([])
})
