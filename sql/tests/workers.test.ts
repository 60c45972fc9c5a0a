import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

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

it.each(['drain_worker', 'stop_worker', 'give_up_worker'])(
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

it('no task is available when the last worker has ended, was lost or was killed', () =>
  inTransaction(db, async (client) => {
    const available = async () =>
      (
        await client.query<{ said: boolean; now: boolean }>(
          `select bool_or(available) as said, bool_or(almanac.tasks_available(tasks)) as now from almanac.tasks`,
        )
      ).rows[0]
    const start = async () => {
      const { rows } = await client.query<{ id: string }>(
        `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
      )
      await client.query(`select almanac_private.announce_tasks('[{"identifier": "mine"}]')`)
      return rows[0]!.id
    }
    expect(await available()).toMatchObject({ now: false })

    const first = await start()
    const second = await start()
    expect(await available()).toEqual({ said: true, now: true })
    await client.query(`select almanac_private.stop_worker($1)`, [first])
    expect(await available()).toEqual({ said: true, now: true })
    await client.query(`select almanac_private.stop_worker($1)`, [second])
    expect(await available()).toEqual({ said: false, now: false })

    const third = await start()
    expect(await available()).toEqual({ said: true, now: true })
    await client.query(
      `update almanac.workers set last_heartbeat_at = now() - interval '16 seconds' where id = $1`,
      [third],
    )
    expect(await available()).toEqual({ said: true, now: false })
    await client.query(`select almanac_private.reap_workers()`)
    expect(await available()).toEqual({ said: false, now: false })
  }))
