import { beforeAll, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const announce = (client: Pick<ClientBase, 'query'>, row: object) =>
  client.query(`select almanac_private.announce_tasks(jsonb_build_array($1::jsonb))`, [
    JSON.stringify({ identifier: 'broken', ...row }),
  ])
const sound = { label: 'Sends invoices', payload_schema: { required: ['team'] } }
const problem = 'Unexpected token'

const read = async (client: ClientBase, query: string) =>
  (await client.query<{ text: string | null }>(query)).rows.map(({ text }) => text)

beforeAll(async () => {
  await db.query(`select almanac_private.announce_tasks('[{"identifier": "broken"}]')`)
})

it('a task that a worker could not load says why, and keeps what it said of itself', () =>
  inTransaction(db, async (client) => {
    await announce(client, sound)

    await announce(client, { problem })

    const { rows } = await client.query(
      `select label, payload_schema, problem from almanac.tasks where identifier = 'broken'`,
    )
    expect(rows).toEqual([{ ...sound, problem }])
  }))

it('a problem is gone when a worker loads the task', () =>
  inTransaction(db, async (client) => {
    await announce(client, { problem })

    await announce(client, sound)

    expect(
      await read(client, `select problem as text from almanac.tasks where identifier = 'broken'`),
    ).toEqual([null])
  }))

it('a long problem is cut', () =>
  inTransaction(db, async (client) => {
    await announce(client, { problem: 'x'.repeat(5_000) })
    await announce(client, { identifier: 'new', problem: 'x'.repeat(5_000) })

    expect(
      await read(
        client,
        `select length(problem) as text from almanac.tasks where identifier in ('broken', 'new')`,
      ),
    ).toEqual([2_000, 2_000])
  }))

it('a schedule of such a task is saved with a warning, and advice and why say it', () =>
  inTransaction(db, async (client) => {
    await announce(client, { problem })
    const told: (string | undefined)[] = []
    client.on('notice', ({ code, message, detail }) => told.push(code, message, detail))

    await client.query(`select almanac.schedule_cron('invoices', '@yearly', 'broken')`)

    const said = 'Its task broken could not be loaded, so its runs fail: Unexpected token'
    expect(told).toEqual(['AL020', 'Schedule invoices is saved, but its runs will fail.', said])
    expect(
      await read(client, `select message as text from almanac.advice() where finding = 'not loaded'`),
    ).toEqual([said])
    expect(
      await read(
        client,
        `select almanac.why(name, next_run_at) as text from almanac.schedules where name = 'invoices'`,
      ),
    ).toEqual([expect.stringContaining(said)])
  }))

it('to pause such a schedule warns of nothing', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('invoices', '@yearly', 'broken')`)
    await announce(client, { problem })
    const told: (string | undefined)[] = []
    client.on('notice', ({ message }) => told.push(message))

    await client.query(`select almanac.pause('invoices')`)

    expect(told).toEqual([])
  }))
