import { readFile } from 'node:fs/promises'
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
      'test:quick': () => ({ rows: 1 }),
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
    `select almanac.register_task(t) from unnest(array['test:quick', 'test:long', 'test:failing']) t;
     insert into almanac.schedules (name, kind, task_identifier, max_attempts, retry_delay, retry_backoff, payload)
     values ('geo-import', 'manual', 'test:gate', 1, '1 second', 1, '{"region": "eu"}'),
       ('quick', 'manual', 'test:quick', 1, '1 second', 1, '{"region": "eu"}'),
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
  return page.getByRole('article', { name: `Run ${id}` })
}
const seeClean = async () => {
  const { violations } = await new AxeBuilder({ page }).include('main').analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
}

it('what a running run logs and how far it is shows as it happens', async () => {
  const id = await trigger('geo-import')
  await gate.entered()
  const shown = await open(id)
  await shown.getByText('Nothing has been logged yet.').waitFor()

  helpers?.logger.info('188 MB of 412 MB')
  helpers?.progress(0.62, 'Building index')

  await shown.getByText('188 MB of 412 MB').waitFor()
  await shown.getByText('62 %').waitFor()
  await shown.getByText('Building index').waitFor()
  await shown.getByRole('switch', { name: 'Follow' }).waitFor()
  helpers?.logger.warn('work_mem is 64 MB')
  await shown.getByText('work_mem is 64 MB').waitFor()
  await seeClean()

  gate.open({ rows: 3 })
  await shown.getByText('Succeeded').first().waitFor()
  await shown.getByRole('list').getByText('Ended').waitFor()
})

it('a log of 10,000 lines is read whole, searched, narrowed by level, and draws only what is seen', async () => {
  const id = await trigger('long')
  await ended(id)
  const shown = await open(id)
  const log = shown.getByRole('region', { name: 'Log' })
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
  const shown = await open(id)

  await shown.getByText('34 more attempts', { exact: true }).waitFor()
  const attempts = shown.getByRole('region', { name: 'Attempts' })
  await attempts.getByText('40 of 40').waitFor()
  await attempts.getByRole('button', { name: 'Show 34 more attempts' }).click()
  await attempts.getByText('1 of 40', { exact: true }).waitFor()
  await expect.poll(() => attempts.getByText('caused by').count()).toBe(40)
  await attempts.getByText('socket closed').first().waitFor()
  await expect.poll(() => attempts.textContent()).not.toContain(import.meta.dirname)
  const log = shown.getByRole('region', { name: 'Log' })
  await log.getByLabel('Attempt', { exact: true }).selectOption('40')
  await log.getByText('attempt 40 fails').waitFor()
  await expect.poll(() => log.locator('p[data-level]').count()).toBe(1)
  await seeClean()
})

it('a run opens next to the list, closes by a key, and opens on its own page', async () => {
  const id = await trigger('quick')
  await ended(id)
  await page.goto(`${setup.server.url}/runs?zone=UTC&q=quick`)
  const row = page.getByRole('table', { name: 'Runs' }).getByRole('link', { name: `quick #${id}` })
  const drawer = page.getByRole('complementary', { name: `Run ${id}` })

  await row.click()
  await drawer.getByRole('region', { name: 'Attempts' }).waitFor()
  await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('quick')
  await drawer.getByRole('link', { name: 'Open' }).focus()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })
  await expect.poll(() => row.evaluate((link) => link === document.activeElement)).toBe(true)

  await page.keyboard.press('Enter')
  await drawer.getByRole('link', { name: 'Open' }).press('Enter')
  await page.getByRole('article', { name: `Run ${id}` }).waitFor()
  expect(new URL(page.url()).pathname).toBe(`/runs/${id}`)
})

it('when a run is tried again stands whole in the list, with the run open next to it', async () => {
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier, max_attempts, retry_delay)
     values ('again', 'manual', 'test:failing', 12, '1 hour')`,
  )
  const id = await trigger('again')
  await page.setViewportSize({ width: 1400, height: 900 })
  await page.goto(`${setup.server.url}/runs?zone=UTC&q=again&run=${id}`)
  const row = page.getByRole('table', { name: 'Runs' }).getByRole('row', { name: `again #${id}` })
  await row.getByText(/next \d\d:\d\d:\d\d/).waitFor()

  const cut = () =>
    row
      .locator('td.num')
      .evaluateAll((cells) =>
        cells.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent),
      )
  await expect.poll(cut).toEqual([])
})

it('what the list is narrowed to is saved as CSV', async () => {
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier) values ('=named', 'manual', 'test:quick')`,
  )
  const id = await trigger('=named')
  await ended(id)
  await page.goto(`${setup.server.url}/runs?zone=UTC&q=named`)
  await page
    .getByRole('table', { name: 'Runs' })
    .getByRole('link', { name: `=named #${id}` })
    .waitFor()

  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'CSV' }).click()
  const file = await saved

  expect(file.suggestedFilename()).toBe('runs.csv')
  const lines = (await readFile(await file.path(), 'utf8')).split('\r\n')
  expect(lines).toHaveLength(3)
  expect(lines[0]).toMatch(/^run,schedule,task,status,/)
  expect(lines[1]).toMatch(new RegExp(`^${id},'=named,test:quick,succeeded,manual,`))
  await page.getByText('The file has all 1 run.').waitFor()
})

it('keys lead to the runs of the schedule before and after, as far as there are any', async () => {
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier) values ('thrice', 'manual', 'test:quick')`,
  )
  const ids = [await trigger('thrice'), await trigger('thrice'), await trigger('thrice')] as const
  for (const id of ids) await ended(id)
  const shown = (id: string) => page.getByRole('article', { name: `Run ${id}` })
  const around = page.getByRole('navigation', { name: 'Runs around this one' })

  await open(ids[1])
  await around.getByRole('link', { name: /^Earlier/ }).waitFor()
  await page.getByRole('img', { name: /^3 runs from .*: 3 succeeded$/ }).waitFor()
  await page.keyboard.press('k')
  await shown(ids[0]).waitFor()
  await around.getByText('The first that is kept').waitFor()
  await around.getByRole('link', { name: /^Later/ }).waitFor()
  await page.keyboard.press('n')
  await shown(ids[1]).waitFor()
  await around.getByRole('link', { name: /^Later/ }).click()
  await shown(ids[2]).waitFor()
  await around.getByText('The latest').waitFor()
})

it('the schedule runs once more with the payload of a run, as it is or edited', async () => {
  const [first] = await setup.db.query<{ id: string }>(
    `select (almanac.trigger_now('quick', '{"region": "asia"}')).id::text as id`,
  )
  await ended(first!.id)
  const shown = await open(first!.id)
  await shown.getByText('not the schedule’s').waitFor()

  await shown.getByRole('button', { name: 'Trigger with this payload…' }).click()
  await page.getByRole('dialog').getByText('asia').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Trigger now' }).click()
  await expect.poll(() => page.url()).not.toContain(`/runs/${first!.id}`)

  const [last] = await setup.db.query<{ id: string; payload: unknown }>(
    `select id::text, payload from almanac.runs r where schedule_name = 'quick' order by r.id desc limit 1`,
  )
  expect(last?.payload).toEqual({ region: 'asia' })
  await page.getByRole('article', { name: `Run ${last!.id}` }).waitFor()
})

it('a phone shows all of it without scrolling sideways', async () => {
  await page.setViewportSize({ width: 390, height: 844 })
  await page.getByRole('region', { name: 'Log' }).waitFor()

  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  await expect
    .poll(() => page.getByRole('article').evaluate((shown) => shown.scrollWidth - shown.clientWidth))
    .toBe(0)
  expect(setup.complaints).toEqual([])
})
