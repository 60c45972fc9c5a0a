import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const made = async (client: ClientBase) => {
  const { rows } = await client.query<{ id: string; updated_at: string }>(
    `select id, updated_at::text from almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop')`,
  )
  return rows[0]!
}
const update = (client: ClientBase, id: string, expected: string | null) =>
  client.query<{ description: string; updated_at: string }>(
    `select description, updated_at::text from almanac.update_schedule($1, '{"description": "mine"}', $2)`,
    [id, expected],
  )

it('a schedule is changed as it was read, to the microsecond', () =>
  inTransaction(db, async (client) => {
    const { id, updated_at } = await made(client)

    const { rows } = await update(client, id, updated_at)

    expect(rows[0]).toMatchObject({ description: 'mine' })
    expect(rows[0]?.updated_at).not.toBe(updated_at)
  }))

it('who saves over a change of another is refused, and told whose it is; nothing is changed', () =>
  inTransaction(db, async (client) => {
    const { id, updated_at } = await made(client)
    await client.query(`select almanac.update_schedule($1, '{"description": "theirs"}')`, [id])
    await client.query('savepoint before')

    const refused = await refusal(update(client, id, updated_at))

    expect(refused).toMatchObject({ code: 'AL029', column: 'updated_at' })
    expect(refused.message).toMatch(/^almanac_test_owner changed the schedule x on .* \(UTC\)\.$/)
    await client.query('rollback to before')
    const { rows } = await client.query(`select description from almanac.schedules where name = 'x'`)
    expect(rows).toEqual([{ description: 'theirs' }])
  }))

it.each(['pause', 'resume', 'split_schedule', 'move_series'])('%s is refused as well', (verb) =>
  inTransaction(db, async (client) => {
    const { id, updated_at } = await made(client)
    await client.query(`select almanac.update_schedule($1, '{"description": "theirs"}')`, [id])
    const place = ['pause', 'resume'].includes(verb) ? '' : `occurrence => now(), moved_to => now(), `

    const refused = await refusal(
      client.query(`select almanac.${verb}('x', ${place}expected_updated_at => $1)`, [updated_at]),
    )

    expect(refused).toMatchObject({ code: 'AL029', column: 'updated_at' })
  }),
)

it('what the engine writes, and an update without an expectation, is not a conflict', () =>
  inTransaction(db, async (client) => {
    const { id, updated_at } = await made(client)
    await client.query(`select almanac_private.fire_due(now() + interval '2 days')`)

    expect((await update(client, id, updated_at)).rows[0]).toMatchObject({ description: 'mine' })
    expect((await update(client, id, null)).rows[0]).toMatchObject({ description: 'mine' })
  }))

it('one waits for the other, and then sees the change', async () => {
  const [first, second] = [await db.connect('admin'), await db.connect('admin')]
  const { id, updated_at } = await made(first)
  await first.query('begin')
  await update(first, id, updated_at)

  const [own] = (await second.query<{ pid: number }>(`select pg_backend_pid() as pid`)).rows
  const later = refusal(update(second, id, updated_at))
  await expect
    .poll(() => db.query(`select from pg_locks where pid = $1 and not granted`, [own?.pid]))
    .toHaveLength(1)
  await first.query('commit')

  expect((await later).code).toBe('AL029')
  await Promise.all([first.end(), second.end()])
})

it('who may not change it is told so, whatever they expect', async () => {
  const { id } = await inOwn((client) => made(client))
  const viewer = await db.connect('viewer')
  expect((await refusal(update(viewer, id, '2020-01-01'))).code).toBe('42501')
  await viewer.end()
  const operator = await db.connect('operator')
  expect((await refusal(update(operator, id, '2020-01-01'))).code).toBe('AL011')
  await operator.end()
})

async function inOwn<Result>(fn: (client: ClientBase) => Promise<Result>): Promise<Result> {
  const client = await db.connect('admin')
  try {
    return await fn(client)
  } finally {
    await client.end()
  }
}
