import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
beforeAll(async () => {
  const { db } = setup
  const [row] = await db.query<{ day: string }>(
    `select to_char(now() + interval '2 days', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  await db.query(
    `select almanac.schedule_cron('twice', '0 9,15 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"tags": ["a"]}')`,
  )
  await db.query(`select almanac.trigger_now('twice')`)
  page = await setup.signIn('admin')
})

const chip = () => page.getByRole('button', { name: /^twice, / }).first()
const dialog = (name: string | RegExp) => page.getByRole('dialog', { name })
const button = (name: string | RegExp) => page.getByRole('button', { name }).first()
const calendar = () => `/calendar/day/${day}?zone=UTC`

interface Opened {
  name: string
  path: () => string
  open: () => Promise<void>
  /** What is open then. */
  shown: string | RegExp
}

const opened: readonly Opened[] = [
  { name: 'the popover of an occurrence', path: calendar, open: () => chip().click(), shown: 'twice' },
  {
    name: 'the question after a drop, with a split',
    path: calendar,
    open: async () => {
      await chip().focus()
      for (let times = 0; times < 6; times += 1) await page.keyboard.press('Alt+ArrowDown')
      await page.keyboard.press('Enter')
      await page.getByRole('radio', { name: /^Split/ }).waitFor()
    },
    shown: /^Move twice/,
  },
  {
    name: 'the filter',
    path: calendar,
    open: () => button(/^Filter/).click(),
    shown: 'Filter and saved views',
  },
  { name: 'the palette', path: calendar, open: () => page.keyboard.press('Control+K'), shown: 'Commands' },
  { name: 'the list of keys', path: calendar, open: () => page.keyboard.press('?'), shown: 'Keyboard' },
  {
    name: 'the question for a date',
    path: calendar,
    open: () => page.keyboard.press('g'),
    shown: 'Go to date',
  },
  {
    name: 'the question before a pause',
    path: () => '/schedules/1',
    open: () => button('Pause').click(),
    shown: /^Pause /,
  },
  {
    name: 'the question before a deletion',
    path: () => '/schedules/1',
    open: () => button('Delete').click(),
    shown: /^Delete /,
  },
]

const violations = async () => {
  const found = await new AxeBuilder({ page })
    .include('[role=dialog]')
    .options({ rules: { 'target-size': { enabled: true } } })
    .analyze()
  return found.violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`,
  )
}

it.each(opened)(
  'axe finds nothing, and no target that is too small, in $name, light and dark',
  async (row) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.goto(setup.server.url + row.path())
    await page.getByText('twice').first().waitFor()
    await row.open()
    await dialog(row.shown).first().waitFor()

    expect(await violations()).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
    expect(await violations()).toEqual([])
    expect(setup.complaints).toEqual([])
  },
)
