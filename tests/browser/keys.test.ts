import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let day: string
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly', '0 12 * * *', 'almanac:noop', timezone => 'UTC')`,
  )
  const [row] = await setup.db.query<{ day: string }>(
    `select to_char(now() + interval '1 day', 'YYYY-MM-DD') as day`,
  )
  day = row!.day
  page = await setup.signIn('admin')
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip().waitFor()
})
const chip = () => page.getByRole('button', { name: /^nightly, / }).first()

it('G goes to a date, typed as one likes', async () => {
  await page.keyboard.press('g')
  const dialog = page.getByRole('dialog', { name: 'Go to date' })
  await dialog.getByLabel('Date, UTC').waitFor()
  await page.keyboard.type('24 Dec 2027')
  await dialog.getByText('Friday 24 December 2027').waitFor()
  await page.keyboard.press('Enter')

  await page.waitForURL(/\/calendar\/day\/2027-12-24/)
  await dialog.waitFor({ state: 'detached' })
})

it('R asks, and then runs the focused schedule once', async () => {
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip().focus()
  await page.keyboard.press('r')
  const dialog = page.getByRole('dialog', { name: 'Run nightly now?' })
  await dialog.getByRole('button', { name: 'Run now' }).click()
  await page.getByText('Triggered nightly').waitFor()

  expect(
    await setup.db.query(`select trigger::text from almanac.runs where schedule_name = 'nightly'`),
  ).toEqual([{ trigger: 'manual' }])
})

it('E opens the form of its schedule, and ? lists the keys', async () => {
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip().focus()
  await page.keyboard.press('?')
  const sheet = page.getByRole('dialog', { name: 'Keyboard' })
  await sheet.getByText('Go to a date').waitFor()
  await page.keyboard.press('Escape')
  await sheet.waitFor({ state: 'detached' })

  await chip().focus()
  await page.keyboard.press('e')
  await page.waitForURL(/\/schedules\/\d+\/edit/)
  expect(setup.complaints).toEqual([])
})

it.each([
  ['?', 'Keyboard'],
  ['g', 'Go to date'],
  ['Control+k', 'Commands'],
  ['r', 'Run nightly now?'],
])('after %s and Escape the focus is where it was', async (key, name) => {
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip().focus()
  await page.keyboard.press(key)
  const dialog = page.getByRole('dialog', { name })
  await dialog.waitFor()
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.closest('[role="dialog"]') !== null))
    .toBe(true)

  await page.keyboard.press('Escape')

  await dialog.waitFor({ state: 'detached' })
  await expect.poll(() => chip().evaluate((element) => element === document.activeElement)).toBe(true)
})

it.each([
  ['c', 'ScheduleFormPage', /\/schedules\/new/],
  ['e', 'ScheduleFormPage', /\/schedules\/\d+\/edit/],
  ['?', 'ShortcutHelp', null],
  ['z', 'UndoDialog', null],
  ['Shift+Z', 'UndoDialog', null],
  ['r', 'askToTrigger', null],
] as const)('keys right after %s skip nothing and turn no page', async (key, part, opened) => {
  const asked = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  await page.route(`**/assets/${part}-*.js`, async (route) => {
    asked.resolve()
    await arrived.promise
    await route.continue()
  })
  await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
  await chip().focus()

  await page.keyboard.press(key)
  await asked.promise
  await page.keyboard.type('xjd')
  arrived.resolve()

  if (opened === null) await page.getByRole('dialog').waitFor()
  else await page.waitForURL(opened)
  expect(await setup.db.query('select from almanac.occurrence_overrides')).toEqual([])
  if (opened === null) expect(new URL(page.url()).pathname).toBe(`/calendar/day/${day}`)
  await page.unroute(`**/assets/${part}-*.js`)
})

it.each([
  [
    'Control+k',
    'Palette',
    'xruns',
    () => page.getByRole('dialog', { name: 'Commands' }).getByRole('combobox'),
  ],
  ['g', 'GoToDate', '2027-01-15', () => page.getByLabel('Date, UTC')],
  [
    '/',
    'FilterPanel',
    'dan',
    () => page.getByRole('dialog', { name: /^Filter/ }).getByLabel('Name', { exact: true }),
  ],
] as const)(
  'what is typed right after %s is typed there, however long it takes to open',
  async (key, part, typed, field) => {
    const arrived = Promise.withResolvers<void>()
    await page.route(`**/assets/${part}-*.js`, async (route) => {
      await arrived.promise
      await route.continue()
    })
    await page.goto(`${setup.server.url}/calendar/day/${day}?zone=UTC`)
    await chip().focus()

    await page.keyboard.press(key)
    await page.keyboard.type(typed)
    arrived.resolve()

    await expect.poll(() => field().inputValue(), { timeout: 20_000 }).toBe(typed)
    await expect.poll(() => new URL(page.url()).pathname).toBe(`/calendar/day/${day}`)
    expect(await setup.db.query('select from almanac.occurrence_overrides')).toEqual([])
    await page.unroute(`**/assets/${part}-*.js`)
  },
)
