import type { ClientBase } from 'pg'
import { expect, test } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const BUSY = 'almanac_test_operator'
const OTHER = 'almanac_test_owner'

/** Queues a statement of each of these roles, in this order, and tells which find no room, and what they lack. */
async function leftOut(
  client: ClientBase,
  roles: readonly string[],
  { slots, statements, total }: { slots: object; statements: object; total: number },
  [task, payload] = ['almanac:sql', '{"statement": "select 1"}'],
): Promise<string[]> {
  await client.query(
    `insert into almanac.schedules (name, kind, task_identifier, payload) values ('s', 'manual', $1, $2)`,
    [task, payload],
  )
  await client.query(`select almanac.trigger_now('s') from generate_series(1, $1)`, [roles.length])
  await client.query(
    `update almanac.runs r set run_as = regexp_replace(($1::text[])[n.nth], ' user .*', ''),
       owner_user = substring(($1::text[])[n.nth] from ' user (.*)')::bigint
     from (select id, row_number() over (order by id) as nth from almanac.runs) n where n.id = r.id`,
    [roles],
  )
  const room = {
    slots: { accounts: slots, others: 1, total: 10, retryIn: {} },
    statements: { accounts: statements, others: 1, total, retryIn: {} },
    spacing: 10,
  }
  const { rows } = await client.query<{ left: string }>(
    `select almanac_private.account(r.run_as, r.owner_user) || ' lacks ' || w.lacks as left from almanac.runs r join (
       select u.* from (select array_agg(id) as ids, array_agg(scheduled_for) as times from almanac.runs) a
       cross join lateral almanac_private.runs_without_room(a.ids, a.times, $1) u
     ) w on w.run_id = r.id order by r.id`,
    [JSON.stringify(room)],
  )
  return rows.map(({ left }) => left)
}

test.each([
  ['connections', { [BUSY]: 9, [OTHER]: 1 }, { [BUSY]: 0, [OTHER]: 1 }, 'statements'],
  ['slots', { [BUSY]: 0, [OTHER]: 1 }, { [BUSY]: 9, [OTHER]: 1 }, 'slots'],
])(
  'the last connection is for the role that has a share left, even if one without %s comes first',
  (_, slots, statements, lack) =>
    inTransaction(db, async (client) => {
      expect(await leftOut(client, [BUSY, BUSY, OTHER], { slots, statements, total: 1 })).toEqual([
        `${BUSY} lacks ${lack}`,
        `${BUSY} lacks ${lack}`,
      ])
    }),
)

test('of two roles that have a share left, the first has the last connection', () =>
  inTransaction(db, async (client) => {
    const room = { [BUSY]: 1, [OTHER]: 1 }
    expect(await leftOut(client, [BUSY, OTHER], { slots: room, statements: room, total: 1 })).toEqual([
      `${OTHER} lacks statements`,
    ])
  }))

test('users of the web client have a share each, although all run as one role', () =>
  inTransaction(db, async (client) => {
    const [ann, bob] = ['almanac_operator user 1', 'almanac_operator user 2']
    const room = { [ann]: 0, [bob]: 1 }
    expect(
      await leftOut(client, [ann, ann, bob], { slots: room, statements: { [ann]: 9, [bob]: 1 }, total: 9 }),
    ).toEqual([`${ann} lacks slots`, `${ann} lacks slots`])
  }))

test.each([
  [
    'almanac:report',
    '{"statement": "select 1", "format": "csv", "request": {"url": "https://example.com"}}',
    [`${BUSY} lacks statements`],
  ],
  ['almanac:noop', '{}', []],
])('a run of %s needs a connection for statements, or none', (task, payload, left) =>
  inTransaction(db, async (client) => {
    const room = { slots: { [BUSY]: 9 }, statements: { [BUSY]: 0 }, total: 1 }
    expect(await leftOut(client, [BUSY], room, [task, payload])).toEqual(left)
  }),
)
