import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createGate, type Gate } from '../../worker/testing/gate.ts'
import { startTestWorker, type TestWorker } from '../../worker/testing/startTestWorker.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let worker: TestWorker
let gate: Gate
beforeAll(async () => {
  gate = createGate()
  worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    concurrency: 1,
    tasks: { 'test:gate': gate.task },
  })
})
afterAll(async () => {
  await worker.close()
})

/** Marks the page, so that a reload would be seen. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { sameDocument: true }))
const wasReloaded = async (page: Page) => !(await page.evaluate(() => 'sameDocument' in window))

it('schedules inserted in SQL appear in an open browser, and their runs go from queued to running to succeeded', async () => {
  const { db } = setup
  // The worker's only slot is taken: what is due waits in the queue until the gate opens.
  await db.query(
    `insert into almanac.schedules (name, kind, task_identifier) values ('blocker', 'manual', 'test:gate')`,
  )
  await db.query(`select almanac.trigger_now('blocker')`)
  await gate.entered()
  const [time] = await db.query<{ once: string; date: string }>(
    `select (clock_timestamp() + interval '3 seconds')::text as once, to_char((clock_timestamp() + interval '3 seconds') at time zone 'UTC', 'YYYY-MM-DD') as date`,
  )
  const calendar = await setup.signIn('admin')
  await calendar.goto(`${setup.server.url}/calendar/week/${time!.date}?zone=UTC`)
  await calendar.getByText('blocker').first().waitFor()
  await mark(calendar)
  await expect.poll(() => calendar.getByRole('button', { name: /^deploy-check/ }).count()).toBe(0)

  await db.query(
    `insert into almanac.schedules (name, kind, every, task_identifier) values ('pulse', 'interval', '2 seconds', 'test:gate')`,
  )
  await db.query(
    `insert into almanac.schedules (name, kind, run_at, task_identifier) values ('deploy-check', 'once', clock_timestamp() + interval '3 seconds', 'test:gate')`,
  )

  await calendar
    .getByRole('button', { name: /^pulse, / })
    .first()
    .waitFor()
  await calendar.getByRole('button', { name: /^deploy-check, .*UTC, (upcoming|queued)/ }).waitFor()
  const [pulse] = await db.query<{ id: string }>(`select id from almanac.schedules where name = 'pulse'`)
  const history = await calendar.context().newPage()
  await history.goto(`${setup.server.url}/schedules/${pulse!.id}`)
  const firstRun = history
    .getByRole('row')
    .filter({ hasText: /Queued|Running|Succeeded/ })
    .last()
  await firstRun.filter({ hasText: 'Queued' }).waitFor()
  await mark(history)
  await calendar.getByRole('button', { name: /^deploy-check, .*queued/ }).waitFor()

  gate.open()
  await gate.entered()
  await firstRun.filter({ hasText: 'Running' }).waitFor()
  gate.open()
  await gate.entered()
  await firstRun.filter({ hasText: 'Succeeded' }).waitFor()
  await calendar.getByRole('button', { name: /^deploy-check, .*running/ }).waitFor()
  await db.query(`select almanac.pause('pulse')`)
  gate.open()
  await calendar.getByRole('button', { name: /^deploy-check, .*succeeded/ }).waitFor()

  expect(await wasReloaded(calendar)).toBe(false)
  expect(await wasReloaded(history)).toBe(false)
  expect(setup.complaints).toEqual([])
})
