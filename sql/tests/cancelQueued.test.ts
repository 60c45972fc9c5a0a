import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const create = (client: ClientBase, name: string, settings = '{}', task = 'almanac:noop') =>
  client.query(`select almanac.schedule_cron($1, '0 0 1 1 *', $3, settings => $2)`, [name, settings, task])
const trigger = (client: ClientBase, name: string, count: number) =>
  client.query(`select almanac.trigger_now($1) from generate_series(1, $2)`, [name, count])

async function ledger(client: ClientBase) {
  const { rows } = await client.query<{ line: string }>(
    `select schedule_name || ' ' || status || coalesce(': ' || reason, '') || ' ' || count(*) as line
     from almanac.runs group by schedule_name, status, reason order by 1`,
  )
  return rows.map(({ line }) => line)
}
const jobs = async (client: ClientBase) =>
  (
    await client.query<{ count: number }>(
      `select count(*)::int as count from graphile_worker.jobs where key like 'run:%'`,
    )
  ).rows[0]?.count

/** Begins the oldest runs of a schedule. */
const begin = (client: ClientBase, name: string, count: number) =>
  client.query(
    `select almanac_private.begin_runs(almanac_private.register_worker('w', 'h', 1, '1', 1),
       array_agg(r.id), array_agg(r.scheduled_for))
     from (select id, scheduled_for from almanac.runs where schedule_name = $1 order by id limit $2) r`,
    [name, count],
  )

describe('a deleted schedule', () => {
  it.each([
    ['by unschedule()', `select almanac.unschedule('gone')`],
    ['for good', `delete from almanac.schedules where name = 'gone'`],
  ])('leaves no runs behind that have not begun, deleted %s', (_, statement) =>
    inTransaction(db, async (client) => {
      await create(client, 'gone', '{"overlap_policy": "queue_all"}')
      await create(client, 'stays')
      await trigger(client, 'gone', 3)
      await client.query(
        `select almanac.trigger_now('gone', respect_overlap => true) from generate_series(1, 2)`,
      )
      await trigger(client, 'stays', 1)
      await begin(client, 'gone', 1)

      await client.query(statement)

      expect(await ledger(client)).toEqual([
        'gone cancelled: its schedule was deleted 4',
        'gone running 1',
        'stays queued 1',
      ])
      expect(await jobs(client)).toBe(2)
      expect((await client.query('select from almanac_private.live_runs')).rows).toHaveLength(2)
    }),
  )

  it('gives what it owes no run, however much that is', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('gone', '* * * * * *', 'almanac:noop',
           settings => '{"overlap_policy": "allow", "missed_run_policy": "run_all"}')`,
      )
      await client.query(
        `set local almanac.engine = on;
         update almanac.schedules set cursor_at = date_trunc('second', now()) - interval '1 hour',
           next_scheduled_for = date_trunc('second', now()) - interval '3599 seconds',
           next_run_at = date_trunc('second', now()) - interval '3599 seconds' where name = 'gone';
         set local almanac.engine = off`,
      )

      await client.query(`select almanac.unschedule('gone')`)

      expect(await ledger(client)).toEqual([])
      const { rows } = await client.query('select reason, count::int from almanac.omissions')
      expect(rows).toEqual([{ reason: 'stopped', count: expect.closeTo(3600, -1) as number }])
    }))
})

describe('cancel_queued', () => {
  const cancel = async (client: ClientBase, args: string) =>
    (
      await client.query<{ cancelled: number; is_done: boolean }>(
        `select * from almanac.cancel_queued(${args})`,
      )
    ).rows[0]

  it('cancels what no worker has, in parts, the oldest first', () =>
    inTransaction(db, async (client) => {
      await create(client, 'much')
      await trigger(client, 'much', 5)
      await begin(client, 'much', 1)

      expect(await cancel(client, `'much', max_count => 3`)).toEqual({ cancelled: 3, is_done: false })
      const { rows } = await client.query(`select status from almanac.runs order by id`)
      expect(rows.map(({ status }: { status?: string }) => status)).toEqual([
        'running',
        'cancelled',
        'cancelled',
        'cancelled',
        'queued',
      ])
      expect(await cancel(client, `'much', max_count => 3`)).toEqual({ cancelled: 1, is_done: true })
      expect(await cancel(client, `'much'`)).toEqual({ cancelled: 0, is_done: true })
      expect(await jobs(client)).toBe(1)
    }))

  it('does so by task, by role, or by both', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('other')`)
      await create(client, 'a')
      await create(client, 'b', '{}', 'other')
      await asRole(client, 'almanac_operator', (operator) => create(operator, 'c', '{}', 'other'))
      for (const name of ['a', 'b', 'c']) await trigger(client, name, 2)

      expect(await cancel(client, `task => 'other', run_as => 'almanac_operator'`)).toMatchObject({
        cancelled: 2,
      })
      expect(await cancel(client, `task => 'other'`)).toMatchObject({ cancelled: 2 })
      expect(await cancel(client, `run_as => current_user`)).toMatchObject({ cancelled: 2 })
    }))

  it('an operator cancels runs of its own schedules only, an admin everyone’s but Almanac’s own', () =>
    inTransaction(db, async (client) => {
      await client.query('select almanac_private.install_system_schedules()')
      await create(client, 'others')
      await trigger(client, 'others', 2)
      await asRole(client, 'almanac_operator', (operator) => create(operator, 'own'))
      await trigger(client, 'own', 2)
      await trigger(client, 'almanac:check-ledger', 1)

      expect(
        await asRole(client, 'almanac_operator', (operator) => cancel(operator, `task => 'almanac:noop'`)),
      ).toMatchObject({ cancelled: 2 })
      expect(
        await refusal(asRole(client, 'almanac_operator', (operator) => cancel(operator, `'others'`))),
      ).toMatchObject({ code: 'AL011' })
      expect(
        await refusal(asRole(client, 'almanac_viewer', (viewer) => cancel(viewer, `'others'`))),
      ).toMatchObject({ code: '42501' })
      expect(
        await refusal(asRole(client, 'almanac_admin', (admin) => cancel(admin, `'almanac:check-ledger'`))),
      ).toMatchObject({ code: 'AL017' })
      expect(
        await asRole(client, 'almanac_admin', (admin) => cancel(admin, `run_as => 'almanac_test_owner'`)),
      ).toMatchObject({ cancelled: 2 })
    }))

  it.each([
    ['without saying which runs', '', 'The runs to cancel are not specified.'],
    ['of too many at once', `task => 'x', max_count => 10001`, 'max_count must be between 1 and 10000.'],
  ])('refuses a call %s', (_, args, message) =>
    inTransaction(db, async (client) => {
      expect(await refusal(cancel(client, args))).toMatchObject({ code: 'AL012', message })
    }),
  )
})
