import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  page = await setup.signIn('admin')
  page.on('dialog', (dialog) => void dialog.accept())
})

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
/** The form as it is at first, without what was typed into it before. */
async function openNew(): Promise<void> {
  await page.evaluate(() => sessionStorage.clear())
  await page.goto(`${setup.server.url}/schedules/new`)
}
const create = () => page.getByRole('button', { name: 'Create schedule' }).click()

describe('the form', () => {
  beforeEach(async () => {
    await openNew()
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

    await expect.poll(() => messageAt('Cron expression')).toContain('25 is not between 0 and 23')
    await page.getByText('Last valid rule').waitFor()
  })

  it('tells that an interval is zero', async () => {
    await page.getByRole('radio', { name: 'Interval' }).click()
    await fill('Every', '0 minutes')

    await expect.poll(() => messageAt('Every')).toContain('The interval is zero')
  })

  it('tells that a single time is past', async () => {
    await page.getByRole('radio', { name: 'Once' }).click()
    const field = page.getByLabel('Runs at: date')
    await field.fill('2001-01-01')
    await page.getByLabel('Runs at: time').fill('03:00')
    await create()

    await expect.poll(() => field.getAttribute('aria-invalid'), { timeout: 20_000 }).toBe('true')
    await page.getByText(/The time of the single run is in the past/).waitFor()
  })

  it('tells that a payload is not an object', async () => {
    await fill('Payload', '[1]')
    await create()

    await expect.poll(() => messageAt('Payload')).toMatch(/object/)
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

describe('what one chooses', () => {
  const cron = () => page.getByRole('textbox', { name: /^Cron expression/ })
  const choose = async (label: string, option: string) => {
    await page.getByRole('combobox', { name: label, exact: true }).click()
    await page.getByRole('option', { name: option, exact: true }).click()
  }
  beforeEach(async () => {
    await openNew()
    await cron().waitFor()
  })

  it('time and weekdays write the expression, and an expression that they cannot show is left alone', async () => {
    await choose('Repeats', 'On weekdays')
    await page.getByRole('textbox', { name: 'At', exact: true }).fill('7:30')
    await page.getByRole('button', { name: 'Wednesday' }).click()
    await expect.poll(() => cron().inputValue(), { timeout: 20_000 }).toBe('30 7 * * 1,2,4,5')

    await cron().fill('15 6 * * MON#2')
    const repeats = page.getByRole('combobox', { name: 'Repeats', exact: true })
    await expect.poll(() => repeats.inputValue()).toBe('As in the expression')
    await expect.poll(() => cron().inputValue()).toBe('15 6 * * MON#2')
  })

  it('a workflow by its name, and what it would run is said in order', async () => {
    await setup.db.query(
      `select almanac.define_workflow('night', '{"steps": [
        {"name": "load", "task": "almanac:noop"},
        {"name": "match", "task": "almanac:noop", "needs": ["load"]}]}', 'What runs at night.')`,
    )
    await openNew()
    await fill('Name', 'by-workflow')
    await choose('Runs', 'A workflow')
    await choose('Workflow', 'night')

    await page.getByText('What runs at night.').waitFor()
    const steps = page.getByRole('list', { name: 'What it would run now, in order' })
    await expect
      .poll(() => steps.getByRole('listitem').allTextContents())
      .toEqual(['load: almanac:noop', 'match: almanac:noop after load'])
    await create()
    await page.getByText('A workflow: night, version 1').waitFor()
    await expect
      .poll(() =>
        setup.db.query(
          `select target, task_identifier, workflow_name from almanac.schedules where name = 'by-workflow'`,
        ),
      )
      .toEqual([{ target: 'workflow', task_identifier: 'almanac:tasks', workflow_name: 'night' }])
  })

  it('an interval is a number and a unit, or whatever PostgreSQL reads', async () => {
    await page.getByRole('radio', { name: 'Interval' }).click()
    const every = page.getByRole('textbox', { name: /^Every/ })
    await choose('Unit', 'hours')
    await page.getByRole('textbox', { name: 'Number' }).fill('6')
    await expect.poll(() => every.inputValue()).toBe('6 hours')

    await every.fill('1 hour 30 minutes')
    await page.getByText('Every 1 hour 30 minutes').waitFor()
    await expect.poll(() => page.getByRole('textbox', { name: 'Number' }).inputValue()).toBe('')
  })

  it('a name that is taken and a statement that is empty are said while one types', async () => {
    await setup.db.query(`select almanac.schedule_cron('taken', '0 3 * * *', 'almanac:noop')`)
    await fill('Name', 'taken')
    await expect.poll(() => messageAt('Name')).toContain("A schedule 'taken' already exists.")
    await fill('Statement', 'x')
    await fill('Statement', ' ')
    await expect.poll(() => messageAt('Statement')).toContain('Write a statement, such as')
    await fill('Name', 'free')
    await expect
      .poll(() => page.getByRole('textbox', { name: 'Name' }).getAttribute('aria-invalid'), {
        timeout: 20_000,
      })
      .not.toBe('true')
  })

  it('Enter takes the zone that was typed, and does not save with the one before', async () => {
    const zone = page.getByRole('combobox', { name: 'Time zone' }).last()
    await fill('Name', 'zoned')
    await fill('Statement', 'select 1')
    await zone.click()
    await page.keyboard.type('paris')
    await page.getByRole('option', { name: 'Europe/Paris' }).waitFor()
    await page.keyboard.press('Enter')

    await expect.poll(() => zone.inputValue()).toBe('Europe/Paris')
    await zone.click()
    await page.keyboard.type('no such')
    await page.getByText('No such zone').waitFor()
    await page.keyboard.press('Enter')
    expect(await setup.db.query(`select from almanac.schedules where name = 'zoned'`)).toEqual([])
  })

  it('on a day of 25 hours one chooses which of the two times is meant; a time that is skipped is said', async () => {
    await page.getByRole('radio', { name: 'Once' }).click()
    await page.getByRole('combobox', { name: 'Time zone' }).last().click()
    await page.getByRole('combobox', { name: 'Time zone' }).last().fill('Lord_Howe')
    await page.getByRole('option', { name: 'Australia/Lord_Howe' }).click()
    await page.getByLabel('Runs at: time').fill('02:10')
    await page.getByLabel('Runs at: date').fill('2035-10-07')
    await page.getByText('Clocks skip 02:10 that day: it is 02:40 +11:00.').waitFor()
    await page.getByLabel('Runs at: date').fill('2035-04-01')
    await page.getByLabel('Runs at: time').fill('01:45')
    await page.getByText('Second, +10:30').click()
    await fill('Name', 'second')
    await fill('Statement', 'select 1')
    await create()
    await page.waitForURL(/\/schedules\/\d+$/)

    expect(await setup.db.query(`select run_at from almanac.schedules where name = 'second'`)).toEqual([
      { run_at: new Date('2035-03-31T15:15:00Z') },
    ])
    await page.goto(`${page.url()}/edit`)
    await expect.poll(() => page.getByLabel('Runs at: time').inputValue(), { timeout: 20_000 }).toBe('01:45')
    await expect.poll(() => page.getByRole('radio', { name: 'Second, +10:30' }).isChecked()).toBe(true)
  })

  it('every policy can be chosen, and a schedule that is not enabled yet does not run', async () => {
    await fill('Name', 'policies')
    await fill('Statement', 'select 1')
    await choose('Still running', 'Allow concurrent')
    await fill('Most unfinished runs', '3')
    await fill('Back-off', '1.5')
    await fill('Longest delay', '10 minutes')
    await fill('Missed if later than', '5 minutes')
    await fill('Catch-up window', '2 days')
    await fill('Ends after', '40')
    await page.getByLabel('Enable now').click({ force: true })
    await create()
    await page.waitForURL(/\/schedules\/\d+$/)

    expect(
      await setup.db.query(
        `select status, next_run_at, overlap_policy, max_concurrent, retry_backoff, max_runs, retry_ceiling::text,
           late_tolerance::text, catchup_window::text
         from almanac.schedules where name = 'policies'`,
      ),
    ).toEqual([
      {
        status: 'disabled',
        next_run_at: null,
        overlap_policy: 'allow',
        max_concurrent: 3,
        retry_backoff: '1.5',
        max_runs: 40,
        retry_ceiling: '00:10:00',
        late_tolerance: '00:05:00',
        catchup_window: '2 days',
      },
    ])
  })

  it('leaving asks first', async () => {
    await fill('Name', 'asked')
    await page.getByRole('link', { name: 'Workers' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stay' }).click()
    await expect.poll(() => page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe('asked')

    await page.getByRole('link', { name: 'Workers' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click()
    await page.waitForURL(/\/workers/)
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
  // What asks to confirm is fetched after the page.
  await page.waitForLoadState('networkidle')

  await click(/^Pause/)
  const confirm = page.getByRole('dialog').getByRole('button', { name: /^Pause/ })
  await Promise.race([confirm.click(), page.getByRole('button', { name: /^Resume/ }).waitFor()])
  await expect.poll(state, { timeout: 20_000 }).toMatchObject({ status: 'paused' })
  await click(/^Resume/)
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Resume/ })
    .click()
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

  await expect
    .poll(() => viewer.getByRole('button', { name: /Pause|Trigger|Delete|Edit|New schedule/ }).count())
    .toBe(0)
  await expect.poll(() => viewer.getByRole('link', { name: /Edit|New schedule/ }).count()).toBe(0)
})
