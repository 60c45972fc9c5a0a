import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
let weekDay: string
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '0 12 * * *', 'almanac:noop', timezone => 'UTC')`,
  )
  const [row] = await setup.db.query<{ day: string; week_day: string }>(
    `select to_char(d + 1, 'YYYY-MM-DD') as day, to_char(date_trunc('week', d) + interval '8 days', 'YYYY-MM-DD') as week_day
     from (select (now() at time zone 'UTC')::date as d) t`,
  )
  day = row!.day
  weekDay = row!.week_day
  page = await setup.signIn('admin')
})
beforeEach(() =>
  setup.db.query(
    `select almanac.restore_occurrence('nightly', scheduled_for) from almanac.occurrence_overrides where done_at is null`,
  ),
)

const open = async (view = 'day', date = day) => {
  await page.goto(`${setup.server.url}/calendar/${view}/${date}?zone=UTC`)
  await chip().waitFor()
}
const chip = (text = '') => page.getByRole('button', { name: new RegExp(`^nightly, ${text}`) }).first()
const dialog = (name: RegExp) => page.getByRole('dialog', { name })
/** What has the focus: the first words of what is said of it, or of its text. */
const focused = () =>
  page.evaluate(() => {
    const { activeElement } = document
    return activeElement?.ariaLabel ?? activeElement?.textContent ?? ''
  })
const isWithin = (name: RegExp) =>
  dialog(name).evaluate((element) => element.contains(document.activeElement))

it.each([
  ['an occurrence', ['Enter'], /^nightly$/],
  ['a drop', ['Alt+ArrowDown', 'Enter'], /^Move nightly/],
  ['an empty place', ['Shift+C', 'Enter'], /^New schedule$/],
  ['the filter', ['/'], /^Filter/],
] as const)(
  'what is opened by keys has them: %s. Tab goes round in it, Escape gives the focus back',
  async (_, keys, name) => {
    await open()
    await chip().focus()
    for (const key of keys) await page.keyboard.press(key)
    await dialog(name).waitFor()
    await expect.poll(() => isWithin(name)).toBe(true)
    const stops = new Set<string>()

    for (let press = 0; press < 24; press += 1) {
      await page.keyboard.press('Tab')
      expect(await isWithin(name)).toBe(true)
      stops.add(await focused())
    }
    await page.keyboard.press('Escape')

    expect(stops.size).toBeGreaterThan(2)
    await dialog(name).waitFor({ state: 'detached' })
    await expect.poll(focused).toMatch(/^nightly, /)
  },
)

it('an occurrence keeps the focus where it goes to another day, and when that is undone', async () => {
  await open('week', weekDay)
  await chip('Tue').focus()
  await page.keyboard.press('Alt+ArrowRight')
  await page.keyboard.press('Alt+ArrowDown')
  await page.keyboard.press('Enter')
  await dialog(/^Move nightly/).waitFor()
  await page.keyboard.press('Enter')

  await expect.poll(focused).toMatch(/^nightly, Wed .* 12:15 UTC, moved manually/)
  await page.getByText(/^Moved nightly/).waitFor()
  await page.keyboard.press('z')
  await page.getByText(/^Undone: Moved nightly/).waitFor()
  await expect.poll(focused).toMatch(/^nightly, Tue .* 12:00 UTC, upcoming/)
})

it.each([
  ['Escape', ['Escape']],
  ['Cancel', ['Tab', 'Enter']],
  ['doing it', ['Enter']],
] as const)('after what is asked of several has ended by %s the focus is where it was', async (_, keys) => {
  await open()
  await chip().focus()
  await page.keyboard.press('Control+Space')
  await page.keyboard.press('x')
  await dialog(/^Skip 1 occurrence/).waitFor()
  await page.getByRole('button', { name: 'Skip 1' }).waitFor()
  await expect.poll(() => isWithin(/^Skip 1 occurrence/)).toBe(true)

  for (const key of keys) await page.keyboard.press(key)

  await dialog(/^Skip 1 occurrence/).waitFor({ state: 'detached' })
  await expect.poll(focused).toMatch(/^nightly, /)
})

it('by touch the question about a drop has the focus too, and gives it to the occurrence', async () => {
  const context = await page
    .context()
    .browser()!
    .newContext({
      hasTouch: true,
      isMobile: true,
      viewport: { width: 390, height: 844 },
      storageState: await page.context().storageState(),
      timezoneId: 'UTC',
    })
  const phone = await context.newPage()
  await phone.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  const own = phone.getByRole('button', { name: /^nightly, / }).first()
  await own.scrollIntoViewIfNeeded()
  const box = (await own.boundingBox())!
  const session = await context.newCDPSession(phone)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', by: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + 30, y: box.y + 8 + by }],
    })
  await touch('touchStart', 0)
  await phone.locator('.drag-ghost').waitFor()
  for (const by of [20, 40, 60]) await touch('touchMove', by)
  await expect.poll(() => phone.locator('.drag-ghost').textContent()).toMatch(/\+\d/)
  await touch('touchEnd', 0)
  const question = phone.getByRole('dialog', { name: /^Move nightly/ })
  await question.waitFor()
  await expect.poll(() => question.evaluate((element) => element.contains(document.activeElement))).toBe(true)

  await question.getByRole('button', { name: 'Cancel' }).tap()

  await question.waitFor({ state: 'detached' })
  await expect.poll(() => own.evaluate((element) => element === document.activeElement)).toBe(true)
  await context.close()
})
