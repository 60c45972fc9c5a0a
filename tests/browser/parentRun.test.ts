import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { startTestWorker } from '../../worker/testing/startTestWorker.ts'
import { until } from '../../worker/testing/until.ts'
import { useBrowser } from './useBrowser.ts'

const setup = useBrowser()
let page: Page
let parent: string
beforeAll(async () => {
  const worker = await startTestWorker(setup.db.connectionStringFor('worker'), {
    tasks: {
      'test:part': (payload) => {
        if ((payload as { n: number }).n === 3) throw new Error('The file is empty')
      },
    },
  })
  await setup.db.query(`select almanac.register_task('test:part')`)
  await setup.db.query(
    `insert into almanac.schedules (name, kind, task_identifier, target, max_attempts, payload)
     values ('import', 'manual', 'test:part', 'list', 1,
       jsonb_build_object('payloads', (select jsonb_agg(jsonb_build_object('n', n)) from generate_series(1, 25) n)))`,
  )
  parent = (await setup.db.query<{ id: string }>(`select id::text from almanac.trigger_now('import')`))[0]!.id
  await until('the parent has ended', async () => {
    const rows = await setup.db.query(`select from almanac.runs where id = $1 and status = 'failed'`, [
      parent,
    ])
    return rows.length === 1
  })
  await worker.close()
  page = await setup.signIn('admin')
})

it('the list of runs has a parent alone; its page counts its children, and leads to all of them', async () => {
  await page.goto(`${setup.server.url}/runs`)
  await expect.poll(() => page.getByRole('link', { name: /^import #/ }).count()).toBe(1)

  await page.goto(`${setup.server.url}/runs/${parent}`)
  await page.getByText('25: 24 succeeded, 1 failed').waitFor()
  await page.getByRole('table', { name: 'Children' }).getByText('The file is empty').waitFor()

  await page.getByRole('link', { name: 'All 25 in the list of runs' }).click()
  await expect.poll(() => page.getByRole('link', { name: /^import #/ }).count()).toBe(25)
})

it('the form says that a schedule runs for each element, and keeps the list as it is', async () => {
  const [schedule] = await setup.db.query<{ id: string }>(
    `select id::text from almanac.schedules where name = 'import'`,
  )
  await page.goto(`${setup.server.url}/schedules/${schedule!.id}/edit`)
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Runs', exact: true }).inputValue())
    .toBe('For each element of a list')

  // A text area until the editor has loaded, and what the editor edits then.
  const shown = () =>
    page
      .getByRole('textbox', { name: /^Payload/ })
      .evaluate((input) => ('value' in input ? String(input.value) : input.textContent))
  await expect.poll(shown).toContain('"payloads": [')
})
