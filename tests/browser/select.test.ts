import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
beforeAll(async () => {
  for (const [name, hour] of [
    ['first', 9],
    ['second', 11],
    ['third', 13],
  ] as const)
    await setup.db.query(
      `select almanac.schedule_cron($1, $2, 'almanac:noop', timezone => 'UTC', settings => '{"ends_at": null}')`,
      [name, `0 ${hour} * * *`],
    )
  await setup.db.query(`select almanac.create_calendar('freeze', timezone => 'UTC')`)
  const [row] = await setup.db.query<{ day: string }>(
    `select to_char(now() + interval '1 day', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  await setup.db.query(
    `select almanac.exclude_range('freeze', ($1::date + time '14:00') at time zone 'UTC', ($1::date + time '16:00') at time zone 'UTC', 'Backup window')`,
    [day],
  )
  await setup.db.query(
    `select almanac.update_schedule(id, '{"calendars": ["freeze"]}') from almanac.schedules where name = 'third'`,
  )
  page = await setup.signIn('admin')
})
beforeEach(async () => {
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip('third').waitFor()
})

const chip = (name: string) => page.getByRole('button', { name: new RegExp(`^${name}, `) }).first()
const bar = () => page.getByRole('region', { name: 'Selection' })
const dialog = () => bar().getByRole('dialog')
const due = async () =>
  (
    await setup.db.query<{ text: string }>(
      `select s.name || ' ' || to_char(u.due_at at time zone 'UTC', 'HH24:MI') as text
       from almanac.schedules s, almanac.upcoming(s.name, max_count => 3) u
       where not s.is_system and (u.due_at at time zone 'UTC')::date = $1::date order by 1`,
      [day],
    )
  ).map(({ text }) => text)
const untouched = ['first 09:00', 'second 11:00', 'third 13:00']

it('some that are clicked with Ctrl are moved together, and one undo takes all of them back', async () => {
  for (const name of ['first', 'second', 'third'])
    await chip(name).click({ modifiers: ['Control'], position: { x: 20, y: 8 } })
  await bar().getByText('3 selected').waitFor()
  await bar().getByRole('button', { name: 'Move by…' }).click()
  await dialog().getByText('of 3 move by +1 h').waitFor()
  await dialog().getByText('Backup window, excluded 14:00–16:00').waitFor()
  await dialog().getByRole('button', { name: 'Move 2' }).click()

  await expect.poll(due).toEqual(['first 10:00', 'second 12:00', 'third 13:00'])
  await page.getByText('Moved 2 occurrences').waitFor()
  await page.keyboard.press('z')
  await page.getByText('Undone: Moved 2 occurrences').waitFor()
  await expect.poll(() => due()).toEqual(untouched)
  expect(setup.complaints).toEqual([])
})

it('by keys alone: Shift with arrows selects, X asks in numbers, Enter skips, Z undoes', async () => {
  await chip('first').focus()
  await page.keyboard.press('Shift+ArrowDown')
  await bar().getByText('2 selected').waitFor()
  await page.keyboard.press('x')
  await dialog().getByText('of 2 will not run').waitFor()
  await dialog().getByRole('button', { name: 'Skip 2' }).waitFor()
  await page.keyboard.type('holiday')
  await page.keyboard.press('Enter')

  await expect.poll(due).toEqual(['third 13:00'])
  expect(
    await setup.db.query(`select distinct reason from almanac.occurrence_overrides where done_at is null`),
  ).toEqual([{ reason: 'holiday' }])
  await bar().waitFor({ state: 'detached' })
  await page.getByText('Skipped 2 occurrences').waitFor()
  await page.keyboard.press('z')
  await expect.poll(due).toEqual(untouched)
})

it('the schedules of what is selected are paused, once it is said how many occurrences that keeps', async () => {
  await chip('first').click({ modifiers: ['Control'], position: { x: 20, y: 8 } })
  await chip('second').click({ modifiers: ['Control'], position: { x: 20, y: 8 } })
  await bar().getByRole('button', { name: 'Pause…' }).click()
  await dialog().getByText('14', { exact: true }).waitFor()
  await dialog().getByRole('button', { name: 'Pause 2' }).click()

  const paused = async () =>
    (
      await setup.db.query<{ name: string }>(
        `select name from almanac.schedules where status = 'paused' order by 1`,
      )
    ).map(({ name }) => name)
  await expect.poll(paused).toEqual(['first', 'second'])
  await page.getByText('Paused 2 schedules').waitFor()
  await page.keyboard.press('z')
  await expect.poll(paused).toEqual([])
})

it('the escape key leaves the question first, then the selection', async () => {
  await chip('first').click({ modifiers: ['Control'], position: { x: 20, y: 8 } })
  await bar().getByRole('button', { name: 'Skip…' }).click()
  await dialog().waitFor()
  await page.keyboard.press('Escape')
  await dialog().waitFor({ state: 'detached' })
  await expect.poll(() => bar().getByText('1 selected').count()).toBe(1)
  await page.keyboard.press('Escape')
  await bar().waitFor({ state: 'detached' })
  await expect.poll(() => due()).toEqual(untouched)
})
