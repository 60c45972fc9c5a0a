import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
/** In the middle of a month, where its neighbours are on the same page. */
let day: string
beforeAll(async () => {
  const { db } = setup
  await db.query(`select almanac.create_calendar('freeze', timezone => 'UTC')`)
  const [row] = await db.query<{ day: string }>(
    `select to_char(date_trunc('month', now() at time zone 'UTC') + interval '1 month 14 days', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  await db.query(
    `select almanac.exclude_range('freeze', ($1::date + time '18:00') at time zone 'UTC', ($1::date + time '20:00') at time zone 'UTC', 'Backup window')`,
    [day],
  )
  await db.query(`select almanac.exclude_dates('freeze', $1::date + 2, label => 'Stocktaking')`, [day])
  await db.query(
    `select almanac.schedule_cron('neighbour', '45 13 * * *', 'almanac:noop', timezone => 'UTC')`,
  )
  page = await setup.signIn('admin')
})
beforeEach(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '7 12 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"calendars": ["freeze"]}')`,
  )
  await setup.db.query(
    `select almanac.restore_occurrence('nightly', scheduled_for) from almanac.occurrence_overrides where done_at is null`,
  )
})

const open = async (view: string, from: Page = page) => {
  await from.goto(`${setup.server.url}/calendar/${view}/${day}?zone=UTC`)
  await chip(from).waitFor()
}
/** The occurrence of the day. */
const chip = (from: Page = page) =>
  from
    .getByRole('button', {
      name: new RegExp(`^nightly, \\w+ ${Number(day.slice(8))} `),
    })
    .first()
const dialog = (from: Page = page) => from.getByRole('dialog', { name: /^Move nightly/ })
const ghost = () => page.locator('.drag-ghost')
const moves = async () =>
  (
    await setup.db.query<{ text: string }>(
      `select to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI') || ' to ' || to_char(moved_to at time zone 'UTC', 'DD HH24:MI') as text
       from almanac.occurrence_overrides where done_at is null`,
    )
  ).map(({ text }) => text)
const dayOfMonth = (later: number) => String(Number(day.slice(8)) + later)

/** Holds the occurrence of the lane that many hours later. */
async function holdOnLane(hours: number) {
  await chip().hover()
  const box = (await chip().boundingBox())!
  const track = (await page.locator('.lane .lane-track', { has: chip() }).boundingBox())!
  const x = box.x + 2
  const y = box.y + box.height / 2
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + 8, y + 3)
  await page.mouse.move(x + (track.width / 24) * hours, y + 60, { steps: 4 })
  await ghost().waitFor()
}
/** Holds the occurrence of the month that many days later. */
async function holdInMonth(days: number) {
  const from = (await page.locator(`[data-cell="${day}"]`).boundingBox())!
  await chip().hover()
  const box = (await chip().boundingBox())!
  const [x, y] = [box.x + 20, box.y + 8]
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + 8, y + 3)
  await page.mouse.move(x + from.width * days, y, { steps: 4 })
  await ghost().waitFor()
}

it('on a lane it is dragged along time, and stays on its lane', async () => {
  await open('lanes')
  await holdOnLane(1.6)
  await expect.poll(() => ghost().textContent()).toContain('13:45')
  const [own, lane] = await Promise.all([
    ghost().boundingBox(),
    page.locator('.lane', { has: chip() }).boundingBox(),
  ])
  expect(own!.y).toBeCloseTo(lane!.y + lane!.height, -1)
  await page.mouse.up()
  const load = dialog().getByRole('region', { name: 'Load around the new time' })
  await load.getByText('Busy slots, 10:00–17:00').waitFor()
  await load.getByText('Runs then too: neighbour.').waitFor()
  await dialog().getByRole('button', { name: 'Move' }).click()

  await expect.poll(moves).toEqual([`${dayOfMonth(0)} 12:07 to ${dayOfMonth(0)} 13:45`])
  await page.getByRole('button', { name: 'Undo' }).last().waitFor()
  await page.keyboard.press('z')
  await expect.poll(moves).toEqual([])
  expect(setup.complaints).toEqual([])
})

it('a closed time of the lane says why, and Esc puts it back', async () => {
  await open('lanes')
  await holdOnLane(7)
  await ghost().getByText('Backup window, excluded 18:00–20:00').waitFor()
  await page.keyboard.press('Escape')
  await ghost().waitFor({ state: 'detached' })
  await page.mouse.up()

  await expect.poll(() => dialog().count()).toBe(0)
  expect(await moves()).toEqual([])
})

it('by keys alone on a lane: quarters across, days down, on the page that has the day', async () => {
  await open('lanes')
  await chip().focus()
  await page.keyboard.press('Alt+ArrowRight')
  await ghost().getByText('12:15').waitFor()
  await page.keyboard.press('ArrowDown')
  await page.waitForURL(new RegExp(`-${dayOfMonth(1)}\\?`))
  await page
    .getByRole('status')
    .getByText(`${dayOfMonth(1)} `, { exact: false })
    .first()
    .waitFor()
  await page.keyboard.press('Enter')
  await dialog().waitFor()
  await page.keyboard.press('Enter')

  await expect.poll(moves).toEqual([`${dayOfMonth(0)} 12:07 to ${dayOfMonth(1)} 12:15`])
})

it('in the month it goes to another day, at the same time', async () => {
  await open('month')
  await holdInMonth(1)
  await expect.poll(() => ghost().textContent()).toContain('12:07')
  await expect.poll(() => ghost().textContent()).toContain('+1 d')
  await page.mouse.up()
  await dialog().getByRole('button', { name: 'Move' }).click()

  await expect.poll(moves).toEqual([`${dayOfMonth(0)} 12:07 to ${dayOfMonth(1)} 12:07`])
  expect(setup.complaints).toEqual([])
})

it('in the month an excluded day says why, and nothing can be dropped there', async () => {
  await open('month')
  await holdInMonth(2)
  await ghost()
    .getByText(/^Stocktaking, excluded/)
    .waitFor()
  await page.mouse.up()

  await ghost().waitFor({ state: 'detached' })
  await expect.poll(() => dialog().count()).toBe(0)
})

it('by keys alone in the month: days across, weeks down', async () => {
  await open('month')
  await chip().focus()
  await page.keyboard.press('Alt+ArrowLeft')
  await ghost().getByText('−1 d').waitFor()
  await page.keyboard.press('ArrowDown')
  await ghost().getByText('+6 d').waitFor()
  await page.keyboard.press('Enter')
  await dialog().waitFor()
  await page.keyboard.press('Enter')

  await expect.poll(moves).toEqual([`${dayOfMonth(0)} 12:07 to ${dayOfMonth(6)} 12:07`])
})

it('a finger takes it from a lane by a long press', async () => {
  const context = await page
    .context()
    .browser()!
    .newContext({
      hasTouch: true,
      viewport: { width: 390, height: 844 },
      storageState: await page.context().storageState(),
      timezoneId: 'UTC',
    })
  const phone = await context.newPage()
  await open('lanes', phone)
  const box = (await chip(phone).boundingBox())!
  const session = await context.newCDPSession(phone)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x, y: box.y + 6 }],
    })
  await touch('touchStart', box.x + 2)
  await phone.locator('.drag-ghost').getByText('not moved').waitFor()
  await touch('touchMove', box.x + 20)
  await touch('touchMove', box.x + 32)
  await expect.poll(() => phone.locator('.drag-ghost').textContent()).toMatch(/\+\d/)
  await touch('touchEnd', 0)

  await dialog(phone).waitFor()
  await context.close()
})
