import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBrowser, type BrowserSetup } from './openBrowser.ts'

let setup: BrowserSetup
let page: Page
beforeAll(async () => {
  setup = await openBrowser()
  page = await setup.signIn('admin')
  page.on('dialog', (dialog) => void dialog.accept())
})
afterAll(() => setup.close())

/** The message that belongs to a field, as assistive technology finds it. */
async function messageAt(label: string): Promise<string> {
  const field = page.getByRole('textbox', { name: new RegExp(`^${label}`) }).first()
  await expect.poll(() => field.getAttribute('aria-invalid'), { timeout: 20_000 }).toBe('true')
  const ids = (await field.getAttribute('aria-describedby'))?.split(' ').filter(Boolean) ?? []
  const texts = await Promise.all(ids.map((id) => page.locator(`[id="${id}"]`).textContent()))
  return texts.join(' ')
}
const fill = (label: string, value: string) =>
  page
    .getByRole('textbox', { name: new RegExp(`^${label}`) })
    .first()
    .fill(value)
const create = () => page.getByRole('button', { name: 'Create schedule' }).click()

describe('the form', () => {
  beforeEach(async () => {
    await page.goto(`${setup.server.url}/schedules/new`)
    await fill('Name', `made-${Math.trunc(performance.now())}`)
    await page
      .getByRole('combobox', { name: 'Task' })
      .or(page.getByRole('textbox', { name: 'Task' }))
      .first()
      .click()
    await page.getByRole('option', { name: /almanac:noop/ }).click()
  })

  it('tells what is wrong with a cron expression at the field, as the database says it, and keeps the last valid preview', async () => {
    const answered = page.waitForResponse(
      (response) => response.request().postData()?.includes('"30 2 * * *"') === true,
    )
    await fill('Cron expression', '30 2 * * *')
    await answered
    await page.getByRole('row', { name: /02:30/ }).first().waitFor()
    await fill('Cron expression', '30 25 * * *')

    expect(await messageAt('Cron expression')).toContain('25 is not between 0 and 23')
    await page.getByText('Last valid rule').waitFor()
  })

  it('tells that an interval is zero', async () => {
    await page.getByRole('radio', { name: 'Interval' }).click()
    await fill('Every', '0 minutes')

    expect(await messageAt('Every')).toContain('The interval is zero')
  })

  it('tells that a single time is past', async () => {
    await page.getByRole('radio', { name: 'Once' }).click()
    await page.getByLabel('Runs at').fill('2001-01-01T03:00')
    await create()

    const field = page.getByLabel('Runs at')
    await expect.poll(() => field.getAttribute('aria-invalid'), { timeout: 20_000 }).toBe('true')
    await page.getByText(/The time of the single run is past/).waitFor()
  })

  it('tells that a payload is no object', async () => {
    await fill('Payload', '[1]')
    await create()

    expect(await messageAt('Payload')).toMatch(/object/)
  })

  it('shows the next five runs from the database, and what the clock change does to them', async () => {
    const rows = page.getByRole('table').getByRole('row')
    await fill('Cron expression', '30 2 * * *')

    await expect
      .poll(async () => (await rows.allTextContents()).filter((text) => text.includes('02:30')).length, {
        timeout: 20_000,
      })
      .toBe(5)
  })

  it('creates what it shows', async () => {
    const name = 'made-by-hand'
    await fill('Name', name)
    await fill('Cron expression', '15 4 * * MON-FRI')
    await create()
    await page.waitForURL(/\/schedules\/\d+$/)

    await page.getByRole('heading', { name }).waitFor()
    expect(
      await setup.db.query(
        `select kind, cron_expression, task_identifier, created_by from almanac.schedules where name = $1`,
        [name],
      ),
    ).toEqual([
      {
        kind: 'cron',
        cron_expression: '15 4 * * MON-FRI',
        task_identifier: 'almanac:noop',
        created_by: 'admin',
      },
    ])
  })
})

it('a schedule is paused, resumed, triggered and deleted from its page', async () => {
  const [schedule] = await setup.db.query<{ id: string }>(
    `select id from almanac.schedule_cron('by-hand', '0 3 * * *', 'almanac:noop')`,
  )
  await page.goto(`${setup.server.url}/schedules/${schedule!.id}`)
  const state = async () =>
    (
      await setup.db.query<{ status: string; deleted: boolean }>(
        `select status, deleted_at is not null as deleted from almanac.schedules where id = $1`,
        [schedule!.id],
      )
    )[0]
  const click = (name: RegExp) => page.getByRole('button', { name }).first().click()

  await click(/^Pause/)
  const confirm = page.getByRole('dialog').getByRole('button', { name: /^Pause/ })
  await Promise.race([confirm.click(), page.getByRole('button', { name: /^Resume/ }).waitFor()])
  await expect.poll(state, { timeout: 20_000 }).toMatchObject({ status: 'paused' })
  await click(/^Resume/)
  await expect.poll(state, { timeout: 20_000 }).toMatchObject({ status: 'active' })
  await click(/^Trigger now/)
  await page.getByRole('row', { name: /Queued/ }).waitFor()
  await click(/^Delete/)
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Delete/ })
    .click()
  await expect.poll(state, { timeout: 20_000 }).toMatchObject({ deleted: true })
})

it('a viewer sees everything and has no buttons that change', async () => {
  await setup.db.query(`insert into almanac.users (username, role) values ('visitor', 'viewer')`)
  const viewer = await setup.signIn('visitor')
  const [schedule] = await setup.db.query<{ id: string }>(
    `select id from almanac.schedule_cron('looked-at', '0 3 * * *', 'almanac:noop')`,
  )

  await viewer.goto(`${setup.server.url}/schedules/${schedule!.id}`)
  await viewer.getByRole('heading', { name: 'looked-at' }).waitFor()

  expect(await viewer.getByRole('button', { name: /Pause|Trigger|Delete|Edit|New schedule/ }).count()).toBe(0)
  expect(await viewer.getByRole('link', { name: /Edit|New schedule/ }).count()).toBe(0)
})
