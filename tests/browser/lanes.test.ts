import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  const { db } = setup
  await db.query(
    `select almanac.schedule_cron('quiet ' || n, (n % 60) || ' 3 * * *', 'almanac:noop',
         settings => jsonb_build_object('tags', jsonb_build_array('group ' || n % 9)))
       from generate_series(1, 500) n`,
  )
  await db.query(
    `select almanac.schedule_cron('failing', '0 0 1 1 *', 'almanac:noop', settings => '{"tags": ["zeta"]}')`,
  )
  await db.query(`select almanac.create_calendar('freeze')`)
  await db.query(
    `select almanac.schedule_cron('frozen', '0 * * * *', 'almanac:noop',
       settings => '{"tags": ["alpha"], "calendars": ["freeze"]}')`,
  )
  await db.query(
    `select almanac.exclude_range('freeze', now() + interval '1 hour', now() + interval '3 hours', 'Sale freeze')`,
  )
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       attempt, max_attempts, priority, run_as, queued_at, started_at, finished_at, error)
     select s.id, s.name, s.task_identifier, '{}', o.at, o.at, 'manual', o.status::almanac.run_status, 1, 3, 0, s.run_as,
       o.at, o.at + interval '5 minutes', o.at + interval '35 minutes', 'HTTP 429'
     from almanac.schedules s
     cross join (values (now() - interval '2 hours', 'failed'), (now() - interval '4 hours', 'succeeded')) o(at, status)
     where s.name = 'failing'`,
  )
  page = await setup.signIn('admin')
})

const open = async (path = '') => {
  await page.goto(`${setup.server.url}/calendar/lanes${path}?zone=UTC`)
  await page.getByRole('grid', { name: 'Lanes' }).waitFor()
}
const names = () => page.locator('.lane[data-group] b').allTextContents()
const row = (name: string) => page.locator('.lane', { has: page.getByRole('link', { name, exact: true }) })

it('opens by its key, with a row per schedule and what failed at the top', async () => {
  await page.goto(`${setup.server.url}/calendar/week?zone=UTC`)
  await page.getByRole('grid', { name: 'Week' }).waitFor()
  await page.keyboard.press('l')
  await page.waitForURL(/\/calendar\/lanes\//)
  await page.getByRole('button', { name: 'All 502' }).waitFor()

  expect((await names())[0]).toBe('zeta')
  await row('failing')
    .getByRole('button', { name: /^failing, .*failed/ })
    .waitFor()
})

it('draws only the rows in view, however many there are', async () => {
  await open()
  await page.getByRole('button', { name: 'All 502' }).waitFor()
  await page.getByRole('button', { name: 'Open all groups' }).click()
  await expect
    .poll(() => page.getByRole('grid', { name: 'Lanes' }).getAttribute('aria-rowcount').then(Number))
    .toBeGreaterThan(400)

  await expect.poll(() => page.locator('.lane').count()).toBeLessThan(70)
  await page.getByRole('grid', { name: 'Lanes' }).evaluate((grid) => grid.scrollTo(0, grid.scrollHeight))
  await expect
    .poll(() => page.locator('.lane').last().getAttribute('aria-rowindex').then(Number))
    .toBeGreaterThan(400)
  await expect.poll(() => page.locator('.lane').count()).toBeLessThan(70)
})

it('on paper all rows follow each other, over the width of the page', async () => {
  await open()
  await page.getByRole('button', { name: 'All 502' }).waitFor()
  await page.getByRole('button', { name: 'Open all groups' }).click()
  await page.setViewportSize({ width: 1040, height: 700 })
  await page.emulateMedia({ media: 'print' })
  try {
    await expect.poll(() => page.locator('.lane').count()).toBeGreaterThan(502)
    const { top, bottom, right } = await page
      .locator('.lane')
      .last()
      .evaluate((row) => {
        const box = row.getBoundingClientRect()
        const before = row.previousElementSibling!.getBoundingClientRect()
        return { top: box.top - before.bottom, bottom: box.bottom, right: box.right }
      })
    expect([Math.round(top), right]).toEqual([0, 1040])
    expect(bottom).toBeGreaterThan(500 * 24)
  } finally {
    await page.emulateMedia({ media: null })
    await page.setViewportSize({ width: 1440, height: 900 })
  }
  await expect.poll(() => page.locator('.lane').count()).toBeLessThan(70)
})

it('a block is as long as it ran, and shows how long after its time it began', async () => {
  await open()
  const track = row('failing').locator('.lane-track')
  const block = row('failing').getByRole('button', { name: /succeeded/ })
  const day = (await track.boundingBox())!.width

  expect((await block.boundingBox())!.width / day).toBeCloseTo(0.5 / 24, 2)
  expect((await row('failing').locator('.lane-wait').first().boundingBox())!.width / day).toBeCloseTo(
    5 / 60 / 24,
    3,
  )
})

it('what a calendar excludes is shaded on the rows that use it, and on no other', async () => {
  await open()
  await page.getByRole('button', { name: 'Open all groups' }).click()
  await page.locator('.lane-excluded').first().waitFor()

  await expect.poll(() => page.locator('.lane-excluded').count()).toBe(1)
  await expect
    .poll(() => row('frozen').locator('.lane-excluded').getAttribute('title'))
    .toMatch(/^Sale freeze: excluded .* UTC$/)
})

it('only the failed ones are left by a press of their count', async () => {
  await open()

  await page.getByRole('button', { name: '1 failed', exact: true }).click()

  await expect.poll(names).toEqual(['zeta'])
  await expect.poll(() => page.locator('.lane').count()).toBe(2)
})

it('zooms around the pointer, follows now until another day is chosen, and comes back to it', async () => {
  await open()
  await page.getByText('Following now').waitFor()
  const now = page.locator('.lanes-now')
  const [x, width] = [
    (await now.boundingBox())!.x,
    () => page.locator('.lanes-lines').evaluate((e) => e.clientWidth),
  ]
  const before = await width()
  await page.mouse.move(x, 500)
  await page.keyboard.press('=')

  await expect.poll(width).toBeGreaterThan(before * 1.4)
  expect(Math.abs((await now.boundingBox())!.x - x)).toBeLessThan(4)
  await page.keyboard.press('j')
  await page.getByText('Follow now').click()
  await page.getByText('Following now').waitFor()
})

it('the arrows walk from block to block, and Enter opens the details of one', async () => {
  await open()
  await row('failing')
    .getByRole('button', { name: /^failing, .*failed/ })
    .focus()

  await page.keyboard.press('ArrowLeft')

  await expect
    .poll(() => page.evaluate(() => document.activeElement?.textContent))
    .toMatch(/^failing, .*succeeded/)
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'failing' }).waitFor()
  expect(setup.complaints).toEqual([])
})
