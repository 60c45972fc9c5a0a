import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const WELL = {
  worker_runs: false,
  overdue_count: 0,
  overdue_schedule_name: null,
  ahead_count: 0,
  stopped_by: null,
}

async function state(client: ClientBase): Promise<Record<string, unknown>> {
  const { rows } = await client.query<Record<string, unknown>>('select * from almanac.engine_state()')
  return rows[0]!
}

/** A schedule that is due, and has been for that many seconds. */
async function dueSince(client: ClientBase, name: string, seconds: number): Promise<void> {
  await client.query(`select almanac.schedule_every($1, '1 hour', 'almanac:noop')`, [name])
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules s set created_at = t.at - interval '1 hour', cursor_at = t.at - interval '1 second', next_scheduled_for = t.at, next_run_at = t.at
     from (select now() - make_interval(secs => $2) as at) t where s.name = $1`,
    [name, seconds],
  )
  await client.query(`set local almanac.engine to 'off'`)
}

it('a database without a worker says so, and a viewer may ask', () =>
  inTransaction(db, async (client) => {
    await asRole(client, 'almanac_viewer', async () => {
      expect(await state(client)).toMatchObject(WELL)
    })
  }))

it('a worker runs as long as it sent a heartbeat in the last 15 s and is not asked to stop', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.workers (name, host, pid, concurrency, version, status, last_heartbeat_at) values ('w', 'here', 1, 1, '1', 'active', clock_timestamp())`,
    )
    expect(await state(client)).toMatchObject({ worker_runs: true })

    await client.query(`update almanac.workers set status = 'draining'`)
    expect(await state(client)).toMatchObject({ worker_runs: false })

    await client.query(
      `update almanac.workers set status = 'active', last_heartbeat_at = clock_timestamp() - interval '16 s'`,
    )
    expect(await state(client)).toMatchObject({ worker_runs: false })
  }))

it('what is due for more than 30 s is overdue, and the first of it is named', () =>
  inTransaction(db, async (client) => {
    await dueSince(client, 'just now', 10)
    expect(await state(client)).toMatchObject(WELL)

    await dueSince(client, 'late', 60)
    await dueSince(client, 'later', 300)
    expect(await state(client)).toMatchObject({ overdue_count: 2, overdue_schedule_name: 'later' })
  }))

it('nothing is overdue while all schedules are stopped, and who stopped them is said', () =>
  inTransaction(db, async (client) => {
    await dueSince(client, 'late', 60)
    await client.query(`select almanac.pause_all('moving house')`)

    expect(await state(client)).toMatchObject({ overdue_count: 0, stop_reason: 'moving house' })
  }))

it('schedules that were fired beyond the clock are counted, with the end of it', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_every('x', '10 minutes', 'almanac:noop')`)
    await client.query(`select almanac_private.fire_due(now() + interval '2 hours')`)
    expect(await state(client)).toMatchObject({ ahead_count: 1, ahead_until: expect.any(Date) as Date })

    await client.query('select from almanac.replan_from_now()')
    expect(await state(client)).toMatchObject({ ahead_count: 0, ahead_until: null })
  }))
