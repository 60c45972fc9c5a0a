import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const days = ['one', 'two', 'three', 'four'] as const

const setup = useBrowser()
let page: Page
/** The first four days of next week. */
let dates: Record<(typeof days)[number], string>
beforeAll(async () => {
  page = await setup.signIn('admin')
  page.setDefaultTimeout(20_000)
  const rows = await setup.db.query<{ date: string }>(
    `select to_char(date_trunc('week', now() at time zone 'UTC') + interval '7 days' + n * interval '1 day', 'YYYY-MM-DD') as date from generate_series(0, 3) n`,
  )
  dates = Object.fromEntries(days.map((name, index) => [name, rows[index]!.date])) as typeof dates
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop', timezone => 'America/New_York')`,
  )
})

const week = () => page.goto(`${setup.server.url}/calendar/week/${dates.one}?zone=UTC`)
/** The chip of the schedule whose spoken label has all of the texts. */
const chip = (...texts: string[]) =>
  page.getByRole('button', { name: new RegExp(`^nightly, .*${texts.join('.*')}`) })
const dayText = (date: string) =>
  new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
    .format(Date.parse(date))
    .replace(',', '')
const upcoming = async () =>
  (
    await setup.db.query<{ due: string }>(
      `select to_char(due_at at time zone 'America/New_York', 'YYYY-MM-DD HH24:MI') as due
       from almanac.upcoming('nightly', $1::date at time zone 'America/New_York', 3)`,
      [dates.one],
    )
  ).map(({ due }) => due)

it('a calendar is made, filled, and used by a schedule', async () => {
  await page.goto(`${setup.server.url}/exclusions`)
  await page.getByRole('button', { name: 'New calendar' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Holidays')
  await dialog.getByRole('button', { name: 'Create calendar' }).click()
  await dialog.waitFor({ state: 'detached' })
  await page.getByRole('heading', { name: 'Holidays' }).and(page.locator(':focus')).waitFor()

  await page.getByLabel('From').fill(dates.one)
  await page.getByRole('textbox', { name: /^Name/ }).fill('Founders’ Day')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('row', { name: /Founders’ Day/ }).waitFor()
  await page.getByRole('button', { name: 'Add', exact: true }).and(page.locator(':focus')).waitFor()

  await page.goto(`${setup.server.url}/schedules/1/edit`)
  await page.getByRole('combobox', { name: /^Excluded by/ }).click()
  await page.getByRole('option', { name: 'Holidays' }).click()
  await page.getByRole('region', { name: 'If you save this' }).getByText('1 removed').waitFor()
  await page.getByRole('button', { name: 'Save changes' }).click()
  await page.waitForURL(/\/schedules\/1$/)
  await page.getByRole('definition').filter({ hasText: 'Holidays' }).waitFor()

  expect(await upcoming()).toEqual([`${dates.two} 03:00`, `${dates.three} 03:00`, `${dates.four} 03:00`])
})

it('the calendar shows what is excluded, and the occurrence that does not run for it', async () => {
  await week()

  await chip(dayText(dates.one), 'will not run, excluded by a calendar').waitFor()
  await page.getByRole('columnheader', { name: /Excluded: Founders’ Day/ }).waitFor()
})

it('a calendar in use is not deleted, and the page says who uses it', async () => {
  await page.goto(`${setup.server.url}/exclusions/1`)
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()

  await page.getByRole('alert').getByText('By: nightly.').waitFor()
})

it('an occurrence is skipped, and stands hatched in its place', async () => {
  await week()
  await chip(dayText(dates.two), 'upcoming').click()
  await page.getByRole('button', { name: 'Skip', exact: true }).click()

  await chip(dayText(dates.two), 'will not run, skipped manually').waitFor()
  await expect
    .poll(upcoming)
    .toEqual([`${dates.three} 03:00`, `${dates.four} 03:00`, expect.stringMatching(/ 03:00$/)])
})

it('an occurrence is moved with the keyboard, appears at its new place, and undoing brings it back', async () => {
  await week()
  await chip(dayText(dates.three), 'upcoming').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Move…' }).press('Enter')
  await page.getByRole('group', { name: 'Move to America/New_York' }).waitFor()
  const [there] = await setup.db.query<{ time: string }>(
    `select to_char(($1 || ' 15:30+00')::timestamptz at time zone 'America/New_York', 'HH24:MI') as time`,
    [dates.three],
  )
  await page.getByLabel('Move to: time').fill(there!.time)
  await page.getByLabel('Move to: time').press('Enter')

  await chip(dayText(dates.three), '15:30 UTC, moved manually, nominal time').waitFor()
  await expect.poll(async () => (await upcoming())[0]).not.toBe(`${dates.three} 03:00`)
  await expect
    .poll(() => page.getByRole('dialog', { name: 'nightly' }).textContent())
    .toContain('America/New_York')

  await page.getByRole('button', { name: 'Undo' }).last().click()
  await chip(dayText(dates.three), 'upcoming').waitFor()
  await expect.poll(async () => (await upcoming())[0]).toBe(`${dates.three} 03:00`)
})

it('a move into the past is refused in the words of the database, and nothing is lost', async () => {
  await week()
  await chip(dayText(dates.four), 'upcoming').click()
  await page.getByRole('button', { name: 'Move…' }).click()
  await page.getByRole('group', { name: 'Move to America/New_York' }).waitFor()
  await page.getByLabel('Move to: date').fill('2001-01-01')
  await page.getByRole('button', { name: 'Move', exact: true }).click()

  await page
    .getByRole('alert')
    .getByText('An occurrence can only be moved to a time in the future, before the year 10000.')
    .waitFor()
  await page.getByRole('button', { name: 'Move', exact: true }).and(page.locator(':focus')).waitFor()
  await expect.poll(() => page.getByLabel('Move to: date').inputValue()).toBe('2001-01-01')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

it('a file of holidays is read in the browser and imported', async () => {
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0']
  lines.push('BEGIN:VEVENT', 'UID:1', 'SUMMARY:Christmas', 'DTSTART;VALUE=DATE:20251225', 'RRULE:FREQ=YEARLY')
  lines.push('END:VEVENT', 'END:VCALENDAR', '')
  await page.goto(`${setup.server.url}/exclusions/1`)
  await page.locator('input[type=file]').setInputFiles({
    name: 'holidays.ics',
    mimeType: 'text/calendar',
    buffer: Buffer.from(lines.join('\r\n')),
  })
  await page.getByText('has 1 recurring window').waitFor()
  await page.getByRole('button', { name: 'Import 1' }).click()

  await page.getByRole('row', { name: /Christmas.*holidays\.ics/ }).waitFor()
  expect(
    await setup.db.query(
      `select cron_expression, source from almanac.calendar_entries where source is not null`,
    ),
  ).toEqual([{ cron_expression: '0 0 25 12 *', source: 'holidays.ics' }])
  expect(setup.complaints).toEqual([])
})
