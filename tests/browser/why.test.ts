import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let id: string
beforeAll(async () => {
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

const dayFromNow = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
const panel = () => page.getByRole('region', { name: 'Why' })
const askFor = async (date: string) => {
  await panel().getByLabel('on …?: date').fill(date)
  await panel().getByLabel('on …?: time').fill('7:30')
}

it('the page of a schedule explains why it will not run on a holiday, at a time as its clocks show it', async () => {
  await page.goto(`${setup.server.url}/schedules/${id}?zone=UTC`)
  await askFor(dayFromNow(2))
  await panel().getByRole('button', { name: 'Explain' }).click()

  await panel().getByText('It is excluded by a calendar: holidays, Christmas.').waitFor()
  expect(new URL(page.url()).searchParams.get('why')).toContain(`${dayFromNow(2)}T07:30`)

  await page.reload()
  await panel().getByText('It is excluded by a calendar: holidays, Christmas.').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

it('an explanation follows what happens', async () => {
  await askFor(dayFromNow(5))
  await panel().getByRole('button', { name: 'Explain' }).click()
  await panel()
    .getByText(/^It is upcoming, due on/)
    .waitFor()

  await setup.db.query(`select almanac.pause('report', 'the printer is broken')`)
  await panel().getByText('The schedule is paused: the printer is broken.').waitFor()

  await setup.db.query(`select almanac.resume('report')`)
  await panel()
    .getByText(/^It is upcoming, due on/)
    .waitFor()
})

it.each([
  [1, /moved manually/, /^It was moved to .* 09:00:00 \(UTC\) by .*: late closing\.$/],
  [2, /excluded by a calendar/, 'It is excluded by a calendar: holidays, Christmas.'],
  [3, /skipped manually/, /^It will not run: skipped by .*: stock-taking\.$/],
])('the calendar explains the occurrence in %d days', async (days, label, explanation) => {
  await page.goto(`${setup.server.url}/calendar/day/${dayFromNow(days)}?zone=UTC`)
  await page.locator('main').getByRole('button', { name: label }).first().click()

  const details = page.getByRole('dialog')
  await details.getByRole('region', { name: 'Why' }).getByText(explanation).waitFor()
})

it('what did not run is listed in the history between the runs, with its reason, and is explained', async () => {
  await setup.db.query(
    `with s as (
       insert into almanac.schedules (name, kind, cron_expression, task_identifier, starts_at, missed_run_policy, overlap_policy, late_tolerance)
       values ('gaps', 'cron', '0 9 * * *', 'almanac:noop', now() - interval '9 days', 'skip', 'allow', '1 second') returning id)
     select from s`,
  )
  const [gaps] = await setup.db.query<{ id: string }>(`select id from almanac.schedules where name = 'gaps'`)
  // As if all that is older than three days had been due, and nothing had fired it.
  await setup.db.query(
    `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count, recorded_at)
     select $1, 'gaps', tstzrange(day - interval '6 days', day - interval '4 days', '[]'), 'missed', 3, now()
     from (select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' + interval '9 hours' as day) d`,
    [gaps?.id],
  )
  await setup.db.query(`select almanac.trigger_now('gaps')`)
  await setup.db.query(`select almanac.pause('gaps', 'repairs')`)

  await page.goto(`${setup.server.url}/schedules/${gaps?.id}?zone=UTC`)
  const rows = page.getByRole('table', { name: 'Runs of this schedule' }).getByRole('row')
  await rows.filter({ hasText: 'Missed' }).waitFor()
  expect((await rows.allInnerTexts()).map((text) => text.split(/\s/)[0])).toEqual([
    'State',
    'Paused',
    'Queued',
    'Missed',
  ])
  await rows.filter({ hasText: 'Paused since then: repairs' }).waitFor()
  await expect
    .poll(() => rows.filter({ hasText: 'Missed' }).innerText())
    .toContain('3 occurrences did not run: no worker fired it in time')

  await rows
    .filter({ hasText: 'Missed' })
    .getByRole('link', { name: /^Why, / })
    .click()
  await panel()
    .getByText(/^It was missed: no worker fired it until/)
    .waitFor()
})

it('a schedule that never runs says so and why, and how far anyone has looked', async () => {
  await setup.db.query(`select almanac.create_business_days('closed on weekends', 'UTC')`)
  await setup.db.query(
    `select almanac.schedule_cron('saturdays', '0 9 * * SAT', 'test:gate', '{}', 'UTC', '{"calendars": ["closed on weekends"]}')`,
  )
  const text = /Its calendars \(closed on weekends\) exclude every time that its rule names until .* 20\d\d/

  await page.goto(`${setup.server.url}/schedules?zone=UTC`)
  const row = page.getByRole('row', { name: /saturdays/ })
  await row.getByText('Never runs').waitFor()
  await expect.poll(() => row.innerText()).toMatch(text)

  await row.getByRole('link', { name: 'saturdays' }).click()
  await page.getByText(text).first().waitFor()
  await expect.poll(() => page.getByRole('main').innerText()).toContain('Never')
  await expect.poll(() => page.getByRole('main').innerText()).not.toMatch(/in \d{3} d/)
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
