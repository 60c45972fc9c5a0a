import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const read = async (client: ClientBase) =>
  (
    await client.query<Record<string, unknown>>(
      `select kind, timezone, payload, tags, status, pause_reason from almanac.schedules where name = 'x'`,
    )
  ).rows[0]

it.each([
  ['cron', `schedule_cron('x', '0 4 * * *', 'almanac:noop')`],
  ['interval', `schedule_every('x', '2 hours', 'almanac:noop')`],
  ['once', `schedule_at('x', '2100-01-01', 'almanac:noop')`],
  ['cron', `schedule_cron('x', '0 4 * * *', 'almanac:noop', null, null, null)`],
])('what an existing schedule is not told stays as it is: %s by %s', (kind, call) =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', '{"a": 1}', 'Europe/Paris', '{"tags": ["crm"]}')`,
    )
    await client.query(`select almanac.pause('x', 'holidays')`)

    await client.query(`select almanac.${call}`)

    expect(await read(client)).toEqual({
      kind,
      timezone: 'Europe/Paris',
      payload: { a: 1 },
      tags: ['crm'],
      status: 'paused',
      pause_reason: 'holidays',
    })
  }),
)

it('what a new schedule is not told has its default', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_every('x', '2 hours', 'almanac:noop')`)

    expect(await read(client)).toMatchObject({ timezone: 'UTC', payload: {}, tags: [], status: 'active' })
  }))

it('what is given takes the place of what was there', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', '{"a": 1}', 'Europe/Paris')`,
    )

    await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', '{}', 'UTC')`)

    expect(await read(client)).toMatchObject({ timezone: 'UTC', payload: {} })
  }))

it('an argument is not a setting, also when it is left out', () =>
  inTransaction(db, async (client) => {
    expect(
      await refusal(
        client.query(
          `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"timezone": "UTC"}')`,
        ),
      ),
    ).toMatchObject({ code: 'AL009', column: 'timezone' })
  }))

it('a pause that is asked for again keeps its reason, unless another is given', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop')`)
    await client.query(`select almanac.pause('x', 'holidays')`)

    await client.query(`select almanac.pause('x')`)
    expect(await read(client)).toMatchObject({ pause_reason: 'holidays' })
    await client.query(`select almanac.pause('x', 'stock-taking')`)
    expect(await read(client)).toMatchObject({ pause_reason: 'stock-taking' })
  }))
