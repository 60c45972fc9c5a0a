import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunHelpers } from '../../worker/run.ts'
import { createGate } from '../../worker/testing/gate.ts'
import { startTestWorker, type TestWorker } from '../../worker/testing/startTestWorker.ts'
import { until } from '../../worker/testing/until.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let worker: TestWorker
let page: Page
let helpers: RunHelpers | undefined
const gate = createGate()
beforeAll(async () => {
  worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    tasks: {
      'test:gate': (payload, given) => {
        helpers = given
        return gate.task(payload, given)
      },
      'test:long': (_payload, { logger }) => {
        for (let line = 1; line <= 10_000; line++)
          logger[line % 1_000 === 0 ? 'warn' : 'info'](`row ${line} of 10000`)
        return { rows: 10_000, table: 'places' }
      },
      'test:failing': (_payload, { logger, run }) => {
        logger.error(`attempt ${run.attempt} fails`)
        throw new Error('Download did not finish', {
          cause: Object.assign(new Error('socket closed'), { code: 'ECONNRESET' }),
        })
      },
    },
  })
  await setup.db.query(
    `select almanac.register_task(t) from unnest(array['test:long', 'test:failing']) t;
     insert into almanac.schedules (name, kind, task_identifier, max_attempts, retry_delay, retry_backoff, payload)
     values ('geo-import', 'manual', 'test:gate', 1, '1 second', 1, '{"region": "eu"}'),
       ('long', 'manual', 'test:long', 1, '1 second', 1, jsonb_build_object('rows', (select jsonb_agg('row ' || n) from generate_series(1, 4500) n))),
       ('failing', 'manual', 'test:failing', 40, '1 millisecond', 1, '{}')`,
  )
  page = await setup.signIn('admin')
})
afterAll(async () => {
  gate.open()
  await worker.close()
})

const trigger = async (name: string) =>
  (await setup.db.query<{ id: string }>(`select (almanac.trigger_now($1)).id::text as id`, [name]))[0]!.id
const ended = (id: string) =>
  until(
    `run ${id} has ended`,
    async () => {
      const rows = await setup.db.query(
        `select from almanac.runs where id = $1 and finished_at is not null`,
        [id],
      )
      return rows.length > 0
    },
    60_000,
  )
const open = async (id: string) => {
  await page.goto(`${setup.server.url}/runs/${id}?zone=UTC`)
  return page.getByRole('complementary', { name: `Run ${id}` })
}
const seeClean = async () => {
  const { violations } = await new AxeBuilder({ page }).include('aside').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

it('what a running run logs and how far it is shows as it happens', async () => {
  const id = await trigger('geo-import')
  await gate.entered()
  const drawer = await open(id)
  await drawer.getByText('Nothing has been logged yet.').waitFor()

  helpers?.logger.info('188 MB of 412 MB')
  helpers?.progress(0.62, 'Building index')

  await drawer.getByText('188 MB of 412 MB').waitFor()
  await drawer.getByText('62 %').waitFor()
  await drawer.getByText('Building index').waitFor()
  await drawer.getByRole('switch', { name: 'Follow' }).waitFor()
  helpers?.logger.warn('work_mem is 64 MB')
  await drawer.getByText('work_mem is 64 MB').waitFor()
  await seeClean()

  gate.open({ rows: 3 })
  await drawer.getByText('Succeeded').first().waitFor()
  await drawer.getByRole('list').getByText('Ended').waitFor()
})

it('a log of 10,000 lines is read whole, searched, narrowed by level, and draws only what is seen', async () => {
  const id = await trigger('long')
  await ended(id)
  const drawer = await open(id)
  const log = drawer.getByRole('region', { name: 'Log' })
  await log.getByText('10,000 lines').waitFor()
  await expect.poll(() => log.locator('p[data-level]').count()).toBeLessThan(200)

  await log.getByLabel('Find in the log').fill('row 9000 ')
  await log.getByRole('status').getByText('1 of 1', { exact: true }).waitFor()
  await log.getByLabel('Find in the log').press('Enter')
  await log.getByText('row 9000 of 10000').waitFor()
  await log.getByLabel('Find in the log').fill('')
  await log.getByRole('button', { name: /^info/ }).click()
  await log.getByText('row 1000 of 10000').waitFor()
  await expect.poll(() => log.getByText('row 1 of 10000', { exact: true }).count()).toBe(0)
  await seeClean()
})

it('forty attempts are shown, each with its error and what caused it', async () => {
  const id = await trigger('failing')
  await ended(id)
  const drawer = await open(id)

  await drawer.getByText('34 more attempts').waitFor()
  const attempts = drawer.getByRole('region', { name: 'Attempts' })
  await attempts.getByText('40 of 40').waitFor()
  await expect.poll(() => attempts.getByText('caused by').count()).toBe(40)
  await attempts.getByText('socket closed').first().waitFor()
  await expect.poll(() => attempts.textContent()).not.toContain(import.meta.dirname)
  const log = drawer.getByRole('region', { name: 'Log' })
  await log.getByLabel('Attempt', { exact: true }).selectOption('40')
  await log.getByText('attempt 40 fails').waitFor()
  await expect.poll(() => log.locator('p[data-level]').count()).toBe(1)
  await seeClean()
})

it('a phone shows all of it without scrolling sideways', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('region', { name: 'Log' }).waitFor()

  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await expect
    .poll(() => page.locator('aside').evaluate((aside) => aside.scrollWidth - aside.clientWidth))
    .toBe(0)
  expect(setup.complaints).toEqual([])
})
