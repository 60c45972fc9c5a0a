import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await setup.db.query(
    `select almanac.schedule_cron('nightly rollup', '0 3 * * *', 'almanac:noop'),
       almanac.schedule_cron('night export', '0 4 * * *', 'almanac:noop'),
       almanac.schedule_cron('day report', '0 12 * * *', 'almanac:noop')`,
  )
  page = await setup.signIn('admin')
})

const patient = { timeout: 20_000 }
const palette = () => page.getByRole('dialog', { name: 'Commands' })
const options = () => palette().getByRole('option').allInnerTexts()
const open = async () => {
  // No one presses a key before there is a page.
  await page.getByRole('button', { name: 'Search and commands' }).waitFor()
  await page.keyboard.press('Control+K')
  await palette().getByRole('combobox').and(page.locator(':focus')).waitFor()
}
const selected = () => palette().locator('[data-combobox-selected]').innerText()

it.each(['light', 'dark'] as const)('axe finds nothing in it in the %s theme', async (colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await page.goto(`${setup.server.url}/calendar/week?zone=UTC`)
  await page.locator('main').getByText('nightly').first().waitFor()
  await open()

  const { violations } = await new AxeBuilder({ page }).analyze()

  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  await page.keyboard.press('Escape')
  await expect.poll(() => palette().count(), patient).toBe(0)
})

it('a date goes there in the view at hand, a month in its own', async () => {
  await page.goto(`${setup.server.url}/calendar/day?zone=UTC`)
  await open()
  await page.keyboard.type('3 dec 2030')
  await expect.poll(selected, patient).toBe('Go to Tuesday 3 December 2030')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url(), patient).toContain('/calendar/day/2030-12-03')

  await open()
  await page.keyboard.type('february 2031')
  await expect.poll(selected, patient).toBe('Go to February 2031')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url(), patient).toContain('/calendar/month/2031-02-01')
})

it('schedules are found by the database, opened, and paused and resumed by a verb', async () => {
  await open()
  await page.keyboard.type('pause night')
  await expect.poll(options, patient).toEqual(['Pause night export', 'Pause nightly rollup'])
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  const pausing = page.getByRole('dialog', { name: 'Pause nightly rollup' })
  await pausing.getByRole('textbox', { name: 'Reason' }).and(page.locator(':focus')).waitFor()
  await page.keyboard.type('the disk is full')
  await page.keyboard.press('Enter')
  await page.getByText('Paused nightly rollup').waitFor()
  const paused = () =>
    setup.db.query(`select pause_reason from almanac.schedules where name = 'nightly rollup'`)
  await expect.poll(paused, patient).toEqual([{ pause_reason: 'the disk is full' }])
  await pausing.waitFor({ state: 'detached' })

  await open()
  await page.keyboard.type('resume night')
  await expect.poll(async () => (await options())[0], patient).toMatch(/^Resume nightly rollup/)
  await page.keyboard.press('Enter')
  const resuming = page.getByRole('dialog', { name: 'Resume nightly rollup' })
  await resuming.getByRole('checkbox', { name: 'Catch up what the pause skipped' }).waitFor()
  await resuming.getByRole('button', { name: 'Resume' }).click()
  await page.getByText('Resumed nightly rollup').waitFor()
  await resuming.waitFor({ state: 'detached' })

  await open()
  await page.keyboard.type('day rep')
  await expect.poll(selected, patient).toBe('Open day report')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'day report' }).waitFor()
})

it('pages and views are a few letters away, also from a field', async () => {
  await page.goto(`${setup.server.url}/schedules?zone=UTC`)
  await page.getByLabel('Search schedules').click()
  await open()
  await page.keyboard.type('workers')
  await expect.poll(selected, patient).toBe('Workers')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.url(), patient).toContain('/workers')
})

it('it acts on the occurrence that has the focus, and what it did is undone', async () => {
  await page.goto(`${setup.server.url}/calendar/week/2031-02-10?zone=UTC`)
  await page
    .locator('main')
    .getByRole('button', { name: /^day report/ })
    .first()
    .focus()
  await open()
  await page.keyboard.type('skip')
  await expect.poll(selected, patient).toMatch(/^Skip/)
  await page.keyboard.press('Enter')
  await page.getByText(/^Skipped day report/).waitFor()
  const skipped = () => setup.db.query(`select action::text from almanac.occurrence_overrides`)
  await expect.poll(skipped, patient).toEqual([{ action: 'skip' }])

  await open()
  await page.keyboard.type('undo')
  await expect.poll(selected, patient).toMatch(/^Undo: Skipped day report/)
  await page.keyboard.press('Enter')
  await expect.poll(skipped, patient).toEqual([])
  expect(setup.complaints).toEqual([])
})

it('on a phone it is reached by touch', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(`${setup.server.url}/runs?zone=UTC`)
  await page.getByRole('button', { name: 'Search and commands' }).click()
  await palette().getByRole('combobox').fill('new')
  await palette()
    .getByRole('option', { name: /New schedule/ })
    .click()

  await page.getByText('As SQL').waitFor()
})
