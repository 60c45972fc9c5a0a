import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page

/** 630 schedules a day, one each minute from midnight on, five every half hour, and a run that failed among them. */
beforeAll(async () => {
  const { db } = setup
  await db.query(
    `insert into almanac.schedules (name, kind, cron_expression, timezone, task_identifier)
     select r.name, 'cron', r.cron, 'UTC', 'almanac:noop'
     from (
       select 'daily ' || lpad(i::text, 3, '0'), format('%s %s * * *', i % 60, i / 60) from generate_series(0, 629) i
       union all
       select 'often ' || i, '*/30 * * * *' from generate_series(1, 5) i
     ) r(name, cron)`,
  )
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       finished_at, max_attempts, priority, run_as)
     select id, name, task_identifier, '{}', at, at, 'schedule', 'failed', at, 1, 1, 'x'
     from almanac.schedules, (values ('2027-06-16T06:20:30Z'::timestamptz)) r(at) where name = 'daily 380'`,
  )
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       started_at, finished_at, attempt, max_attempts, priority, run_as)
     select id, name, task_identifier, '{}', at, at, 'schedule', 'succeeded', at, at, 1, 1, 1, 'x'
     from almanac.schedules, (values ('2027-06-17T06:21:30Z'::timestamptz)) r(at) where name = 'daily 381'`,
  )
  await db.query(
    `select almanac.move_occurrence('daily 385', '2027-06-16T06:25:00Z', '2027-06-16T13:10:00Z'),
       almanac.skip_occurrence('daily 390', '2027-06-16T06:30:00Z')`,
  )
  page = await setup.signIn('admin', 'UTC')
})

const open = (path: string) => page.goto(`${setup.server.url}${path}`)
const week = () => page.getByRole('grid', { name: 'Week' })
const wednesday = () => week().locator('[data-day="2027-06-16"]')
const chip = (name: RegExp) => wednesday().getByRole('button', { name })
const details = () => page.getByRole('complementary', { name: 'Details' })

it('a week of 630 schedules has piles by the hour, and by itself what someone should see', async () => {
  await open('/calendar/week/2027-06-16?zone=UTC')

  await chip(/^60 from 05:00, .* 60 upcoming/).waitFor()
  await chip(/^58 from 06:00, .* 58 upcoming/).waitFor()
  await chip(/^daily 380, .* failed/).waitFor()
  await chip(/^daily 385, .*moved/).waitFor()
  await chip(/^daily 390, .*skipped/).waitFor()
  await expect.poll(() => week().locator('.density').count()).toBe(0)
  await expect
    .poll(() =>
      week()
        .getByRole('button', { name: /^60 from 05:00/ })
        .count(),
    )
    .toBe(7)
})

it('zoomed in, piles are of half and of quarters of an hour, and of hours when all is shown again', async () => {
  await open('/calendar/week/2027-06-16?zone=UTC')
  await chip(/^60 from 05:00/).waitFor()

  await page.keyboard.press('=')
  await page.keyboard.press('=')
  await chip(/^30 from 05:30, .* 30 upcoming/).waitFor()
  await page.keyboard.press('=')
  await page.keyboard.press('=')
  await chip(/^15 from 05:45, .* 15 upcoming/).waitFor()
  await page.keyboard.press('0')
  await chip(/^60 from 05:00/).waitFor()
})

it('a pile lists what it holds, each to be opened, shared by its address, skipped and undone', async () => {
  await open('/calendar/week/2027-06-16?zone=UTC')
  await chip(/^60 from 05:00/).focus()
  await page.keyboard.press('Enter')
  await details()
    .getByRole('heading', { name: /^60 on/ })
    .waitFor()
  await expect.poll(() => details().getByRole('listitem').count()).toBe(60)

  await details()
    .getByRole('button', { name: /daily 317/ })
    .click()
  const popover = page.getByRole('dialog', { name: 'daily 317' })
  await popover.waitFor()
  await page.waitForURL(/item=occurrence/)
  await page.reload()
  await popover.waitFor()
  await popover.getByRole('button', { name: /^Skip/ }).click()

  await chip(/^daily 317, .*skipped/).waitFor()
  await expect
    .poll(() =>
      setup.db.query(`select reason from almanac.calendar('2027-06-16T05:17Z', '2027-06-16T05:18Z')`),
    )
    .toEqual([{ reason: 'skipped' }])
})

it('a run that succeeded, within a pile, is open where its address is', async () => {
  const [run] = await setup.db.query<{ key: string }>(
    `select format('run:%s:%s', schedule_id, id) as key from almanac.runs where schedule_name = 'daily 381'`,
  )
  await open(`/calendar/week/2027-06-16?zone=UTC&item=${run!.key}`)

  await page.getByRole('dialog', { name: 'daily 381' }).getByRole('heading', { name: 'daily 381' }).waitFor()
  await week()
    .getByRole('button', { name: /^daily 381, .* succeeded/ })
    .waitFor()
})

it.each(['keys', 'the pointer'])('what comes out of a pile is moved by %s', async (by) => {
  const name = by === 'keys' ? 'daily 318' : 'daily 319'
  await open('/calendar/week/2027-06-16?zone=UTC')
  await chip(/^6\d from 05:00|^5\d from 05:00/).focus()
  await page.keyboard.press('Enter')
  await details()
    .getByRole('button', { name: new RegExp(name) })
    .click()
  await page.getByRole('dialog', { name }).waitFor()
  const own = chip(new RegExp(`^${name}, `))
  await own.waitFor()
  if (by === 'keys') {
    await own.focus()
    await page.keyboard.press('Alt+ArrowDown')
  } else {
    const box = (await own.boundingBox())!
    await page.mouse.move(box.x + 8, box.y + 6)
    await page.mouse.down()
    await page.mouse.move(box.x + 10, box.y + 16)
    await page.mouse.move(box.x + 10, box.y + 46, { steps: 4 })
  }
  await page.locator('.drag-ghost').waitFor()
  if (by === 'keys') await page.keyboard.press('Enter')
  else await page.mouse.up()
  await page
    .getByRole('dialog', { name: new RegExp(`^Move ${name}`) })
    .getByRole('button', { name: 'Move' })
    .click()

  await chip(new RegExp(`^${name}, .*moved`)).waitFor()
  await expect
    .poll(() =>
      setup.db.query(
        `select s.name from almanac.occurrence_overrides o join almanac.schedules s on s.id = o.schedule_id
         where s.name = $1 and o.action = 'move' and o.moved_to > o.scheduled_for`,
        [name],
      ),
    )
    .toEqual([{ name }])
})

it.each([
  ['a week, whose piles are counted', 'week', 'daily 321'],
  ['a day, whose piles are drawn', 'day', 'daily 322'],
])('what was open in %s, stays by itself while it has the focus, and is moved', async (_, view, name) => {
  const [row] = await setup.db.query<{ key: string }>(
    `select format('occurrence:%s:%s', s.id, extract(epoch from u.scheduled_for)::bigint * 1000) as key
     from almanac.schedules s, almanac.upcoming(s.name, '2027-06-16T00:00Z', 1) u where s.name = $1`,
    [name],
  )
  await open(`/calendar/${view}/2027-06-16?zone=UTC&item=${row!.key}`)
  await page.getByRole('dialog', { name }).waitFor()
  const own = page.getByRole('button', { name: new RegExp(`^${name}, `) })
  await own.waitFor()

  await page.keyboard.press('Escape')
  await page.getByRole('dialog', { name }).waitFor({ state: 'detached' })
  await expect.poll(() => own.evaluate((chip) => chip === document.activeElement)).toBe(true)
  await page.keyboard.press('Alt+ArrowDown')
  await page.keyboard.press('Enter')
  await page
    .getByRole('dialog', { name: new RegExp(`^Move ${name}`) })
    .getByRole('button', { name: 'Cancel' })
    .click()
  await expect.poll(() => own.evaluate((chip) => chip === document.activeElement)).toBe(true)

  await page.keyboard.press('Home')
  await own.waitFor({ state: 'detached' })
})

it.each(['month', 'agenda'])(
  'what is open has a place in the %s among hundreds that are folded',
  async (view) => {
    const [row] = await setup.db.query<{ key: string }>(
      `select format('occurrence:%s:%s', s.id, extract(epoch from u.scheduled_for)::bigint * 1000) as key
     from almanac.schedules s, almanac.upcoming(s.name, '2027-06-17T00:00Z', 1) u where s.name = 'daily 323'`,
    )
    await open(`/calendar/${view}/2027-06-17?zone=UTC&item=${row!.key}`)
    await page.getByRole('dialog', { name: 'daily 323' }).waitFor()

    const own = page.getByRole('button', { name: /^daily 323, / })
    await own.waitFor()
    await expect.poll(() => own.getAttribute('aria-expanded')).toBe('true')
    await page.keyboard.press('Escape')
    await expect.poll(() => own.evaluate((element) => element === document.activeElement)).toBe(true)
    expect(setup.complaints).toEqual([])
  },
)

it('what someone else moves leaves its pile at once', async () => {
  await open('/calendar/week/2027-06-16?zone=UTC')
  await chip(/^60 from 04:00/).waitFor()

  await setup.db.query(
    `select almanac.move_occurrence('daily 250', '2027-06-16T04:10:00Z', '2027-06-16T15:00:00Z')`,
  )

  await chip(/^daily 250, .*moved/).waitFor()
  await chip(/^59 from 04:00/).waitFor()
})

it('the same day is listed with its piles, and is a cell of the month that says how many more there are', async () => {
  await open('/calendar/agenda/2027-06-17?zone=UTC')
  await page.getByRole('button', { name: /60 more, 05:00 UTC, 60 upcoming/ }).click()
  await expect.poll(() => details().getByRole('listitem').count()).toBe(60)

  await open('/calendar/month/2027-06-17?zone=UTC')
  await page
    .locator('[data-cell="2027-06-17"]')
    .getByRole('button', { name: /^\+63\d more on Thu 17/ })
    .click()
  await page.waitForURL(/\/calendar\/agenda\/2027-06-17/)
  expect(setup.complaints).toEqual([])
})
