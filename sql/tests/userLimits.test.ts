import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const limit = (client: ClientBase, kind: string, most: number | null) =>
  client.query(`update almanac_private.settings set value = $2 where key = $1 || '_per_hour'`, [
    kind,
    JSON.stringify(most),
  ])
const create = (names: string, count: number) =>
  `insert into almanac.schedules (name, kind, task_identifier)
   select '${names}' || n, 'manual', 'almanac:noop' from generate_series(1, ${count}) n`
const trigger = (count: number) => `select almanac.trigger_now('own') from generate_series(1, ${count})`

describe('an operator', () => {
  const asOperator = (fn: (client: ClientBase, as: (text: string) => Promise<unknown>) => Promise<void>) =>
    inTransaction(db, (client) =>
      fn(client, (text) => asRole(client, 'almanac_operator', (operator) => operator.query(text))),
    )

  it('creates only so many schedules an hour, and is told when it may create more', () =>
    asOperator(async (client, as) => {
      await limit(client, 'schedules', 5)
      await as(create('a', 3))
      await client.query(`update almanac_private.uses set used_at = used_at - interval '20 minutes'`)
      await as(create('b', 2))

      const refused = await refusal(as(create('c', 1)))

      expect(refused).toMatchObject({
        code: 'AL028',
        message: 'An operator may create at most 5 schedules an hour.',
        detail: expect.stringMatching(
          /^In the last hour the role \w+ has used 5; this needs 1 more\.$/,
        ) as string,
      })
      const [, again] = /^Try again after (.+) \(UTC\)\./.exec(refused.hint!)!
      const minutes = (Date.parse(`${again} UTC`) - Date.now()) / 60_000
      expect(minutes).toBeGreaterThan(38)
      expect(minutes).toBeLessThan(42)
      await client.query(`update almanac_private.uses set used_at = used_at - interval '41 minutes'`)
      await as(create('c', 3))
      expect(await refusal(as(create('d', 1)))).toMatchObject({ code: 'AL028' })
    }))

  it('triggers only so many runs an hour, in one statement or many', () =>
    asOperator(async (client, as) => {
      await as(create('own', 1).replace("'own' || n", "'own'"))
      await limit(client, 'triggers', 4)
      await as(trigger(3))

      expect(await refusal(as(trigger(2)))).toMatchObject({
        code: 'AL028',
        message: 'An operator may trigger at most 4 runs an hour.',
      })

      await as(trigger(1))
    }))

  it('who asks for more than an hour’s at once is told the number', () =>
    asOperator(async (client, as) => {
      await limit(client, 'schedules', 5)

      expect((await refusal(as(create('many', 6)))).hint).toMatch(/^Do at most 5 at a time\./)
    }))

  it('has no limit where there is none', () =>
    asOperator(async (client, as) => {
      await limit(client, 'schedules', null)

      await as(create('many', 1200))
    }))

  it('changes schedules as often as it likes', () =>
    asOperator(async (client, as) => {
      await limit(client, 'schedules', 1)
      for (const cron of ['0 1 * * *', '0 2 * * *', '0 3 * * *'])
        await as(`select almanac.schedule_cron('own', '${cron}', 'almanac:noop')`)
    }))

  it('does not make another one wait, nor use up what is another’s', async () => {
    const first = await db.connect('operator')
    const second = await db.connect('operator')
    await first.query('begin')
    await first.query(create('held', 10))

    await second.query(`set statement_timeout = '5s'`)
    await second.query(create('next to', 10))

    await first.query('rollback')
  })

  it('cannot touch the counts', () =>
    asOperator(async (client, as) => {
      await limit(client, 'triggers', 1)
      await as(create('own', 1).replace("'own' || n", "'own'"))
      await as(`select almanac_private.count_uses('triggers', -100)`)
      await as(trigger(1))
      expect(await refusal(as(trigger(1)))).toMatchObject({ code: 'AL028' })
      expect(await refusal(as('delete from almanac_private.uses'))).toMatchObject({ code: '42501' })
      expect(
        await refusal(
          as(`update almanac_private.settings set value = '1000000' where key = 'triggers_per_hour'`),
        ),
      ).toMatchObject({ code: '42501' })
    }))
})

it('what a session does costs a row a minute, not one for each statement', async () => {
  const operator = await db.connect('operator')
  for (let use = 0; use < 30; use++) await operator.query(`select almanac_private.count_uses('overrides', 1)`)
  await operator.end()

  const [counted] = await db.query<{ uses: number; rows: number }>(
    `select sum(count)::int as uses, count(*)::int as rows from almanac_private.uses where kind = 'overrides'`,
  )
  expect(counted!.uses).toBe(30)
  // The minute may end meanwhile.
  expect(counted!.rows).toBeLessThanOrEqual(2)
  await db.query(`delete from almanac_private.uses where kind = 'overrides'`)
})

it.each(['almanac_admin', null])('%s, or else the owner, creates 10,000 at once', (role) =>
  inTransaction(db, async (client) => {
    if (role === null) await client.query(create('bulk', 10_000))
    else await asRole(client, role, (admin) => admin.query(create('bulk', 10_000)))

    expect((await client.query('select from almanac_private.uses where count = 10000')).rowCount).toBe(0)
  }),
)

describe('what is stored has a size', () => {
  const insert = (client: ClientBase, column: string, value: unknown) =>
    client.query(
      `insert into almanac.schedules (name, kind, task_identifier, ${column}) values ('sized', 'manual', 'almanac:noop', $1)`,
      [value],
    )
  const nested = (levels: number) => `{"a": ${'['.repeat(levels - 2)}${']'.repeat(levels - 2)}}`

  it.each([
    ['payload', JSON.stringify({ text: 'x'.repeat(262_144) }), 'A payload may have at most 262144 bytes.'],
    ['payload', nested(6000), 'A payload may be nested at most 100 levels deep.'],
    ['payload', nested(103), 'A payload may be nested at most 100 levels deep.'],
    ['description', 'x'.repeat(10_001), 'description may have at most 10000 characters.'],
    ['pause_reason', 'x'.repeat(1_001), 'pause_reason may have at most 1000 characters.'],
    ['cron_expression', '*'.repeat(2_001), 'cron_expression may have at most 2000 characters.'],
    ['tags', ['x'.repeat(101)], 'A tag has 1 to 100 characters, and a schedule may have at most 100 tags.'],
    [
      'calendars',
      Array.from({ length: 101 }, (_, n) => `c${n}`),
      'A schedule may use at most 100 calendars.',
    ],
  ])('%s of a schedule: %#', (column, value, message) =>
    inTransaction(db, async (client) => {
      expect(await refusal(insert(client, column, value))).toMatchObject({ code: 'AL019', column, message })
    }),
  )

  it('and what fits is taken', () =>
    inTransaction(db, async (client) => {
      await insert(client, 'payload', JSON.stringify({ text: 'x'.repeat(262_000) }))
      await client.query(`update almanac.schedules set payload = $1, description = $2 where name = 'sized'`, [
        nested(90),
        'x'.repeat(10_000),
      ])
    }))

  it('also of a payload that a run is triggered with', () =>
    inTransaction(db, async (client) => {
      await insert(client, 'payload', '{}')

      expect(
        await refusal(client.query(`select almanac.trigger_now('sized', $1)`, [nested(6000)])),
      ).toMatchObject({ code: 'AL019', column: 'payload' })
    }))

  it('and what was stored before can still be paused, fired and deleted', () =>
    inTransaction(db, async (client) => {
      await client.query('alter table almanac.schedules disable trigger _400_check_sizes')
      await insert(client, 'payload', nested(6000))
      await client.query('alter table almanac.schedules enable trigger _400_check_sizes')

      await client.query(
        `update almanac.schedules set payload = payload, description = 'x' where name = 'sized'`,
      )
      await client.query(`select almanac.trigger_now('sized')`)
      await client.query(`select almanac.unschedule('sized')`)
    }))

  it.each([
    [`select almanac.create_calendar('c', description => repeat('x', 10001))`, 'description'],
    [`select almanac.register_task('t', label => repeat('x', 201))`, 'label'],
    [`select almanac.register_task('t', payload_schema => to_jsonb(repeat('x', 100001)))`, 'payload_schema'],
    [`insert into almanac.users (username, display_name) values ('u', repeat('x', 201))`, 'display_name'],
    [`select almanac.pause_all(repeat('x', 1001))`, 'reason'],
  ])('%s', (statement, column) =>
    inTransaction(db, async (client) => {
      expect(await refusal(client.query(statement))).toMatchObject({ code: 'AL019', column })
    }),
  )
})
