import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { haveSameRules } from './sameRules.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
let weekDay: string
beforeAll(async () => {
  const { db } = setup
  await db.query(`select almanac.create_calendar('freeze', timezone => 'UTC')`)
  const [row] = await db.query<{ day: string; week_day: string }>(
    `select to_char(d, 'YYYY-MM-DD') as day, to_char(date_trunc('week', d) + interval '8 days', 'YYYY-MM-DD') as week_day
     from (select (now() at time zone 'UTC')::date + 1 as d) t`,
  )
  day = row!.day
  weekDay = row!.week_day
  await db.query(
    `select almanac.exclude_range('freeze', ($1::date + time '18:00') at time zone 'UTC', ($1::date + time '20:00') at time zone 'UTC', 'Backup window')`,
    [day],
  )
  page = await setup.signIn('admin')
})
beforeEach(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '0 12 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"calendars": ["freeze"], "starts_at": null, "ends_at": null}')`,
  )
  await setup.db.query(
    `select almanac.restore_occurrence('nightly', scheduled_for) from almanac.occurrence_overrides where done_at is null`,
  )
})

const open = async (date = day, zone = 'UTC', view = 'day') => {
  await page.goto(`${setup.server.url}/calendar/${view}/${date}?zone=${encodeURIComponent(zone)}`)
  await chip().waitFor()
}
const chip = () => page.getByRole('button', { name: /^nightly, / }).first()
const dialog = () => page.getByRole('dialog', { name: /^Move nightly/ })
const ghost = () => page.locator('.drag-ghost')
async function due(): Promise<string[]> {
  return (
    await setup.db.query<{ text: string }>(
      `select to_char(due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI') as text
       from almanac.upcoming('nightly', max_count => 20) where (due_at at time zone 'UTC')::date = $1::date`,
      [day],
    )
  ).map(({ text }) => text.slice(11))
}
/** Takes the occurrence with the mouse and holds it that many hours later. */
async function hold(hours: number) {
  // It waits until the chip no longer moves, as on loading it scrolls to now.
  await chip().hover()
  const box = (await chip().boundingBox())!
  const column = (await page.locator('[data-day]').first().boundingBox())!
  const x = box.x + 20
  const y = box.y + 8
  await page.mouse.move(x, y)
  await page.mouse.down()
  await page.mouse.move(x + 6, y + 10)
  await page.mouse.move(x + 6, y + (column.height / 24) * hours, { steps: 4 })
  await ghost().waitFor()
}

it('is taken with the mouse, snaps to quarters, and moves once it is said that it alone does', async () => {
  await open()
  await hold(1.5)
  await expect.poll(() => ghost().textContent()).toContain('13:30')
  await expect.poll(() => ghost().textContent()).toContain('+1 h 30')
  await page.mouse.up()

  await dialog()
    .getByRole('radio', { name: /^This occurrence/ })
    .waitFor()
  await dialog().getByRole('button', { name: 'Move' }).click()

  await page.getByRole('button', { name: /^nightly, .* 13:30 UTC, moved manually/ }).waitFor()
  await expect.poll(due).toEqual(['13:30'])

  await page.getByRole('button', { name: 'Undo' }).last().click()
  await expect.poll(due).toEqual(['12:00'])
  expect(setup.complaints).toEqual([])
})

it('a place where it does not belong says why, and nothing can be dropped there', async () => {
  await open()
  await hold(6.5)
  await ghost().getByText('Backup window, excluded 18:00–20:00').waitFor()
  await page.mouse.up()

  await ghost().waitFor({ state: 'detached' })
  await expect.poll(() => dialog().count()).toBe(0)
  await expect.poll(() => due()).toEqual(['12:00'])
})

it('the escape key puts it back', async () => {
  await open()
  await hold(2)
  await page.keyboard.press('Escape')

  await ghost().waitFor({ state: 'detached' })
  await page.mouse.up()
  await expect.poll(() => dialog().count()).toBe(0)
  await expect.poll(() => due()).toEqual(['12:00'])
})

it('this and following changes the rule or splits the schedule, and z takes it back', async () => {
  await open()
  await chip().focus()
  await page.keyboard.press('Alt+ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.getByRole('status').getByText('nightly to', { exact: false }).waitFor()
  await page.keyboard.press('Enter')
  await dialog().getByText('At 12:30 every day').waitFor()
  await page.keyboard.press('2')
  await dialog()
    .getByText(/\d+ moved/)
    .waitFor()
  await page.keyboard.press('Enter')

  await expect
    .poll(() =>
      setup.db.query(
        `select name from almanac.schedules where cron_expression = '30 12 * * *' and deleted_at is null`,
      ),
    )
    .toHaveLength(1)
  // What the database has done the page has yet to hear of.
  await page.getByText(/^Moved nightly/).waitFor()
  await page.keyboard.press('z')
  await page.getByText(/^Undone: Moved nightly/).waitFor()
  expect(
    await setup.db.query(
      `select name, cron_expression, ends_at from almanac.schedules where not is_system and deleted_at is null`,
    ),
  ).toEqual([{ name: 'nightly', cron_expression: '0 12 * * *', ends_at: null }])
})

it('by keys alone it goes to another day and page of the week, and is refused nowhere silently', async () => {
  await open(weekDay, 'UTC', 'week')
  const last = page.getByRole('button', { name: /^nightly, Sun / }).first()
  await last.focus()
  await page.keyboard.press('Alt+ArrowRight')

  await page.waitForURL((url) => !url.pathname.endsWith(weekDay))
  await ghost().getByText('+1 d').waitFor()
  await page.keyboard.press('Escape')
  await ghost().waitFor({ state: 'detached' })
})

it('a finger takes it by a long press', async () => {
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
  await phone.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  const own = phone.getByRole('button', { name: /^nightly, / }).first()
  await own.scrollIntoViewIfNeeded()
  const box = (await own.boundingBox())!
  const session = await context.newCDPSession(phone)
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', y: number) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: type === 'touchEnd' ? [] : [{ x: box.x + 30, y }],
    })
  await touch('touchStart', box.y + 8)
  await phone.locator('.drag-ghost').waitFor()
  await touch('touchMove', box.y + 40)
  await touch('touchMove', box.y + 8 + 60)
  await expect.poll(() => phone.locator('.drag-ghost').textContent()).toMatch(/\+\d/)
  await touch('touchEnd', 0)

  await phone.getByRole('dialog', { name: /^Move nightly/ }).waitFor()
  await context.close()
})

it.each([
  ['Europe/Paris', '2027-03-28', '0 1 * * *', 3],
  ['Europe/Paris', '2027-10-31', '0 1 * * *', 5],
  ['Australia/Lord_Howe', '2027-04-04', '0 1 * * *', 3],
  ['Australia/Lord_Howe', '2027-10-03', '0 1 * * *', 3],
  // Within its Ramadan: of the rest of the year newer tables of time zones say something else than older ones.
  ['Africa/Casablanca', '2027-02-17', '0 1 * * *', 3],
  ['Africa/Casablanca', '2027-02-07', '0 1 * * *', 5],
  ['Africa/Casablanca', '2027-03-14', '0 1 * * *', 3],
])('in %s on %s what is dropped is due when SQL says', async (zone, date, cron, rows) => {
  const name = 'odd'
  // Where they differ, the page says so.
  if (!(await haveSameRules(page, setup.db.query, zone, date))) return
  await setup.db.query(
    `select almanac.schedule_cron($1, $2, 'almanac:noop', timezone => $3, settings => '{"ends_at": null}')`,
    [name, cron, zone],
  )
  const context = await page
    .context()
    .browser()!
    .newContext({
      storageState: await page.context().storageState(),
      timezoneId: 'America/St_Johns',
    })
  const elsewhere = await context.newPage()
  await elsewhere.goto(`${setup.server.url}/calendar/day/${date}?zone=${encodeURIComponent(zone)}`)
  const own = elsewhere.getByRole('button', { name: /^odd, / }).first()
  await own.focus()
  for (let press = 0; press < rows * 4; press += 1) await elsewhere.keyboard.press('Alt+ArrowDown')
  const text = (await elsewhere.locator('.drag-ghost').textContent())!
  await elsewhere.keyboard.press('Enter')
  await elsewhere
    .getByRole('dialog', { name: /^Move odd/ })
    .getByRole('button', { name: 'Move' })
    .click()

  await expect
    .poll(async () => {
      const [row] = await setup.db.query<{ shown: string; elapsed: string }>(
        `select to_char(moved_to at time zone $1, 'HH24:MI') as shown, (extract(epoch from moved_to - scheduled_for) / 3600)::int::text as elapsed
         from almanac.occurrence_overrides o join almanac.schedules s on s.id = o.schedule_id where s.name = 'odd' and done_at is null`,
        [zone],
      )
      return row
    })
    .toEqual({ shown: text.match(/\d\d:\d\d/)![0], elapsed: String(rows) })
  await context.close()
  await setup.db.query(
    `select almanac.restore_occurrence('odd', scheduled_for) from almanac.occurrence_overrides o join almanac.schedules s on s.id = o.schedule_id
     where s.name = 'odd' and done_at is null`,
  )
})
