import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const schema = (type: string) => JSON.stringify({ type: 'object', properties: { team: { type } } })
const register = (client: ClientBase, type: string) =>
  client.query(`select almanac.register_task('report', payload_schema => $1)`, [schema(type)])
const trigger = async (client: ClientBase, name: string, args = '') =>
  (
    await client.query<{ id: string }>(
      `select (almanac.trigger_now($1${args && `, ${args}`})).id::text as id`,
      [name],
    )
  ).rows[0]!.id

/** Schedules `fits` and `misfits` of a task that takes any payload, until `register` says otherwise. */
async function prepare(client: ClientBase): Promise<void> {
  await client.query(`select almanac.register_task('report')`)
  await client.query(`
    select almanac.schedule_cron('fits', '0 0 1 1 *', 'report', '{"team": "sales"}', settings => '{"overlap_policy": "queue_all"}'),
      almanac.schedule_cron('misfits', '0 0 1 1 *', 'report', '{"team": 5}', settings => '{"overlap_policy": "queue_all"}')`)
}

/** Has a worker begin all that is queued; returns the runs that it may do. */
async function begin(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ run_id: string }>(
    `select b.run_id::text from (
       select array_agg(r.id) as ids, array_agg(r.scheduled_for) as times from almanac.runs r where r.status = 'queued'
     ) q, almanac_private.begin_runs(almanac_private.register_worker('w', 'h', 1, '1', 1), q.ids, q.times) b`,
  )
  return rows.map(({ run_id }) => run_id)
}
const outdated = async (client: ClientBase) =>
  (
    await client.query<{ line: string }>(
      `select s.name || coalesce(': ' || o.problem, '') as line
       from almanac_private.outdated_checks o join almanac.schedules s on s.id = o.schedule_id order by 1`,
    )
  ).rows.map(({ line }) => line)

describe('a run whose payload no longer fits its task', () => {
  it('fails with that reason and without an attempt, as soon as it is to begin', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      const fits = await trigger(client, 'fits')
      await trigger(client, 'misfits')
      await register(client, 'string')

      expect(await begin(client)).toEqual([fits])

      const { rows } = await client.query(
        `select r.status, r.attempt, r.started_at, r.error, s.failed_runs::int, s.last_status, s.consecutive_failures
         from almanac.runs r join almanac.schedules s on s.id = r.schedule_id where s.name = 'misfits'`,
      )
      expect(rows).toEqual([
        {
          status: 'failed',
          attempt: 0,
          started_at: null,
          error:
            'The payload does not fit the task report. /team is 5, must be text.\n' +
            "The task's schema has changed since the payload was written. Change the payload, then trigger the schedule.",
          failed_runs: 1,
          last_status: 'failed',
          consecutive_failures: 1,
        },
      ])
      expect((await client.query('select from almanac.run_attempts')).rowCount).toBe(0)
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(1)
      expect((await client.query('select * from almanac.check_ledger()')).rows).toEqual([])
    }))

  it('is explained by why()', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      const id = await trigger(client, 'misfits')
      await register(client, 'string')
      await begin(client)

      const { rows } = await client.query<{ why: string }>(
        `select almanac.why('misfits', r.scheduled_for) as why from almanac.runs r where r.id = $1`,
        [id],
      )

      expect(rows[0]!.why).toContain('Its last error: The payload does not fit the task report.')
    }))

  it('makes way for the next one that waits', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await trigger(client, 'misfits', 'respect_overlap => true')
      await trigger(client, 'misfits', 'respect_overlap => true')
      await register(client, 'string')

      await begin(client)
      expect((await client.query(`select status from almanac.runs order by id`)).rows).toEqual([
        { status: 'failed' },
        { status: 'queued' },
      ])
      await begin(client)
      expect((await client.query(`select from almanac.runs where status = 'failed'`)).rowCount).toBe(2)
    }))

  it('keeps no other waiting: one large payload is checked at a time, and the rest is put off', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(
        `select almanac.schedule_cron('large ' || i, '0 0 1 1 *', 'report', jsonb_build_object('team', 5, 'text', repeat('x', 30000)))
         from generate_series(1, 3) i`,
      )
      for (const name of ['large 1', 'large 2', 'large 3', 'misfits']) await trigger(client, name)
      const fits = await trigger(client, 'fits')
      await register(client, 'string')
      const beginAll = async () => {
        const { rows } = await client.query<{ run_id: string }>(
          `select b.run_id::text from (
             select array_agg(r.id) as ids, array_agg(r.scheduled_for) as times, array_agg(j.id) as jobs
             from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id where r.status = 'queued'
           ) q, almanac_private.begin_runs(almanac_private.register_worker('w', 'h', 1, '1', 1), q.ids, q.times, q.jobs) b`,
        )
        return rows.map(({ run_id }) => run_id)
      }
      const queued = async () =>
        (
          await client.query<{ name: string; later: boolean }>(
            `select r.schedule_name as name, j.run_at > now() as later
             from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id
             where r.status = 'queued' order by r.id`,
          )
        ).rows

      expect(await beginAll()).toEqual([fits])
      expect(await queued()).toEqual([
        { name: 'large 2', later: true },
        { name: 'large 3', later: true },
      ])
      expect(await beginAll()).toEqual([])
      expect(await queued()).toEqual([{ name: 'large 3', later: true }])
      expect(await beginAll()).toEqual([])
      expect(
        (await client.query(`select count(*)::int as failed from almanac.runs where status = 'failed'`)).rows,
      ).toEqual([{ failed: 4 }])
      expect(await outdated(client)).toHaveLength(4)
    }))

  it('runs again once its payload was changed, while one with the earlier payload fails', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await register(client, 'string')
      await client.query(
        `select almanac_private.insert_run(s, now(), now(), 'schedule', s.payload, null, now())
         from almanac.schedules s where s.name = 'misfits'`,
      )
      await client.query(`update almanac.schedules set payload = '{"team": "a"}' where name = 'misfits'`)
      const later = await trigger(client, 'misfits')

      expect(await begin(client)).toEqual([later])

      expect(await outdated(client)).toEqual(['fits'])
    }))

  it('also if its payload is its own', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await trigger(client, 'fits', `'{"team": 6}'`)
      await register(client, 'string')
      const later = await trigger(client, 'fits', `'{"team": "b"}'`)

      expect(await begin(client)).toEqual([later])
    }))

  it('also if the task is announced by a worker', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await trigger(client, 'misfits')
      await client.query(`select almanac_private.announce_tasks($1)`, [
        JSON.stringify([{ identifier: 'report', payload_schema: JSON.parse(schema('string')) as object }]),
      ])

      expect(await begin(client)).toEqual([])
    }))
})

describe('payloads are looked at', () => {
  it('once after a change of the schema, and then no longer', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await register(client, 'string')
      expect(await outdated(client)).toEqual(['fits', 'misfits'])
      await trigger(client, 'fits')
      await begin(client)

      expect(await outdated(client)).toEqual(['misfits'])
    }))

  it('not while the schema stays as it is, however often it is announced', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('report', payload_schema => $1)`, [schema('string')])
      await client.query(`select almanac.schedule_cron('s', '0 0 1 1 *', 'report', '{"team": "a"}')`)
      await register(client, 'string')

      expect(await outdated(client)).toEqual([])
    }))

  it.each([
    ['has no schema any more', `update almanac.tasks set payload_schema = null where identifier = 'report'`],
    [
      'is another one',
      `update almanac.schedules set task_identifier = 'almanac:noop' where name in ('fits', 'misfits')`,
    ],
    ['goes with its schedule', `delete from almanac.schedules where name in ('fits', 'misfits')`],
  ])('not if the task %s', (_, statement) =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await register(client, 'string')

      await client.query(statement)

      expect(await outdated(client)).toEqual([])
    }),
  )

  it.each(['almanac_operator', 'almanac_viewer'])('by no one, as %s', async (role) => {
    const looked = asRole(db, role, (client) => client.query('select from almanac_private.outdated_checks'))
    expect(await refusal(looked)).toMatchObject({ code: '42501' })
  })
})
