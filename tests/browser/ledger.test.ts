import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
beforeAll(async () => {
  await setup.db.query(`select almanac_private.install_system_schedules()`)
  await setup.db.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
     values ('hourly', 'interval', '1 hour', date_trunc('hour', now()) - interval '3 hours', 'almanac:noop', 'allow')`,
  )
  page = await setup.signIn('admin')
})

const rail = () => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Ledger/ })
const state = () => page.getByRole('status', { name: 'State of the ledger' })
const check = () => setup.db.query(`select almanac_private.run_ledger_check()`)

it('an open page follows the checks: never checked, as it should be, and what was found', async () => {
  await page.goto(`${setup.server.url}/ledger?zone=UTC`)
  await state().getByRole('heading', { name: 'Not checked yet' }).waitFor()
  await expect.poll(() => rail().textContent()).toBe('Ledger: Not checked yet')

  await check()
  await state()
    .getByRole('heading', { name: /^No gaps, no duplicates · checked \d\d:\d\d$/ })
    .waitFor()
  await expect.poll(() => rail().textContent()).toBe('Ledger')

  // Occurrences that the rule names and that no one has fired, as if their outcomes were lost.
  await setup.db.query(
    `update almanac_private.rule_versions v set valid_from = date_trunc('hour', now()) - interval '3 hours' - interval '1 second'
     from almanac.schedules s where s.id = v.schedule_id and s.name = 'hourly'`,
  )
  // Of the day before, so that the next one looks at a day again.
  await setup.db.query(`update almanac.ledger_checks set checked_at = checked_at - interval '25 hours'`)
  await check()
  await state()
    .getByRole('heading', { name: /^[34] problems · checked/ })
    .waitFor()
  const missing = page.getByRole('table', { name: 'Missing' })
  await expect
    .poll(() => missing.getByRole('row', { name: /hourly .*:00/ }).count())
    .toBeGreaterThanOrEqual(3)
  await page.getByText('trigger it if the work is still needed').waitFor()
  await expect.poll(() => page.getByRole('table', { name: 'Checks' }).getByRole('row').count()).toBe(3)
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])

  await missing.getByRole('link', { name: 'hourly' }).first().click()
  await page.getByRole('heading', { name: 'hourly' }).waitFor()
})

it('a check that is too old says that no one checks', async () => {
  await setup.db.query(`update almanac.ledger_checks set stale_at = now() - interval '1 minute'`)

  await page.goto(`${setup.server.url}/ledger?zone=UTC`)

  await state().getByRole('heading', { name: 'Check overdue' }).waitFor()
  await state().getByRole('link', { name: 'Workers' }).waitFor()
  await expect.poll(() => rail().textContent()).toBe('Ledger: Check overdue')
})

it('a system schedule is marked, and is run but not changed from its page', async () => {
  await page.goto(`${setup.server.url}/schedules`)
  await page.getByRole('row', { name: /almanac:check-ledger System/ }).waitFor()
  await page.getByRole('link', { name: 'almanac:check-ledger' }).click()
  await page.getByRole('heading', { name: 'almanac:check-ledger' }).waitFor()

  await page.getByRole('button', { name: 'Trigger now' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: /Pause|Delete|Resume/ }).count()).toBe(0)
  await expect.poll(() => page.getByRole('link', { name: 'Edit' }).count()).toBe(0)

  await page.goto(`${page.url()}/edit`)
  await page.getByRole('heading', { name: 'almanac:check-ledger is a system schedule' }).waitFor()
})

it('the calendar shows system schedules when asked to, without a way to change them', async () => {
  await page.goto(`${setup.server.url}/calendar/month?zone=UTC`)
  const own = page.locator('main').getByRole('button', { name: /almanac:check-ledger/ })
  await page
    .getByRole('button', { name: /^hourly/ })
    .first()
    .waitFor()
  await expect.poll(() => own.count()).toBe(0)

  await page.getByRole('button', { name: 'Filter' }).click()
  await page.getByRole('switch', { name: "Almanac's own schedules" }).click()
  await own.first().waitFor()
  expect(page.url()).toContain('system=true')

  await page.keyboard.press('Escape')
  await own.last().click()
  const panel = page.getByRole('dialog', { name: 'almanac:check-ledger' })
  await panel.getByText('it cannot be changed').waitFor()
  await expect.poll(() => panel.getByRole('button', { name: /Pause|Move|Skip/ }).count()).toBe(0)
  expect(setup.complaints).toEqual([])
})
