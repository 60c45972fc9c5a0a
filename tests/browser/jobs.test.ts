import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { beforeAll, expect, it } from 'vitest'
import { useBrowser } from './useBrowser.ts'

/** What an application does with Graphile Worker, on its page. */
const setup = useBrowser()
let admin: Page

const rows = (page: Page, table: string) =>
  page
    .getByRole('table', { name: table })
    .locator('tbody tr')
    .evaluateAll((all) => all.map((row) => (row as HTMLElement).innerText.replaceAll(/\s+/g, ' ').trim()))

beforeAll(async () => {
  await setup.db.query(`
    insert into almanac.users (username, role) values ('alice', 'admin'), ('vera', 'viewer')`)
  admin = await setup.signIn('alice')
})

it('without any job of an application, the page says how one is added', async () => {
  await admin.goto(`${setup.server.url}/workers`)
  await admin.getByRole('link', { name: 'Application jobs' }).click()

  await admin.getByRole('heading', { name: 'No jobs of an application' }).waitFor()
  await admin.getByText('graphile_worker.add_job').waitFor()
})

it('jobs are narrowed by a click on their number, and admins open their payloads', async () => {
  await setup.db.query(`
    select graphile_worker.add_job('send_email', '{"to": "ann@example.com"}', max_attempts => 3, job_key => 'welcome:1');
    select graphile_worker.add_job('send_email', run_at => now() + interval '1 hour', queue_name => 'mail')
      from generate_series(1, 3);
    select graphile_worker.add_job('resize_image', '{"image": 7}');
    update graphile_worker._private_jobs set attempts = 3, last_error = 'Connection refused' where key = 'welcome:1';
    update graphile_worker._private_jobs set locked_at = now() - interval '5 minutes', locked_by = 'pool-a', attempts = 1
      where payload::text like '%image%';
    insert into graphile_worker._private_known_crontabs (identifier, known_since, last_execution)
      values ('digest', '2026-01-01Z', '2026-01-02 03:00Z');
    select almanac_private.report_crontab(almanac_private.register_worker('paris:1', 'paris', 1, '1', 1),
      '[{"identifier": "digest", "task": "send_digest", "rule": "0 3 * * *", "cron": "0 3 * * *", "backfill_ms": 0}]')`)
  await admin.goto(`${setup.server.url}/workers/jobs`)
  await admin.getByText('5 jobs: 3 scheduled, 1 locked, 1 failed').waitFor()

  await admin.getByRole('link', { name: '1 failed of send_email' }).click()
  await expect
    .poll(() => rows(admin, 'Application jobs'))
    .toEqual([expect.stringMatching(/^Failed send_email welcome:1 .*3 of 3 \{ \}$/), 'Connection refused'])
  await admin.getByRole('button', { name: /^Payload of job/ }).click()
  await admin.getByText('"to": "ann@example.com"').waitFor()

  expect(new URL(admin.url()).search).toBe('?state=failed&task=send_email')
  expect(await rows(admin, 'Application crontab')).toEqual([
    expect.stringMatching(/^digest send_digest At 03:00 every day 0 3 \* \* \* Fri 2 Jan .*03:00/),
  ])
})

it('what is searched for is in the address, and can be cleared', async () => {
  await admin.goto(`${setup.server.url}/workers/jobs`)
  await admin.getByRole('searchbox', { name: 'Search jobs' }).fill('image')
  await admin.waitForURL(/\?q=image$/)
  await expect.poll(async () => (await rows(admin, 'Application jobs')).length).toBe(2)
  await admin.getByText('A pool pool-a has it for').waitFor()

  await admin.getByRole('button', { name: 'Clear' }).click()
  await admin.waitForURL(/\/workers\/jobs$/)
  await expect.poll(async () => (await rows(admin, 'Application jobs')).length).toBe(7)
})

it('a viewer sees the jobs, but neither payloads nor what they failed with', async () => {
  const vera = await setup.signIn('vera')
  await vera.goto(`${setup.server.url}/workers/jobs?state=failed`)
  await expect
    .poll(() => rows(vera, 'Application jobs'))
    .toEqual([expect.stringMatching(/^Failed send_email welcome:1 .*3 of 3$/)])

  await vera.close()
})

it.each([
  ['light', 1400],
  ['dark', 1400],
  ['light', 390],
  ['dark', 390],
] as const)('axe finds nothing in the %s theme at %i pixels', async (colorScheme, width) => {
  await admin.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await admin.setViewportSize({ width, height: 900 })
  await admin.goto(`${setup.server.url}/workers/jobs`)
  await admin.getByText('Connection refused').waitFor()

  const { violations } = await new AxeBuilder({ page: admin })
    .options({ rules: { 'target-size': { enabled: true } } })
    .analyze()

  if (process.env['SHOTS'])
    await admin.screenshot({ path: `${process.env['SHOTS']}/jobs-${colorScheme}-${width}.png` })
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
})
