import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestWorker } from '../../worker/testing/startTestWorker.ts'
import { until } from '../../worker/testing/until.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let parent: string

/** Each task with those that it needs; `load_orders` fails until it is told otherwise. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  load_customers: [],
  load_orders: [],
  match: ['load_customers', 'load_orders'],
  score: ['match'],
  report_customers: ['load_customers'],
}
let isBroken = true
let hold: Promise<void> | undefined

beforeAll(async () => {
  const worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    tasks: Object.fromEntries(
      Object.keys(NEEDS).map((task) => [
        task,
        async () => {
          if (task === 'match') await hold
          if (task === 'load_orders' && isBroken) throw new Error('No orders')
        },
      ]),
    ),
  })
  // What a worker announces replaces what was registered before.
  await until('the worker has announced its tasks', async () => {
    const rows = await setup.db.query(
      `select from almanac_private.known_tasks where identifier = 'report_customers'`,
    )
    return rows.length === 1
  })
  for (const [task, needs] of Object.entries(NEEDS))
    await setup.db.query(`select almanac.register_task($1, task_group => 'matching', depends_on => $2)`, [
      task,
      needs,
    ])
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier, target, task_group, max_attempts)
     values ('matching', 'manual', 'almanac:tasks', 'group', 'matching', 1)`,
  )
  parent = (await setup.db.query<{ id: string }>(`select id::text from almanac.trigger_now('matching')`))[0]!
    .id
  await until('the parent has ended', async () => {
    const rows = await setup.db.query(`select from almanac.runs where id = $1 and status = 'failed'`, [
      parent,
    ])
    return rows.length === 1
  })
  page = await setup.signIn('admin')
  return () => worker.close()
})

const box = (name: RegExp) =>
  page.getByRole('group', { name: 'Steps as a graph' }).getByRole('link', { name })

it('a run of a group is drawn: each step with its state, what it comes after, and why it did not run', async () => {
  await page.goto(`${setup.server.url}/runs/${parent}`)
  await page.getByText('5: 2 succeeded, 1 failed, 2 skipped').waitFor()

  await box(/^load_orders Failed.*No orders/).waitFor()
  await box(/^match Skipped.*, after load_customers, load_orders.*which failed/).waitFor()
  await box(/^report_customers Succeeded.*, after load_customers$/).waitFor()
})

it('arrow keys go from step to step, and Enter opens one, which leads back', async () => {
  await page.goto(`${setup.server.url}/runs/${parent}`)
  await box(/^match /).focus()
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toMatch(/^score Skipped/)

  await page.keyboard.press('Enter')
  await page.getByText(/^Step \d of/).waitFor()
  await page.getByRole('link', { name: `run #${parent}` }).click()
  await box(/^score /).waitFor()
})

it('it is made larger and smaller, and shown whole', async () => {
  await page.goto(`${setup.server.url}/runs/${parent}`)
  const width = async () => (await box(/^match /).boundingBox())!.width
  await box(/^match /).waitFor()
  const before = await width()

  await page.getByRole('button', { name: 'Larger' }).click()
  await expect.poll(width).toBeGreaterThan(before)
  await page.getByRole('button', { name: 'Fit' }).click()
  await expect.poll(width).toBeLessThanOrEqual(before)
})

it('as a list the steps say what they need, and a phone has the list first', async () => {
  await page.goto(`${setup.server.url}/runs/${parent}`)
  await page.getByRole('button', { name: 'List', exact: true }).click()
  const rows = page.getByRole('table', { name: 'Steps' }).getByRole('row')
  await expect.poll(() => rows.count()).toBe(6)
  await rows.filter({ hasText: 'No orders' }).getByText('1 of 1').waitFor()

  await page.setViewportSize({ width: 320, height: 800 })
  await page.goto(`${setup.server.url}/runs/${parent}`)
  await rows.first().waitFor()
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
  await page.setViewportSize({ width: 1440, height: 900 })
})

it.each(['light', 'dark'] as const)(
  'axe finds nothing in graph and list, in the %s theme',
  async (scheme) => {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
    for (const view of ['Graph', 'List']) {
      await page.goto(`${setup.server.url}/runs/${parent}`)
      await page.getByRole('button', { name: view, exact: true }).click()
      await page.getByText('No orders').first().waitFor({ state: 'attached' })

      const { violations } = await new AxeBuilder({ page })
        .options({ rules: { 'target-size': { enabled: true } } })
        .analyze()

      expect(
        violations.map(({ id, nodes }) => `${view} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`),
      ).toEqual([])
    }
  },
)

it('what failed runs once more from there, and its steps change while they are looked at', async () => {
  isBroken = false
  let release = () => {}
  hold = new Promise((resolve) => (release = resolve))
  await page.goto(`${setup.server.url}/runs/${parent}`)
  await page.getByRole('button', { name: 'Retry what failed' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Retry', exact: true }).click()

  await box(/^load_customers Succeeded in #/).waitFor()
  await box(/^match Running/).waitFor()
  await box(/^score Waiting.*, after match.*Waits for match$/).waitFor()
  release()
  await box(/^score Succeeded/).waitFor()
  expect(setup.complaints).toEqual([])
})
