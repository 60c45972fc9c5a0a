import type { ClientBase } from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, everyMinute, finish, fire, ledger, START, work } from './everyMinute.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
afterEach(() =>
  db.query(`delete from almanac.schedules; delete from almanac.runs; delete from almanac_private.live_runs`),
)

const manual = (client: ClientBase, settings: object = {}) =>
  client.query(`select almanac.create_schedule($1)`, [
    { name: 'x', kind: 'manual', task_identifier: 'almanac:noop', max_attempts: 1, ...settings },
  ])
const trigger = (client: ClientBase, times = 1) =>
  client.query(`select almanac.trigger_now('x') from generate_series(1, $1)`, [times])
const counters = async (client: Pick<ClientBase, 'query'>, name = 'x') => {
  const { rows } = await client.query<{
    total: number
    fired: number
    failed: number
    in_a_row: number
    last: string | null
  }>(
    `select total_runs::int as total, fired_runs::int as fired, failed_runs::int as failed, consecutive_failures as in_a_row, last_status as last
     from almanac.schedules where name = $1`,
    [name],
  )
  return rows[0]!
}
const commit = (client: ClientBase) => client.query('set constraints all immediate')

describe('a run manually', () => {
  it('counts as the others do, and is the last one', () =>
    inTransaction(db, async (client) => {
      await manual(client)

      await trigger(client, 2)
      await commit(client)
      expect(await counters(client)).toEqual({ total: 2, fired: 0, failed: 0, in_a_row: 0, last: null })
      await work(client, 'succeeded', 1)
      await work(client, 'failed', 2)

      expect(await counters(client)).toEqual({ total: 2, fired: 0, failed: 1, in_a_row: 1, last: 'failed' })
      const { rows } = await client.query(
        `select s.last_run_at = max(r.due_at) as is_last from almanac.schedules s, almanac.runs r group by s.last_run_at`,
      )
      expect(rows).toEqual([{ is_last: true }])
    }))

  it('does not count toward max_runs', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { max_runs: 2, overlap_policy: 'allow' })
      await trigger(client, 3)
      await commit(client)

      for (const seconds of [0, 60, 120]) await fire(client, seconds)

      expect(await counters(client)).toMatchObject({ total: 5, fired: 2 })
      const { rows } = await client.query(
        `select status, last_run_at = $1::timestamptz + interval '1 minute' as is_last from almanac.schedules`,
        [START],
      )
      expect(rows).toEqual([{ status: 'completed', is_last: true }])
    }))

  it('counts when its transaction commits, and holds no row locked until then', async () => {
    await db.query(
      `select almanac.create_schedule('{"name": "held", "kind": "manual", "task_identifier": "almanac:noop"}')`,
    )
    const client = await db.connect()
    await client.query('begin')
    await client.query(`select almanac.trigger_now('held')`)

    const { length } = await db.query(
      `select from almanac.schedules where name = 'held' for no key update skip locked`,
    )
    expect(length).toBe(1)
    expect(await counters(client, 'held')).toMatchObject({ total: 0 })
    await client.query('commit')

    expect(await counters(client, 'held')).toMatchObject({ total: 1 })
  })

  it('that is asked for while someone holds the schedule locked counts later', async () => {
    await db.query(
      `select almanac.create_schedule('{"name": "edited", "kind": "manual", "task_identifier": "almanac:noop"}')`,
    )
    const editor = await db.connect()
    await editor.query('begin')
    await editor.query(`update almanac.schedules set description = 'held' where name = 'edited'`)

    await db.query(`select almanac.trigger_now('edited')`)
    expect(await counters(db.pool as unknown as ClientBase, 'edited')).toMatchObject({ total: 0 })
    await editor.query('commit')
    await db.query(`select almanac_private.apply_counters()`)

    expect(await counters(editor, 'edited')).toMatchObject({ total: 1 })
    expect(await db.query(`select from almanac_private.pending_counters`)).toEqual([])
  })

  it('commits in other isolation levels too, whatever was changed meanwhile, and counts later', async () => {
    await db.query(
      `select almanac.create_schedule('{"name": "isolated", "kind": "manual", "task_identifier": "almanac:noop"}')`,
    )
    const client = await db.connect()
    await client.query('begin isolation level repeatable read')
    await client.query('select')
    await client.query(`select almanac.trigger_now('isolated')`)
    await db.query(`update almanac.schedules set description = 'changed' where name = 'isolated'`)
    await client.query('commit')

    await db.query(`select almanac_private.apply_counters()`)
    expect(await counters(client, 'isolated')).toMatchObject({ total: 1 })
  })
})

describe('while someone locks the table of schedules', () => {
  const lock = async (mode: string) => {
    const holder = await db.connect()
    await holder.query(`begin; lock table almanac.schedules in ${mode} mode`)
    return () => holder.query('rollback')
  }
  const running = async (client: ClientBase) => {
    await everyMinute(client)
    await fire(client, 0)
    await begin(client, 1)
    await client.query(`set lock_timeout to '50ms'`)
  }

  it('the end of a run is recorded, and counts with the next heartbeat', async () => {
    const client = await db.connect()
    await running(client)

    const release = await lock('exclusive')
    await finish(client, 'succeeded', 2)

    expect(await ledger(client)).toEqual(['0 succeeded'])
    expect(await counters(client)).toMatchObject({ last: null })
    await release()
    await client.query(`select almanac_private.heartbeat(max(id)) from almanac.workers`)
    expect(await counters(client)).toMatchObject({ last: 'succeeded' })
  })

  it('heartbeats come, whatever is to be counted', async () => {
    const client = await db.connect()
    await running(client)
    await client.query(`insert into almanac_private.pending_counters (schedule_id, failed)
      select id, 1 from almanac.schedules where not is_system`)

    const release = await lock('access exclusive')
    const { rows } = await client.query<{ alive: boolean }>(
      `select alive from almanac.workers w, almanac_private.heartbeat(w.id) order by w.id desc limit 1`,
    )

    expect(rows).toEqual([{ alive: true }])
    await release()
  })
})

describe('failures in a row', () => {
  it('end with a success, not with what was cancelled', () =>
    inTransaction(db, async (client) => {
      await manual(client)
      await trigger(client, 6)
      const seen: number[] = []

      for (const status of ['failed', 'timed_out', 'cancelled', 'failed', 'succeeded', 'failed']) {
        await work(client, status, 1)
        seen.push((await counters(client)).in_a_row)
      }

      expect(seen).toEqual([1, 2, 2, 3, 0, 1])
    }))

  it('are those after the last success, of runs that end together', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'allow', max_attempts: 1 })
      await fire(client, 0)
      await client.query(
        `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority, run_as)
         select schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, 'manual', status, 1, 1, run_as from almanac.runs, generate_series(1, 4)`,
      )
      const { rows } = await client.query<{ id: string }>(`select id from almanac.runs order by id`)
      await client.query(
        `update almanac.runs set status = 'running', worker_id = 1, attempt = 1, started_at = now(), attempt_started_at = now()`,
      )

      const outcomes = ['failed', 'failed', 'succeeded', 'failed', 'failed']
      await client.query(`select almanac_private.finish_runs(1, $1)`, [
        JSON.stringify(
          rows.map(({ id }, index) => ({ runId: id, scheduledFor: START, status: outcomes[index] })),
        ),
      ])

      expect(await counters(client)).toMatchObject({ failed: 4, in_a_row: 2, last: 'failed' })
    }))

  it('are right where a success came while failures still waited to be counted', async () => {
    await db.query(
      `select almanac.create_schedule('{"name": "late", "kind": "manual", "task_identifier": "almanac:noop", "max_attempts": 1}')`,
    )
    const client = await db.connect()
    await client.query(`select almanac.trigger_now('late') from generate_series(1, 4)`)
    const end = async (status: string) => work(client, status, 1)
    await end('succeeded')
    const editor = await db.connect()
    await editor.query('begin')
    await editor.query(`update almanac.schedules set description = 'held' where name = 'late'`)
    await end('failed')
    await end('succeeded')
    await editor.query('commit')
    await end('failed')

    expect(await counters(client, 'late')).toEqual({
      total: 4,
      fired: 0,
      failed: 2,
      in_a_row: 1,
      last: 'failed',
    })
  })
})

it.each(['fired_runs = 3', 'consecutive_failures = 0'])('%s is not for people to write', (change) =>
  inTransaction(db, async (client) => {
    await manual(client)
    await client.query(`set local almanac.engine to 'on'`)
    await client.query(`update almanac.schedules set consecutive_failures = 2`)
    await client.query(`set local almanac.engine to 'off'`)

    expect(
      await refusal(
        asRole(client, 'almanac_admin', (as) => as.query(`update almanac.schedules set ${change}`)),
      ),
    ).toMatchObject({ code: 'AL008', column: change.split(' ')[0] })
  }),
)
