import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openBrowser, type BrowserSetup } from './openBrowser.ts'

let setup: BrowserSetup
let page: Page
let id: string
beforeAll(async () => {
  setup = await openBrowser()
  const { db } = setup
  await db.query(`select almanac.create_calendar('holidays')`)
  // The day after tomorrow is a holiday; tomorrow's was moved, the one after the holiday skipped.
  await db.query(
    `select almanac.exclude_dates('holidays', (now() at time zone 'UTC')::date + 2, label => 'Christmas')`,
  )
  await db.query(
    `select almanac.schedule_cron('report', '30 7 * * *', 'test:gate', '{}', 'UTC', '{"calendars": ["holidays"]}')`,
  )
  await db.query(
    `select almanac.move_occurrence('report', day + interval '1 day 7 hours 30 minutes', day + interval '1 day 9 hours', 'late closing'),
       almanac.skip_occurrence('report', day + interval '3 days 7 hours 30 minutes', 'stock-taking')
     from (select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' as day) d`,
  )
  await db.query(`select almanac.trigger_now('report')`)
  const [row] = await db.query<{ id: string }>(`select id from almanac.schedules where name = 'report'`)
  id = row?.id ?? ''
  page = await setup.signIn('admin')
})
afterAll(() => setup.close())

const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const panel = () => page.getByRole('region', { name: 'Why' })

it('the page of a schedule explains why it will not run on a holiday, at a time as its clocks show it', async () => {
  await page.goto(`${setup.server.url}/schedules/${id}?zone=UTC`)
  await panel()
    .getByLabel(/^Why did it run/)
    .fill(`${dayFromNow(2)}T07:30`)
  await panel().getByRole('button', { name: 'Explain' }).click()

  await panel().getByText('It is excluded by a calendar: holidays, Christmas.').waitFor()
  expect(new URL(page.url()).searchParams.get('why')).toContain(`${dayFromNow(2)}T07:30`)

  await page.reload()
  await panel().getByText('It is excluded by a calendar: holidays, Christmas.').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

it('an explanation follows what happens', async () => {
  await panel()
    .getByLabel(/^Why did it run/)
    .fill(`${dayFromNow(5)}T07:30`)
  await panel().getByRole('button', { name: 'Explain' }).click()
  await panel()
    .getByText(/^It is upcoming, due at/)
    .waitFor()

  await setup.db.query(`select almanac.pause('report', 'the printer is broken')`)
  await panel().getByText('The schedule is paused: the printer is broken.').waitFor()

  await setup.db.query(`select almanac.resume('report')`)
  await panel()
    .getByText(/^It is upcoming, due at/)
    .waitFor()
})

it.each([
  [1, /moved manually/, /^It was moved to .* 09:00:00 \(UTC\) by .*: late closing\.$/],
  [2, /excluded by a calendar/, 'It is excluded by a calendar: holidays, Christmas.'],
  [3, /skipped manually/, /^It will not run: skipped by .*: stock-taking\.$/],
])('the calendar explains the occurrence in %d days', async (days, label, explanation) => {
  await page.goto(`${setup.server.url}/calendar/day/${dayFromNow(days)}?zone=UTC`)
  await page.locator('main').getByRole('button', { name: label }).first().click()

  const details = page.getByRole('complementary', { name: 'Details' })
  await details.getByRole('region', { name: 'Why' }).getByText(explanation).waitFor()
})

it('a run explains who asked for it and what it waits for', async () => {
  await page.goto(`${setup.server.url}/runs?zone=UTC`)
  await page.getByRole('link', { name: /report/ }).click()

  await panel()
    .getByText(/^Run \d+ was triggered by /)
    .waitFor()
  await panel().getByText('No worker is running.').waitFor()
  expect(setup.complaints).toEqual([])
})
