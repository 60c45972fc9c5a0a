import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
beforeAll(async () => {
  const { db } = setup
  await db.query(`select almanac.schedule_cron('fine', '0 6 * * *', 'almanac:noop', timezone => 'UTC')`)
  await db.query(`select almanac.schedule_cron('gated', '0 8 * * *', 'test:gate', timezone => 'UTC')`)
  await db.query(`select almanac.schedule_cron('long', '0 10,11 * * *', 'almanac:noop', timezone => 'UTC')`)
  await db.query(`select almanac.schedule_cron('never', '0 0 30 2 *', 'almanac:noop', timezone => 'UTC')`)
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       attempt, max_attempts, priority, run_as, queued_at, started_at, finished_at)
     select s.id, s.name, s.task_identifier, '{}', o.at, o.at, 'manual', 'succeeded', 1, 3, 0, s.run_as, o.at, o.at,
       o.at + interval '80 minutes'
     from almanac.schedules s
     cross join (select now() - n * interval '1 day' as at from generate_series(2, 6) n) o where s.name = 'long'`,
  )
  await db.query(
    `insert into almanac.workers (name, host, pid, version, concurrency, tasks, last_heartbeat_at)
     values ('w', 'w', 1, '0', 1, '{other}', now() + interval '1 hour')`,
  )
  const [row] = await db.query<{ day: string }>(
    `select to_char(now() at time zone 'UTC' + interval '1 day', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  page = await setup.signIn('admin')
})

const texts = {
  gated: 'No worker: No running worker has the task test:gate.',
  long:
    'Outlasts its slot: 19 of 20 runs take up to 1:20:00, the next is due after 1:00:00. ' +
    'What is due while a run is running is skipped.',
  never: 'Never runs: No date ever matches its rule, 0 0 30 2 *.',
}
/** The next one of the day. */
const chip = (name: string) =>
  page
    .getByRole('button', { name: new RegExp(`^${name}, \\w+ ${Number(day.slice(8))} .*, upcoming`) })
    .first()
const open = async (view: string) => {
  await page.goto(`${setup.server.url}/calendar/${view}/${day}?zone=UTC`)
  await chip('fine').waitFor()
}

it.each(['day', 'week', 'month', 'agenda'])(
  'upcoming occurrences of the %s say what is wrong',
  async (view) => {
    await open(view)

    for (const name of ['gated', 'long'] as const)
      await expect.poll(() => chip(name).textContent()).toContain(texts[name])
    await expect.poll(() => chip('gated').locator('.warning-badge').count()).toBe(1)
    await expect.poll(() => chip('fine').locator('.warning-badge').count()).toBe(0)
  },
)

it('details say it in a sentence', async () => {
  await open('day')
  await chip('long').click()

  await page.getByRole('dialog', { name: 'long' }).getByText('Outlasts its slot.').waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
})

it('each lane has the sign of its schedule, with the reason as its name', async () => {
  await open('lanes')

  for (const [name, text] of Object.entries(texts))
    await page
      .locator('.lane', { has: page.getByRole('link', { name, exact: true }) })
      .getByRole('img', { name: text })
      .waitFor()
})

it('the list of schedules names it', async () => {
  await page.goto(`${setup.server.url}/schedules`)
  const row = (name: string) =>
    page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) })
  await row('gated').getByText('No worker').waitFor()
  await row('long').getByText('Outlasts its slot').waitFor()
  // As its state, and where its next time would be.
  await expect.poll(() => row('never').getByText('Never runs').count()).toBe(2)

  await expect.poll(() => row('fine').locator('.warning-tag').count()).toBe(0)
  expect(setup.complaints).toEqual([])
})
