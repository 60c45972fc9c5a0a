import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** What is said on a channel while something is done. */
async function heard(channel: string, act: () => Promise<unknown>): Promise<string[]> {
  const listener = await db.connect()
  const payloads: string[] = []
  listener.on('notification', ({ payload }) => payloads.push(payload ?? ''))
  await listener.query(`listen ${channel}`)
  await act()
  await listener.query('select')
  await listener.end()
  return payloads
}
async function register(): Promise<string> {
  const [row] = await db.query<{ id: string }>(
    `select almanac_private.register_worker('w', 'host', 1, '0', 1) as id`,
  )
  return row!.id
}
const call = (name: string, worker: string) => db.query(`select almanac_private.${name}($1)`, [worker])
const lead = (worker: string) =>
  db.query(`select leader from almanac_private.heartbeat($1, is_ticking => true)`, [worker])

it('clients hear of a worker that comes, drains, ends and is deleted, and not of its heartbeats', async () => {
  let worker = ''
  const payloads = await heard('almanac_workers', async () => {
    worker = await register()
    for (const step of ['heartbeat', 'drain_worker', 'heartbeat', 'stop_worker']) await call(step, worker)
    await db.query('delete from almanac.workers where id = $1', [worker])
  })

  const change = (op: string) => ({ op, ids: [worker] })
  expect(payloads.map((payload): unknown => JSON.parse(payload))).toEqual(
    ['insert', 'update', 'update', 'delete'].map(change),
  )
})

it.each(['drain_worker', 'stop_worker', 'mark_worker_lost'])(
  '%s tells stand-ins that the lead is free, and who then asks has it',
  async (step) => {
    const [leader, standIn] = [await register(), await register()]
    await lead(leader)
    expect(await lead(standIn)).toEqual([{ leader: false }])

    expect(await heard('almanac_leads', () => call(step, leader))).toEqual([''])

    expect(await lead(standIn)).toEqual([{ leader: true }])
    expect(await heard('almanac_leads', () => call(step, leader))).toEqual([])
    await call('stop_worker', standIn)
  },
)

describe('a task is available', () => {
  const available = async (client: ClientBase) => {
    const { rows } = await client.query<{ identifier: string }>(
      `select identifier from almanac.tasks where available order by identifier`,
    )
    return rows.map(({ identifier }) => identifier)
  }
  const start = async (client: ClientBase, tasks: string[] | null) => {
    const { rows } = await client.query<{ id: string }>(
      `select almanac_private.register_worker('w', 'w', 1, '0', 1, $1) as id`,
      [tasks],
    )
    for (const identifier of tasks ?? ['told'])
      await client.query(
        `select almanac_private.announce_tasks(jsonb_build_array(jsonb_build_object('identifier', $1::text)))`,
        [identifier],
      )
    return rows[0]!.id
  }
  const BUILT_IN = [
    'almanac:apply_retention',
    'almanac:check_ledger',
    'almanac:email',
    'almanac:http',
    'almanac:noop',
    'almanac:report',
    'almanac:sql',
    'almanac:tasks',
  ]

  it('while a worker has it that lives', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('nobodys')`)
      expect(await available(client)).toEqual([])

      const first = await start(client, ['mine', 'ours'])
      const second = await start(client, ['ours'])
      expect(await available(client)).toEqual([...BUILT_IN, 'mine', 'ours'])

      await client.query(`select almanac_private.stop_worker($1)`, [first])
      expect(await available(client)).toEqual([...BUILT_IN, 'ours'])

      await client.query(`select almanac_private.drain_worker($1)`, [second])
      expect(await available(client)).toEqual([])
    }))

  it('no longer when its worker has sent no heartbeat for 15 s, though no other is there to say so', () =>
    inTransaction(db, async (client) => {
      await start(client, ['mine'])
      await client.query(`update almanac.workers set last_heartbeat_at = now() - interval '14 seconds'`)
      expect(await available(client)).toEqual([...BUILT_IN, 'mine'])

      await client.query(`update almanac.workers set last_heartbeat_at = now() - interval '16 seconds'`)

      expect(await available(client)).toEqual([])
    }))

  it('for three minutes after a worker of an older release, which lists none, has announced it', () =>
    inTransaction(db, async (client) => {
      await start(client, null)
      expect(await available(client)).toEqual([...BUILT_IN, 'told'])

      await client.query(
        `update almanac_private.known_tasks set last_seen_at = now() - interval '4 minutes' where not is_builtin`,
      )

      expect(await available(client)).toEqual(BUILT_IN)
    }))

  it.each(['viewer', 'operator', 'admin', 'worker'] as const)('as %s sees it', async (login) => {
    const client = await db.connect(login)

    expect((await client.query('select available from almanac.tasks')).rowCount).toBeGreaterThan(0)
    await client.end()
  })
})

it('slots are counted over all running workers, and what each has in hand from the runs themselves', () =>
  inTransaction(db, async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `select almanac_private.register_worker(name, 'host', 1, '0', slots) as id
       from (values ('two slots', 2), ('idle', 10), ('gone', 5)) w(name, slots)`,
    )
    const [busy, idle, gone] = rows.map(({ id }) => id)
    await client.query(`select almanac_private.stop_worker($1)`, [gone])
    await client.query(
      `select almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop', settings => '{"overlap_policy": "allow"}')`,
    )
    for (let run = 0; run < 3; run++) await client.query(`select almanac.trigger_now('x')`)
    await client.query(
      `select almanac_private.begin_runs($1, array_agg(id), array_agg(scheduled_for))
       from (select id, scheduled_for from almanac.runs order by id limit 2) r`,
      [busy],
    )

    const { rows: slots } = await asRole(client, 'almanac_viewer', (as) =>
      as.query(`select * from almanac.slots_in_use() where worker_id = any ($1)`, [[busy, idle, gone]]),
    )

    expect(slots).toEqual([
      { worker_id: busy, slots: 2, in_use: '2' },
      { worker_id: idle, slots: 10, in_use: '0' },
    ])
  }))
