import { AxeBuilder } from '@axe-core/playwright'
import type { Locator, Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
let run: string
beforeAll(async () => {
  const { db } = setup
  const [row] = await db.query<{ day: string }>(
    `select to_char(now() + interval '2 days', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  await db.query(
    `select almanac.schedule_cron('twice', '0 9,15 * * *', 'almanac:noop', timezone => 'UTC', settings => '{"tags": ["a"]}')`,
  )
  const [manual] = await db.query<{ id: string }>(`select id::text from almanac.trigger_now('twice')`)
  run = manual!.id
  await db.query(`select almanac.create_calendar('freeze of twice', timezone => 'UTC')`)
  await db.query(
    `select almanac.exclude_range('freeze of twice', now() + interval '5 days', now() + interval '6 days', 'Move')`,
  )
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
  /** The dialog that is open then, or another part of the page. */
  shown: string | RegExp | (() => Locator)
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
  {
    name: 'the question before a run',
    path: calendar,
    open: async () => {
      await chip().focus()
      await page.keyboard.press('r')
    },
    shown: 'Run twice now?',
  },
  {
    name: 'the form of a payload',
    path: () => '/schedules/1',
    open: () => button('Trigger with…').click(),
    shown: /^Trigger /,
  },
  ...(['Dates', 'Blackout', 'Recurring'] as const).map((kind) => ({
    name: `the form of an entry: ${kind}`,
    path: () => '/exclusions/1',
    open: () => page.getByText(kind, { exact: true }).first().click(),
    shown: () => page.locator('main'),
  })),
  {
    name: 'the panel of an empty place',
    path: calendar,
    open: async () => {
      await chip().focus()
      await page.keyboard.press('Shift+C')
      await page.keyboard.press('Enter')
    },
    shown: 'New schedule',
  },
  ...(['Skip…', 'Move by…', 'Pause…'] as const).map((deed) => ({
    name: `the bar of a selection: ${deed}`,
    path: calendar,
    open: async () => {
      await chip().click({ modifiers: ['Control'], position: { x: 20, y: 8 } })
      await button(deed).click()
    },
    shown: () => page.getByRole('region', { name: 'Selection' }),
  })),
  {
    name: 'the drawer of a run',
    path: () => `/runs?run=${run}`,
    open: () => page.getByText('Timeline').first().waitFor(),
    shown: () => page.getByRole('complementary', { name: `Run ${run}` }),
  },
  // The last, as it skips one.
  {
    name: 'the list of what can be undone',
    path: calendar,
    open: async () => {
      await chip().focus()
      await page.keyboard.press('x')
      await page.getByText(/^Skipped twice/).waitFor()
      await page.keyboard.press('Shift+Z')
    },
    shown: 'Undo',
  },
]

const violations = async (part: Locator) => {
  // What is open is marked, as axe knows no names.
  await part.evaluate((element) => element.setAttribute('data-opened', ''))
  const found = await new AxeBuilder({ page })
    .include('[data-opened]')
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
    const part = (typeof row.shown === 'function' ? row.shown() : dialog(row.shown)).first()
    await part.waitFor()

    expect(await violations(part)).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await page.locator('html[data-mantine-color-scheme="dark"]').waitFor()
    expect(await violations(part)).toEqual([])
    expect(setup.complaints).toEqual([])
  },
)
