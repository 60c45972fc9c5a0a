import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop', settings => '{"tags": ["ops"]}')`,
  )
  const [row] = await setup.db.query<{ day: string }>(
    `select to_char(now() + interval '1 day', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  page = await setup.signIn('admin')
})

const open = async (view: string, zone = 'UTC') => {
  await page.goto(`${setup.server.url}/calendar/${view}/${day}?zone=${encodeURIComponent(zone)}`)
  await page
    .getByRole('button', { name: /^nightly, / })
    .first()
    .waitFor()
}
const panel = () => page.getByRole('dialog', { name: 'New schedule' })
const column = () => page.locator(`[data-day="${day}"]`)
/** Presses the mouse in the day's column at an hour, lets it go at another. */
async function press(from: number, to = from) {
  await column().locator('.chip').first().hover()
  const box = (await column().boundingBox())!
  const y = (hour: number) => box.y + (box.height / 24) * hour + 2
  const x = box.x + box.width - 4
  await page.mouse.move(x, y(from))
  await page.mouse.down()
  if (to !== from) await page.mouse.move(x, y(to), { steps: 4 })
  await page.mouse.up()
  await panel().waitFor()
}
const definitionOf = async (name: string) =>
  (
    await setup.db.query(
      `select kind::text, cron_expression, to_char(run_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as run_at, timezone, tags
       from almanac.schedules where name = $1`,
      [name],
    )
  )[0]
async function save(name: string) {
  await page.getByLabel('Name', { exact: true }).fill(name)
  await page.getByLabel('Statement').fill('select 1')
  await page.getByRole('button', { name: 'Create schedule' }).click()
  await page.waitForURL(/\/schedules\/\d+/)
}

it.each(['left', 'right'])('the panel of a wide day is next to a press at its %s', async (side) => {
  await open('day')
  const box = (await column().boundingBox())!
  const x = side === 'left' ? box.x + box.width / 3 : box.x + box.width - 40
  await page.mouse.click(x, box.y + (box.height / 24) * 9.5 + 2)
  await panel().waitFor()

  const own = (await panel().boundingBox())!
  const distance = Math.max(own.x - x, x - (own.x + own.width))
  expect(distance).toBeGreaterThan(0)
  expect(distance).toBeLessThan(30)
  await page.keyboard.press('Escape')
})

it.each(['day', 'week'])(
  'a click on an empty place of the %s makes a schedule that runs then',
  async (view) => {
    await open(view, 'Europe/Paris')
    await press(9.5)
    await panel()
      .getByRole('link', { name: /^Once, .* 09:30/ })
      .click()
    await page.waitForURL(/\/schedules\/new/)
    await save(`once ${view}`)

    await expect
      .poll(() => definitionOf(`once ${view}`))
      .toEqual({
        kind: 'once',
        cron_expression: null,
        run_at: `${day} 08:30`,
        timezone: 'Europe/Paris',
        tags: [],
      })
    expect(setup.complaints).toEqual([])
  },
)

it('a drag over some hours makes one that runs in each of them', async () => {
  await open('day')
  await press(9, 12)
  await panel()
    .getByRole('link', { name: /^Every hour from 09:00 to 1\d:00/ })
    .click()
  await save('hours')

  await expect
    .poll(() => definitionOf('hours'))
    .toMatchObject({ kind: 'cron', cron_expression: '0 9-12 * * *' })
})

it('on a lane it has the lane’s tag', async () => {
  await page.goto(`${setup.server.url}/calendar/lanes/${day}?zone=UTC`)
  const track = page.locator('.lane:not([data-group])', { hasText: 'nightly' }).locator('.lane-track')
  await track.waitFor()
  const box = (await track.boundingBox())!
  await page.mouse.click(box.x + box.width / 2 + 3, box.y + 10)
  await panel().getByRole('link', { name: 'Every day at 12:00 0 12 * * *' }).click()
  await save('in lane')

  await expect
    .poll(() => definitionOf('in lane'))
    .toMatchObject({ cron_expression: '0 12 * * *', tags: ['ops'] })
})

it('by keys alone: Shift and C, arrows, Enter, a digit', async () => {
  await open('day')
  await page
    .getByRole('button', { name: /^nightly, / })
    .first()
    .focus()
  await page.keyboard.press('Shift+C')
  for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
  await page
    .getByRole('status')
    .filter({ hasText: /^New schedule, .* 03:30 UTC/ })
    .waitFor()
  await page.keyboard.press('Enter')
  await panel().waitFor()
  await page.keyboard.press('2')
  await page.waitForURL(/\/schedules\/new/)
  await save('by keys')
  // What was created has the focus.
  await page.getByRole('heading', { name: 'by keys' }).and(page.locator(':focus')).waitFor()

  await expect
    .poll(() => definitionOf('by keys'))
    .toMatchObject({ kind: 'cron', cron_expression: '30 3 * * *' })
})

it('the escape key leaves the calendar as it was, with the focus where it was', async () => {
  await open('day')
  const chip = page.getByRole('button', { name: /^nightly, / }).first()
  await chip.focus()
  await page.keyboard.press('Shift+C')
  await page.keyboard.press('Enter')
  await panel().waitFor()
  await page.keyboard.press('Escape')

  await panel().waitFor({ state: 'detached' })
  await expect.poll(() => chip.evaluate((element) => element === document.activeElement)).toBe(true)
  await expect.poll(() => page.locator('.slot-mark').count()).toBe(0)
})
