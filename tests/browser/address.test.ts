import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { seed } from './seed.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await seed(setup.db.query, { runs: 300 })
  page = await setup.signIn('admin')
})

const patient = { timeout: 20_000 }
const noteOf = () =>
  page.locator('.app-notes').getByRole('alert').filter({ hasText: 'address was corrected' })
const address = () => {
  const { pathname, search } = new URL(page.url())
  return pathname + search
}

it.each([
  [
    '/calendar/week/2026-13-45?zone=UTC',
    '“2026-13-45” is not a date; showing this week.',
    '/calendar/week?zone=UTC',
  ],
  ['/calendar/weak?zone=UTC', '“weak” is not a view', '/calendar/week?zone=UTC'],
  ['/calendar/lanes/9999-12-31?zone=UTC', 'The years 2 to 9998 can be shown.', '/calendar/lanes?zone=UTC'],
  ['/calendar/year/0001-01-01?zone=UTC', '“0001-01-01” is too far away', '/calendar/year?zone=UTC'],
  ['/calendar/day?zone=Mars&status=failed', '“Mars” is not a time zone', '/calendar/day?status=failed'],
  ['/calendar/day?zone=UTC&stat=failed', '“stat” is not a parameter of this page', '/calendar/day?zone=UTC'],
  ['/calendar/day?zone=UTC&item=x', '“x” is not an item of the calendar', '/calendar/day?zone=UTC'],
  ['/runs?state=broken&run=1', '“broken” is not a state', '/runs?run=1'],
  ['/runs?schedule=abc', '“abc” is not the number of a schedule', '/runs'],
  ['/runs?from=2026-02-31', '“2026-02-31” is not a date', '/runs'],
  ['/runs?after=abc', '“abc” is not a place in the list', '/runs'],
  ['/schedules?sort=color&descending=true', '“color” is not a column', '/schedules?descending=true'],
  ['/schedules?page=99', 'There is no page 99; showing the last.', '/schedules'],
  ['/schedules/1?why=yesterday', '“yesterday” is not a moment', '/schedules/1'],
  ['/schedules/new?kind=often', '“often” is not a kind', '/schedules/new'],
  ['/workers?zone=Mars', '“Mars” is not a time zone', '/workers'],
  ['/settings?tab=2', '“tab” is not a parameter of this page', '/settings'],
])('%s says what is wrong, and is corrected', async (asked, text, corrected) => {
  await page.goto(setup.server.url + asked)

  await noteOf().getByText(text).waitFor(patient)
  await expect.poll(address, patient).toBe(corrected)
})

it('a step to another page leaves nothing wrong in the address', async () => {
  await page.goto(`${setup.server.url}/calendar/week?zone=UTC`)
  const rail = page.getByRole('navigation', { name: 'Main' })
  for (const [name, path] of [
    ['Settings', '/settings?zone=UTC'],
    ['Calendar', '/calendar/week?zone=UTC'],
    ['Runs', '/runs?zone=UTC'],
    ['Calendar', '/calendar/week?zone=UTC'],
    ['Schedules', '/schedules?zone=UTC'],
  ] as const) {
    await rail.getByRole('link', { name }).click(patient)
    await expect.poll(address, patient).toBe(path)
    await page.locator('main [aria-busy=true]').first().waitFor({ state: 'detached' })
    await expect.poll(address).toBe(path)
    await expect.poll(() => noteOf().count()).toBe(0)
  }
})

it('the zone that an address brought stays from page to page, until another is chosen', async () => {
  const zone = 'Asia/Kolkata'
  const rail = page.getByRole('navigation', { name: 'Main' })
  const shown = () => page.getByRole('combobox', { name: 'Time zone' }).inputValue()
  const expectZone = async (path: RegExp) => {
    await expect.poll(address, patient).toMatch(path)
    await expect.poll(() => new URL(page.url()).searchParams.get('zone')).toBe(zone)
    await expect.poll(shown, patient).toMatch(/^Asia\/Kolkata/)
  }
  await page.goto(`${setup.server.url}/schedules?zone=${zone}`)
  await page
    .getByRole('table', { name: 'Schedules' })
    .locator('a[href*="/schedules/"]')
    .first()
    .click(patient)
  await expectZone(/^\/schedules\/\d+\?/)
  await rail.getByRole('link', { name: 'Runs' }).click()
  await expectZone(/^\/runs\?/)
  await page.locator('[id^="run-"]').first().click(patient)
  await page.getByRole('complementary').getByRole('link', { name: 'Open' }).click(patient)
  await expectZone(/^\/runs\/\d+\?/)
  await page.keyboard.press('Control+k')
  await page.getByRole('option', { name: 'Calendar: month' }).click(patient)
  await expectZone(/^\/calendar\/month/)
  await page.keyboard.press('Control+k')
  await page.getByRole('option', { name: 'Workers' }).click(patient)
  await expectZone(/^\/workers\?/)
  await page.goBack()
  await expectZone(/^\/calendar\/month/)

  await page.getByRole('combobox', { name: 'Time zone' }).fill('UTC')
  await page.getByRole('option', { name: /^UTC/ }).click()
  await expect.poll(address).toMatch(/^\/calendar\/month[^?]*$/)
  await rail.getByRole('link', { name: 'Workers' }).click()
  await expect.poll(address).toBe('/workers')
  await rail.getByRole('link', { name: 'Calendar' }).click()
  await expect.poll(address).toMatch(/^\/calendar\/month[^?]*$/)
})

it('a saved view without a zone is shown in the zone of the address', async () => {
  await page.goto(`${setup.server.url}/calendar/month?tag=data`)
  await page.getByRole('button', { name: /^Filter/ }).click(patient)
  const panel = page.getByRole('dialog', { name: 'Filter and saved views' })
  await panel.getByRole('textbox', { name: 'Name of this view' }).fill('data of the month')
  await panel.getByRole('button', { name: 'Save' }).click()
  await panel.getByRole('link', { name: 'data of the month' }).waitFor()

  await page.goto(`${setup.server.url}/calendar/week?zone=Asia/Kolkata`)
  await page.getByRole('button', { name: /^Filter/ }).click(patient)
  await panel.getByRole('link', { name: 'data of the month' }).click(patient)
  await expect.poll(address, patient).toBe('/calendar/month?zone=Asia/Kolkata&tag=data')
})

it('the note goes when it is closed, and with the next step', async () => {
  await page.goto(`${setup.server.url}/calendar/week/2026-13-45?zone=UTC`)
  await noteOf().waitFor(patient)
  await noteOf().getByRole('button', { name: 'Close the note' }).click()
  await expect.poll(() => noteOf().count()).toBe(0)

  await page.goto(`${setup.server.url}/calendar/week/2026-13-45?zone=UTC`)
  await noteOf().waitFor(patient)
  await page.getByRole('button', { name: 'Later', exact: true }).click()
  await expect.poll(() => noteOf().count()).toBe(0)
})

it.each([
  '/calendar/lanes',
  '/calendar/year',
  '/calendar/day',
  '/calendar/week',
  '/calendar/month',
  '/calendar/agenda',
])('the first and the last day of %s are answered by the database', async (view) => {
  for (const date of ['0002-01-01', '9998-12-31']) {
    await page.goto(`${setup.server.url}${view}/${date}?zone=Pacific/Kiritimati`)
    await expect.poll(() => page.getByRole('status', { name: /^Loading/ }).count(), patient).toBe(0)
    await page.getByRole('banner').getByRole('heading').waitFor(patient)
    await expect.poll(() => page.locator('main').getByRole('alert').count(), { message: date }).toBe(0)
  }
})

it('an address is plain, and an old one with quotes is read', async () => {
  await page.goto(`${setup.server.url}/runs?run=%223%22&tag=%222026%22&calm=true`)
  await expect.poll(address, patient).toBe('/runs?run=3&tag=2026&calm=true')
  await expect.poll(() => noteOf().count()).toBe(0)

  await page.goto(`${setup.server.url}/runs?zone=Europe/Paris`)
  await page.locator('[id^="run-"]').first().click(patient)
  await expect.poll(address, patient).toMatch(/^\/runs\?zone=Europe\/Paris&run=\d+$/)
})
