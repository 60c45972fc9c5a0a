import type { CDPSession, Locator, Page } from 'playwright-core'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let phone: Page
let session: CDPSession
let day: string
beforeAll(async () => {
  for (const [name, hour] of [
    ['first', 9],
    ['second', 11],
  ] as const)
    await setup.db.query(`select almanac.schedule_cron($1, $2, 'almanac:noop', timezone => 'UTC')`, [
      name,
      `0 ${hour} * * *`,
    ])
  const [row] = await setup.db.query<{ day: string }>(
    `select to_char(now() at time zone 'UTC' + interval '1 day', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  const page = await setup.signIn('admin')
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
  phone = await context.newPage()
  session = await context.newCDPSession(phone)
})

/** Opens a view, and waits until nothing more comes that could move what is pressed. */
const open = async (view: string) => {
  await phone.goto(`${setup.server.url}/calendar/${view}/${day}?zone=UTC`, { waitUntil: 'networkidle' })
  await chip('second').waitFor()
}
const chip = (name: string) => phone.getByRole('button', { name: new RegExp(`^${name}, `) }).first()
const bar = () => phone.getByRole('region', { name: 'Selection' })
let isDown = false
const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', x = 0, y = 0) => {
  isDown = type !== 'touchEnd'
  await session.send('Input.dispatchTouchEvent', { type, touchPoints: isDown ? [{ x, y }] : [] })
}
// A finger that a failed test left down would be a second one in the next.
afterEach(async () => {
  if (isDown) await touch('touchEnd')
})
const inside = async (locator: Locator) => {
  await locator.scrollIntoViewIfNeeded()
  const box = (await locator.boundingBox())!
  return { x: box.x + 24, y: box.y + 8 }
}

it.each(['day', 'agenda'])(
  'in the %s a long press selects one, taps select more, and all are skipped',
  async (view) => {
    await open(view)
    const { x, y } = await inside(chip('first'))
    await touch('touchStart', x, y)
    if (view === 'day') await phone.locator('.drag-ghost').waitFor()
    // The press is long once the page says so; in a list nothing is held.
    else
      await phone.waitForFunction(
        (from) => performance.now() - from > 450,
        await phone.evaluate(() => performance.now()),
      )
    await touch('touchEnd')
    await bar().getByText('1 selected').waitFor()
    await chip('second').tap()
    await bar().getByText('2 selected').waitFor()
    const box = (await bar().boundingBox())!
    expect(box.x >= 0 && box.x + box.width <= 390).toBe(true)

    await bar().getByRole('button', { name: 'Skip…' }).tap()
    await bar().getByRole('dialog').getByRole('button', { name: 'Skip 2' }).tap()
    const skipped = () =>
      setup.db.query(`select from almanac.occurrence_overrides where action = 'skip' and done_at is null`)
    await expect.poll(skipped).toHaveLength(2)
    await phone.getByRole('button', { name: 'Undo' }).last().tap()
    await expect.poll(skipped).toHaveLength(0)
    await expect.poll(() => phone.getByRole('dialog', { name: /^(first|second)$/ }).count()).toBe(0)
  },
)

it('a long press on an empty place of the day chooses it, going on a range, and nothing scrolls', async () => {
  await open('day')
  const { y } = await inside(chip('first'))
  const column = (await phone.locator('[data-day]').boundingBox())!
  const x = column.x + column.width - 30
  const scroller = phone.locator('[data-day]').locator('..')
  const before = await scroller.evaluate((element) => element.scrollTop)
  const from = y + column.height / 24 / 2 + 20
  await touch('touchStart', x, from)
  await phone.locator('.slot-mark').waitFor()
  await touch('touchMove', x, from + 20)
  await touch('touchMove', x, from + (column.height / 24) * 1.5)
  await expect.poll(() => phone.locator('.slot-mark').textContent()).toMatch(/–/)
  await touch('touchEnd')

  await phone.getByRole('dialog', { name: 'New schedule' }).waitFor()
  await expect.poll(() => scroller.evaluate((element) => element.scrollTop)).toBe(before)
  await phone.keyboard.press('Escape')
})

it('a finger that moves at once scrolls, and nothing is made, moved or selected', async () => {
  await open('day')
  const { x, y } = await inside(chip('second'))
  const scroller = phone.locator('[data-day]').locator('..')
  const before = await scroller.evaluate((element) => element.scrollTop)
  for (const start of [x, 360]) {
    await touch('touchStart', start, y)
    for (const by of [15, 40, 80, 120]) await touch('touchMove', start, y - by)
    await touch('touchEnd')
  }

  await expect.poll(() => scroller.evaluate((element) => element.scrollTop)).toBeGreaterThan(before + 50)
  await expect.poll(() => phone.locator('.drag-ghost, .slot-mark, .selection').count()).toBe(0)
  expect(setup.complaints).toEqual([])
})
