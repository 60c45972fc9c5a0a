import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  const { db } = setup
  await db.query(
    `select almanac.schedule_cron('report', '30 7 * * MON-FRI', 'test:gate', '{}', 'Europe/Paris',
       '{"tags": ["daily", "finance"], "overlap_policy": "allow"}'),
     almanac.schedule_every('sync', '10 minutes', 'almanac:noop', '{}', 'UTC', '{"tags": ["daily"], "overlap_policy": "allow"}'),
     almanac.schedule_cron('old', '0 3 * * *', 'almanac:noop')`,
  )
  await db.query(`select almanac.unschedule('old')`)
  for (let run = 0; run < 3; run++) await db.query(`select almanac.trigger_now('report')`)
  await db.query(
    `update almanac.runs r set status = (array['succeeded', 'failed', 'succeeded'])[n]::almanac.run_status,
       started_at = scheduled_for, finished_at = scheduled_for + interval '1 second', attempt = 1
     from (select id, row_number() over (order by scheduled_for, id) as n from almanac.runs) o where o.id = r.id`,
  )
  page = await setup.signIn('admin')
})

const table = () => page.getByRole('table', { name: 'Schedules' })
const row = (name: string | RegExp) => table().getByRole('row', { name })
const names = async () =>
  (await table().locator('tbody tr td:nth-child(2) a').allInnerTexts()).filter(
    (name) => !name.startsWith('almanac:'),
  )
const eventually = <Value>(read: () => Promise<Value>) => expect.poll(read, { timeout: 20_000 })
const choose = async (filter: string, option: string) => {
  await page
    .getByRole('combobox', { name: filter })
    .or(page.getByRole('textbox', { name: filter }))
    .first()
    .click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

it('a schedule is told with its tags, kind, rule in words and as written, creator and last outcomes', async () => {
  await page.goto(`${setup.server.url}/schedules?zone=UTC`)
  const report = row(/^Active report/)
  await report.getByRole('img', { name: 'Last 3: 2 succeeded, 1 failed' }).waitFor()

  const text = await report.innerText()
  for (const part of ['daily', 'finance', 'Cron', '30 7 * * MON-FRI', 'Europe/Paris', 'almanac_test_owner'])
    expect(text).toContain(part)
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

it('the list is narrowed by tag, kind, creator and task, and the address says so', async () => {
  await row(/report/)
    .getByRole('button', { name: 'Only with the tag finance' })
    .click()
  await eventually(names).toEqual(['report'])
  expect(new URL(page.url()).searchParams.get('tag')).toBe('finance')

  await page.reload()
  await eventually(names).toEqual(['report'])
  await page.getByRole('button', { name: 'Clear' }).click()
  await eventually(names).toEqual(['report', 'sync'])

  await choose('Kind', 'Interval')
  await eventually(names).toEqual(['sync'])
  await page.getByRole('button', { name: 'Clear' }).click()
  await choose('Task', 'test:gate')
  await eventually(names).toEqual(['report'])
  await page.getByRole('button', { name: 'Clear' }).click()
  await choose('Creator', 'almanac_test_owner')
  await eventually(names).toEqual(['report', 'sync'])
  await page.getByRole('button', { name: 'Clear' }).click()
})

it('numbers come largest first, and what never ran comes last', async () => {
  await page.getByRole('button', { name: 'Failed' }).click()
  await eventually(async () => (await names())[0]).toBe('report')
  expect(new URL(page.url()).searchParams.get('descending')).toBe('true')

  await page.getByRole('button', { name: 'Last', exact: true }).click()
  await eventually(async () => (await names()).at(-1)).not.toBe('report')
})

it('a deleted schedule is found and restored from the list', async () => {
  await choose('Status', 'Deleted')
  await eventually(names).toEqual(['old'])

  await row(/Deleted/)
    .getByRole('button', { name: 'Restore old' })
    .click()

  await page.getByText('Schedule old restored').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await eventually(async () => (await names()).toSorted()).toEqual(['old', 'report', 'sync'])
})

it('rows hold still under the pointer, and a pill says how many are new', async () => {
  // What comes later, above the list or in its rows, would move the rows from beneath the pointer.
  const shown = ['EngineState', 'Advice', 'ScheduleWarnings', 'LastOutcomes'].map((query) =>
    page.waitForResponse((answer) => (answer.request().postData() ?? '').includes(`query ${query}`)),
  )
  await page.goto(`${setup.server.url}/schedules?zone=UTC`)
  await Promise.all(shown)
  await row(/report/).hover()
  await setup.db.query(`select almanac.schedule_cron('above all', '0 3 * * *', 'almanac:noop')`)

  const pill = page.getByRole('button', { name: '1 new' })
  await pill.waitFor()
  await expect.poll(() => names()).toEqual(['old', 'report', 'sync'])
  await pill.click()

  await eventually(names).toEqual(['above all', 'old', 'report', 'sync'])
})

const runs = () => page.getByRole('table', { name: 'Runs' })
const listed = async () =>
  (await runs().locator('tbody tr td:nth-child(2) a').allInnerTexts()).map((text) => text.split(' ')[0])

it('runs are narrowed by day, tag, trigger and to what is not frequent, and the address says so', async () => {
  await setup.db.query(`select almanac.trigger_now('sync')`)
  await page.goto(`${setup.server.url}/runs?zone=UTC`)
  await eventually(listed).toEqual(['sync', 'report', 'report', 'report'])
  await runs()
    .getByRole('rowheader', { name: /^Waiting · 1/ })
    .or(runs().getByText('Waiting · 1'))
    .first()
    .waitFor()

  await page.getByRole('button', { name: 'Hide frequent' }).click()
  await eventually(listed).toEqual(['report', 'report', 'report'])
  expect(new URL(page.url()).searchParams.get('calm')).toBe('true')
  await page.getByRole('button', { name: 'Clear' }).click()

  await choose('Tag', 'finance')
  await eventually(listed).toEqual(['report', 'report', 'report'])
  await page.getByRole('button', { name: 'Clear' }).click()
  await choose('Trigger', 'Schedule')
  await page.getByText('No runs match this filter.').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await page.getByLabel('To, UTC').fill('2020-01-01')
  await page.getByText('No runs match this filter.').waitFor()
  await page.reload()
  await page.getByText('No runs match this filter.').waitFor()
  await page.getByRole('button', { name: 'Clear' }).click()
  await eventually(listed).toEqual(['sync', 'report', 'report', 'report'])

  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

it('pages are those of the database', async () => {
  await setup.db.query(
    `select almanac.schedule_cron('many ' || to_char(n, 'FM000'), '0 3 * * *', 'almanac:noop') from generate_series(1, 120) n`,
  )
  await page.goto(`${setup.server.url}/schedules?zone=UTC&q=many`)
  const pages = page.getByRole('navigation', { name: 'Pages' })
  await pages.getByText('1–100 of 120').waitFor()

  // Also while the page at hand is asked for again, whose answer does not come.
  const asked = Promise.withResolvers<void>()
  await page.route('**/graphql', (route) => {
    if (!/"offset":0\b/.test(route.request().postData() ?? '')) return route.continue()
    asked.resolve()
    return undefined
  })
  await setup.db.query(`select almanac.pause('many 001')`)
  await asked.promise
  await pages.getByRole('button', { name: 'Next' }).click()
  await pages.getByText('101–120 of 120').waitFor()
  await eventually(async () => (await names()).length).toBe(20)
  expect(new URL(page.url()).searchParams.get('page')).toBe('2')
  expect(setup.complaints).toEqual([])
})
