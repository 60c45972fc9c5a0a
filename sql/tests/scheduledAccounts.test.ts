import { expect, test } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const ACCOUNTS = 'select array(select almanac_private.scheduled_accounts() order by 1) as accounts'
const insert = (role: string, next: string, count = 1) => `
  set local role ${role};
  insert into almanac.schedules (name, kind, every, starts_at, task_identifier)
  select '${role} ' || i, 'interval', '1 week', now() + ${next}, 'almanac:noop' from generate_series(1, ${count}) i;
  reset role;`

test('roles are found that schedules run as which are due within a day, of what is active', () =>
  inTransaction(db, async (client) => {
    await client.query(insert('almanac_operator', `interval '23 hours'`))
    await client.query(insert('almanac_admin', `interval '25 hours'`))

    expect((await client.query(ACCOUNTS)).rows).toEqual([{ accounts: ['almanac_operator'] }])

    await client.query(`update almanac.schedules set starts_at = now() + interval '1 hour'
      where name = 'almanac_admin 1'`)
    await client.query(`select almanac.pause('almanac_operator 1')`)
    expect((await client.query(ACCOUNTS)).rows).toEqual([{ accounts: ['almanac_admin'] }])
  }))

test('users of the web client, who run as one role, are told apart', () =>
  inTransaction(db, async (client) => {
    await client.query(insert('almanac_operator', `interval '1 hour'`, 3))
    const { rows } = await client.query<{ id: string }>(
      `insert into almanac.users (username, role) values ('ann', 'operator'), ('bob', 'operator') returning id`,
    )
    const [ann, bob] = rows.map(({ id }) => id)
    await client.query('alter table almanac.schedules disable trigger user')
    await client.query(
      `update almanac.schedules set owner_user = case name when 'almanac_operator 1' then $1::bigint
       when 'almanac_operator 2' then $2::bigint end`,
      [ann, bob],
    )

    const [first, second] = [`almanac_operator user ${ann}`, `almanac_operator user ${bob}`].sort()
    expect((await client.query(ACCOUNTS)).rows).toEqual([{ accounts: ['almanac_operator', first, second] }])
  }))

test('however many schedules a role has, few entries of the index are read', () =>
  inTransaction(db, async (client) => {
    const read = async () =>
      (
        await client.query<{ read: number }>(
          `select (pg_stat_get_xact_tuples_returned('almanac.schedules'::regclass) + sum(
             pg_stat_get_xact_tuples_returned(i.indexrelid)))::int as read
           from pg_index i where i.indrelid = 'almanac.schedules'::regclass`,
        )
      ).rows[0]!.read
    await client.query(insert('almanac_operator', `i * interval '1 minute'`, 500))
    await client.query(insert('almanac_admin', `interval '3 days' + i * interval '1 minute'`, 500))

    const before = await read()
    const { rows } = await client.query(ACCOUNTS)

    expect(rows).toEqual([{ accounts: ['almanac_operator'] }])
    expect((await read()) - before).toBeLessThan(10)
  }))
