import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'
import { seed } from './seed.ts'

// What a person does in a day, on a busy installation, with as many clicks as docs/walk.md says.

const setup = useBrowser()
let page: Page
let clicks = 0
let document = ''
const days = { tomorrow: '', holiday: '', yesterday: '' }
let report = ''
beforeAll(async () => {
  const { db } = setup
  document = await readFile(join(import.meta.dirname, '../../docs/walk.md'), 'utf8')
  await seed(db.query, { runs: 3_000 })
  const [row] = await db.query<typeof days>(
    `select to_char(day + 1, 'YYYY-MM-DD') as tomorrow, to_char(day + 2, 'YYYY-MM-DD') as holiday,
       to_char(day - 1, 'YYYY-MM-DD') as yesterday
     from (select (now() at time zone 'Europe/Paris')::date as day) d`,
  )
  Object.assign(days, row)
  await db.query(`select almanac.create_calendar('feasts', 'Europe/Paris')`)
  await db.query(`select almanac.exclude_dates('feasts', $1::date, null, 'Founders'' Day')`, [days.holiday])
  const [made] = await db.query<{ id: string }>(
    `select id::text from almanac.schedule_cron('walk-report', '30 7 * * *', 'almanac:noop', timezone => 'Europe/Paris',
       settings => '{"calendars": ["feasts"]}')`,
  )
  report = made!.id
  await db.query(`select almanac.schedule_cron('walk-old', '0 1 * * *', 'almanac:noop')`)
  await db.query(`select almanac.unschedule('walk-old')`)
  page = await setup.signIn('admin', 'Europe/Paris')
})

const patient = { timeout: 20_000 }
const open = (path: string) => page.goto(setup.server.url + path)
async function click(locator: Locator): Promise<void> {
  clicks += 1
  await locator.click()
}
async function choose(name: string, option: string | RegExp): Promise<void> {
  const field = page.getByRole('combobox', { name, exact: true })
  await click(field.or(page.getByRole('textbox', { name, exact: true })).first())
  await click(page.getByRole('option', { name: option, exact: true }).first())
}
/** The clicks of a step are those that its row says. */
async function walk(step: number, steps: () => Promise<void>): Promise<void> {
  const row = new RegExp(`^\\| ${step} .*\\| (\\d+) +\\|[^|]*\\|$`, 'm').exec(document)
  clicks = 0
  await steps()
  expect(clicks).toBe(Number(row?.[1]))
}

it('a report at 07:30 on weekdays in Paris', () =>
  walk(1, async () => {
    await open('/calendar/week')
    await page.locator('.day > .chip').first().waitFor()
    await page.keyboard.press('c')
    await page.getByRole('textbox', { name: /^Name/ }).first().fill('walk-weekdays')
    await choose('Task', /almanac:noop/)
    await choose('Repeats', 'On weekdays')
    await page.getByRole('textbox', { name: 'At', exact: true }).fill('7:30')
    await expect
      .poll(() => page.getByRole('textbox', { name: /^Cron expression/ }).inputValue(), patient)
      .toBe('30 7 * * 1-5')
    await click(page.getByRole('button', { name: 'Create schedule' }))
    await page.waitForURL(/\/schedules\/\d+$/)

    expect(
      await setup.db.query(
        `select cron_expression, timezone from almanac.schedules where name = 'walk-weekdays'`,
      ),
    ).toEqual([{ cron_expression: '30 7 * * 1-5', timezone: 'Europe/Paris' }])
  }))

it('why it does not run on the holiday', () =>
  walk(2, async () => {
    await open(`/schedules/${report}`)
    const panel = page.getByRole('region', { name: 'Why' })
    await panel.getByLabel('on …?: date').fill(days.holiday)
    await panel.getByLabel('on …?: time').fill('7:30')
    await click(panel.getByRole('button', { name: 'Explain' }))

    await panel.getByText("It is excluded by a calendar: feasts, Founders' Day.").waitFor()
  }))

const chip = () => page.getByRole('button', { name: /^walk-report, / }).first()
const overrides = () =>
  setup.db.query(
    `select to_char(o.moved_to at time zone 'Europe/Paris', 'HH24:MI') as to from almanac.occurrence_overrides o
     where o.schedule_id = $1`,
    [report],
  )

it("tomorrow's run goes to 09:00 by drag", () =>
  walk(3, async () => {
    await open(`/calendar/day/${days.tomorrow}?q=walk-report`)
    await page.waitForLoadState('networkidle')
    await chip().hover()
    const box = (await chip().boundingBox())!
    const column = (await page.locator('[data-day]').first().boundingBox())!
    const [x, y] = [box.x + 20, box.y + 8]
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 6, y + 10)
    await page.mouse.move(x + 6, y + (column.height / 24) * 1.5, { steps: 4 })
    await expect.poll(() => page.locator('.drag-ghost').first().textContent(), patient).toContain('09:00')
    clicks += 1
    await page.mouse.up()
    const question = page.getByRole('dialog', { name: /^Move walk-report/ })
    await question.getByRole('radio', { name: /^This occurrence/ }).waitFor()
    await click(question.getByRole('button', { name: 'Move' }))

    await expect.poll(overrides).toEqual([{ to: '09:00' }])
    await page.getByRole('button', { name: /^walk-report, .* 09:00 .*, moved manually/ }).waitFor()
  }))

it('one is skipped, and that is undone', () =>
  walk(4, async () => {
    await open(`/calendar/day/${days.tomorrow}?q=walk-report`)
    await chip().focus()
    await page.keyboard.press('x')
    await page.getByText(/^Skipped walk-report/).waitFor()
    await expect.poll(overrides).toEqual([{ to: null }])
    await page.keyboard.press('z')

    await expect.poll(overrides).toEqual([{ to: '09:00' }])
  }))

it("yesterday's failures", () =>
  walk(5, async () => {
    await open('/runs')
    await choose('State', 'Failed')
    await page.getByLabel('From, Europe/Paris').fill('yesterday')
    await page.getByLabel('To, Europe/Paris').fill('yesterday')
    await expect
      .poll(() => new URL(page.url()).search, patient)
      .toMatch(
        new RegExp(`(?=.*from=%?2?2?${days.yesterday})(?=.*to=%?2?2?${days.yesterday})(?=.*state=failed)`),
      )

    const [row] = await setup.db.query<{ failed: number }>(
      `select count(*)::int as failed from almanac.runs
       where status in ('failed', 'timed_out') and (scheduled_for at time zone 'Europe/Paris')::date = $1::date`,
      [days.yesterday],
    )
    const rows = page.getByRole('table', { name: 'Runs' }).locator('tbody tr:has(a[href*="run="])')
    await expect.poll(() => rows.count(), patient).toBe(row?.failed)
  }))

it('what runs most', () =>
  walk(6, async () => {
    await open('/schedules')
    await click(page.getByRole('button', { name: 'Runs', exact: true }))

    const [row] = await setup.db.query<{ name: string }>(
      `select name from almanac.schedules where deleted_at is null order by total_runs desc limit 1`,
    )
    const first = page.getByRole('table', { name: 'Schedules' }).locator('tbody tr').first()
    await first.getByText(row!.name, { exact: true }).waitFor()
  }))

it('the next 24 hours', () =>
  walk(7, async () => {
    await open('/calendar/day')

    await page
      .getByRole('complementary', { name: 'Next up' })
      .getByText(/[\d,]+ due in 24 h/)
      .waitFor()
  }))

it('one that was deleted comes back', () =>
  walk(8, async () => {
    await open('/schedules')
    await choose('Status', 'Deleted')
    await click(page.getByRole('button', { name: 'Restore walk-old' }))

    await page.getByText('Schedule walk-old restored').waitFor()
    expect(
      await setup.db.query(`select from almanac.schedules where name = 'walk-old' and deleted_at is null`),
    ).toHaveLength(1)
  }))
