import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let id: string
beforeAll(async () => {
  page = await setup.signIn('admin')
})

let made = 0
beforeEach(async () => {
  const [row] = await setup.db.query<{ id: string }>(
    `select id from almanac.schedule_cron($1, '0 3 * * *', 'almanac:noop')`,
    [`shared-${++made}`],
  )
  id = row?.id ?? ''
  await page.goto(`${setup.server.url}/schedules/${id}/edit?zone=UTC`)
  await cron().waitFor()
})

const cron = () => page.getByRole('textbox', { name: 'Cron expression', exact: true })
const description = () => page.getByRole('textbox', { name: /^Description/ })
const note = () => page.getByRole('alert', { name: 'Changed by someone else' })
const save = () => page.getByRole('button', { name: 'Save changes' })
const stored = async () =>
  (
    await setup.db.query<{ cron_expression: string; description: string | null; tags: string[] }>(
      `select cron_expression, description, tags from almanac.schedules where id = $1`,
      [id],
    )
  )[0]
const change = (changes: object) =>
  setup.db.query(`select almanac.update_schedule($1, $2)`, [id, JSON.stringify(changes)])

it("someone else's edit is shown by name and field; mine is put on top of it, and saves only what I changed", async () => {
  await description().fill('typed by me')
  await change({ cron_expression: '0 5 * * *', tags: ['theirs'] })

  await note()
    .getByText(/^almanac_test_owner changed this schedule at [\d:]{8}: Cron expression, Tags\.$/)
    .waitFor()
  await expect.poll(() => description().inputValue()).toBe('typed by me')
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])

  await note().getByRole('button', { name: 'Keep mine' }).click()
  await note().waitFor({ state: 'detached' })
  await expect.poll(() => cron().inputValue()).toBe('0 5 * * *')
  await expect.poll(() => description().inputValue()).toBe('typed by me')
  await save().click()

  await page.waitForURL(/\/schedules\/\d+(\?|$)/)
  await expect
    .poll(() => stored())
    .toEqual({
      cron_expression: '0 5 * * *',
      description: 'typed by me',
      tags: ['theirs'],
    })
})

it('a field that both changed is named; theirs can be shown in its place', async () => {
  await cron().fill('0 4 * * *')
  await change({ cron_expression: '0 6 * * *' })

  await note()
    .getByText(/^You also changed Cron expression\./)
    .waitFor()
  await note().getByRole('button', { name: 'Show theirs' }).click()

  await expect.poll(() => cron().inputValue()).toBe('0 6 * * *')
  await note().waitFor({ state: 'detached' })
})

it('who saves without having heard of it overwrites nothing: it is said, and asked', async () => {
  await cron().fill('0 4 * * *')
  // What the page would hear of it is withheld.
  await page.context().setOffline(true)
  await change({ cron_expression: '0 7 * * *' })
  await page.context().setOffline(false)
  await save().click()

  await note().waitFor()
  await expect.poll(() => stored()).toMatchObject({ cron_expression: '0 7 * * *' })
  await expect.poll(() => cron().inputValue()).toBe('0 4 * * *')
  await note().getByRole('button', { name: 'Keep mine' }).click()
  await save().click()

  await expect.poll(stored).toMatchObject({ cron_expression: '0 4 * * *' })
})

it('what was typed when the session ended is back after signing in again', async () => {
  await description().fill('a long text')
  await setup.db.query(`delete from almanac_private.sessions`)
  // The page may hear of it first, and then has no such button any more.
  await Promise.all([
    page.waitForURL(/\/sign-in/),
    save()
      .click({ timeout: 2_000 })
      .catch(() => undefined),
  ])

  await page.goto(await setup.link('admin'))

  await page.waitForURL(/\/edit/)
  await page.getByText('Your edits from before your session ended have been restored.').waitFor()
  await expect.poll(() => description().inputValue()).toBe('a long text')
  await save().click()
  await expect.poll(stored).toMatchObject({ description: 'a long text' })
})

it('moves and skips stay with what takes their place, and saving asks before it drops any', async () => {
  const { db } = setup
  const name = `shared-${made}`
  const days = await db.query<{ nominal: Date }>(
    `select scheduled_for as nominal from almanac.upcoming($1, max_count => 3) order by 1 offset 1`,
    [name],
  )
  const [first, second] = days.map(({ nominal }) => nominal.toISOString())
  await db.query(`select almanac.move_occurrence($1, $2, $2::timestamptz + interval '2 hours')`, [
    name,
    first,
  ])
  await db.query(`select almanac.skip_occurrence($1, $2)`, [name, second])
  const left = () =>
    db.query(
      `select o.scheduled_for - $2::timestamptz as off, action::text from almanac.occurrence_overrides o
       where o.schedule_id = $1 order by o.scheduled_for`,
      [id, first],
    )

  await cron().fill('0 4 * * *')
  const change = page.getByRole('region', { name: 'If you save this' })
  await change.getByText('2 that are moved or skipped stay that way.').waitFor()
  await cron().fill('0 5,6 * * *')
  await change
    .getByText(/^These 2 are no longer moved or skipped, because nothing takes their place: /)
    .waitFor()
  await save().click()
  const asked = page.getByRole('dialog', { name: 'Save, and drop 2 moves and skips?' })
  await asked.getByText(/\(moved to .*05:00\)/).waitFor()
  const { violations } = await new AxeBuilder({ page }).analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
  await asked.getByRole('button', { name: 'Cancel' }).click()
  await expect.poll(() => stored()).toMatchObject({ cron_expression: '0 3 * * *' })

  await cron().fill('0 4 * * *')
  await save().click()
  await expect.poll(stored).toMatchObject({ cron_expression: '0 4 * * *' })
  await expect
    .poll(() => left())
    .toMatchObject([
      { off: { hours: 1 }, action: 'move' },
      { off: { days: 1, hours: 1 }, action: 'skip' },
    ])
})
