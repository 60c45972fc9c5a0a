import type { ClientBase } from 'pg'
import { expect, test } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** The schedule `s` of the task `gone`, which no worker has, with a queued run; one worker is running, if so asked. */
async function prepare(client: ClientBase, workers = 1): Promise<void> {
  await client.query(`select almanac.register_task('gone'), almanac.register_task('renamed')`)
  for (let count = 0; count < workers; count++)
    await client.query(`select almanac_private.register_worker('w', 'w', 1, '0', 1, '{}')`)
  await client.query(
    `insert into almanac.schedules (name, kind, task_identifier) values ('s', 'manual', 'gone')`,
  )
  await client.query(`select almanac.trigger_now('s', respect_overlap => true)`)
}
const repairs = async (client: ClientBase) =>
  (await client.query<{ repair: string }>('select repair from almanac.reconcile()')).rows.map(
    ({ repair }) => repair,
  )
const run = async (client: ClientBase) =>
  (await client.query<Record<string, unknown>>(`select status, reason, error from almanac.runs`)).rows

test('a run whose task no worker has is shown as such', () =>
  inTransaction(db, async (client) => {
    await prepare(client)
    await client.query('select almanac.reconcile()')

    const { rows } = await client.query<{ because: string; why: string }>(
      `select almanac.runs_blocked_because(r) as because, almanac.why('s', r.scheduled_for) as why from almanac.runs r`,
    )

    expect(rows[0]!.because).toMatch(
      /^No running worker has the task gone, as first seen on [\w :]+ \(UTC\)\.$/,
    )
    expect(rows[0]!.why).toContain('No running worker has the task gone')
  }))

test('it fails after an hour in which workers ran without the task, and says what to do', () =>
  inTransaction(db, async (client) => {
    await prepare(client)
    expect(await repairs(client)).toEqual([])
    await client.query(
      `update almanac.tasks set lacking_since = now() - interval '61 minutes' where identifier = 'gone'`,
    )

    expect(await repairs(client)).toEqual(['failed'])

    expect(await run(client)).toEqual([
      {
        status: 'failed',
        reason: null,
        error:
          'No running worker has had the task gone for 1 hour. Start one that has it, or change the task of the schedule.',
      },
    ])
    expect((await client.query(`select from graphile_worker.jobs where key like 'run:%'`)).rowCount).toBe(0)
    expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
  }))

test.each([
  ['no worker is running', `update almanac.workers set status = 'stopped'`],
  [
    'no one looked for long',
    `update almanac.tasks set lacking_seen_at = now() - interval '1 day' where identifier = 'gone'`,
  ],
  ['a worker has it again', `update almanac.workers set tasks = '{gone}'`],
])('time does not count while %s', (_, change) =>
  inTransaction(db, async (client) => {
    await prepare(client)
    await client.query('select almanac.reconcile()')
    await client.query(
      `update almanac.tasks set lacking_since = now() - interval '2 hours' where identifier = 'gone'`,
    )

    await client.query(change)

    expect(await repairs(client)).toEqual([])
    expect(await run(client)).toMatchObject([{ status: 'queued' }])
  }),
)

test('runs that have not begun are cancelled when their schedule changes its task, and no later one is skipped', () =>
  inTransaction(db, async (client) => {
    await prepare(client)

    await client.query(`update almanac.schedules set task_identifier = 'renamed'`)
    await client.query(`select almanac.trigger_now('s', respect_overlap => true)`)

    const { rows } = await client.query(
      `select task_identifier, status, reason from almanac.runs order by id`,
    )
    expect(rows).toEqual([
      { task_identifier: 'gone', status: 'cancelled', reason: 'its schedule now has another task' },
      { task_identifier: 'renamed', status: 'queued', reason: null },
    ])
    expect((await client.query(`select from graphile_worker.jobs where key like 'run:%'`)).rowCount).toBe(1)
  }))
