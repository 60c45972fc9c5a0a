import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('twice', '0 9,15 * * *', 'almanac:noop', timezone => 'UTC')`,
  )
  const [row] = await setup.db.query<{ day: string }>(
    `select to_char(now() + interval '2 days', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  page = await setup.signIn('admin')
})

const chip = () => page.getByRole('button', { name: /^twice, / }).first()
/** Moves the first occurrence of the day by an hour and a half. */
const drop = async () => {
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip().focus()
  await page.keyboard.press('Alt+ArrowDown')
  for (let times = 1; times < 6; times += 1) await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const panel = page.getByRole('dialog', { name: /^Move twice .* from 09:00 to 10:30/ })
  await panel.getByText('The rule names several times; one of them cannot be moved alone.').waitFor()
  return panel
}
const due = async (name: string) =>
  (
    await setup.db.query<{ at: string }>(
      `select to_char(due_at at time zone 'UTC', 'HH24:MI') as at from almanac.upcoming($1, $2::date, 3)`,
      [name, day],
    )
  ).map(({ at }) => at)

it('where no rule moves all that follow, a split begins a schedule of their own, whose form opens; Z takes it back', async () => {
  const panel = await drop()
  await expect.poll(() => panel.getByRole('radio', { name: /^This and following/ }).isDisabled()).toBe(true)

  await page.keyboard.press('3')
  await panel.getByRole('button', { name: 'Split' }).click()

  await page.waitForURL(/\/schedules\/\d+\/edit/)
  await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('twice-2')
  await expect.poll(() => due('twice')).toEqual([])
  await expect.poll(() => due('twice-2')).toEqual(['10:30', '15:00', '09:00'])

  await page.getByText(/^Split twice on/).waitFor()
  await page.locator('body').focus()
  await page.keyboard.press('z')
  await page.getByText(/^Undone: Split twice on/).waitFor()
  await expect.poll(() => due('twice')).toEqual(['09:00', '15:00', '09:00'])
})

it('a move that is refused goes back, and the focus with it', async () => {
  const panel = await drop()
  await setup.db.query(`update almanac.schedules set name = 'thrice' where name = 'twice'`)

  await panel.getByRole('button', { name: 'Move' }).click()

  await page.getByText(/^Could not move twice/).waitFor()
  await expect
    .poll(() =>
      page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent,
      ),
    )
    .toMatch(/^(twice|thrice)/)
})
