import { beforeAll, describe, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeAll(async () => {
  await db.query(`select almanac.schedule_cron('owners', '0 3 * * *', 'almanac:noop')`)
})

/** A connection of a real login, in a transaction that is rolled back. */
async function as<Result>(
  login: 'viewer' | 'operator' | 'admin' | 'plain' | 'server' | 'worker',
  fn: (client: ClientBase) => Promise<Result>,
) {
  const client = await db.connect(login)
  await client.query('begin')
  try {
    return await fn(client)
  } finally {
    await client.query('rollback')
    await client.end()
  }
}
const code = async (statement: Promise<unknown>) => (await refusal(statement)).code

const PERMISSION_DENIED = '42501'

describe('a plain role', () => {
  it.each([
    `select * from almanac.schedules`,
    `select * from almanac.runs`,
    `select * from almanac_private.logins`,
    `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop')`,
    `select almanac.trigger_now('owners')`,
    `select almanac_private.fire_due()`,
    `select * from graphile_worker.jobs`,
  ])('may not %s', async (statement) => {
    expect(await as('plain', (client) => code(client.query(statement)))).toBe(PERMISSION_DENIED)
  })
})

describe('a viewer', () => {
  it('sees schedules, runs, tasks, workers', () =>
    as('viewer', async (client) => {
      for (const table of ['schedules', 'runs', 'run_attempts', 'omissions', 'tasks', 'workers'])
        await client.query(`select * from almanac.${table}`)
      expect((await client.query(`select name from almanac.schedules`)).rows).toEqual([{ name: 'owners' }])
    }))

  it.each([
    `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop')`,
    `insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'almanac:noop')`,
    `update almanac.schedules set description = 'x'`,
    `delete from almanac.schedules`,
    `select almanac.pause('owners')`,
    `select almanac.trigger_now('owners')`,
    `insert into almanac.runs (schedule_id) values (1)`,
    `select almanac_private.fire_due()`,
    `select almanac_private.insert_run(s, now(), now(), 'manual', '{}', null, now()) from almanac.schedules s`,
    `select * from almanac_private.logins`,
    `select * from almanac_private.settings`,
  ])('may not %s', async (statement) => {
    expect(await as('viewer', (client) => code(client.query(statement)))).toBe(PERMISSION_DENIED)
  })
})

describe('an operator', () => {
  it('creates, changes, triggers and unschedules own schedules', () =>
    as('operator', async (client) => {
      await client.query(`select almanac.schedule_cron('mine', '* * * * *', 'almanac:noop')`)
      await client.query(`select almanac.pause('mine')`)
      await client.query(`select almanac.resume('mine')`)
      await client.query(`select almanac.trigger_now('mine')`)
      const { rows } = await client.query(
        `select run_as, created_by, owner_user from almanac.schedules where name = 'mine'`,
      )
      expect(rows).toEqual([
        { run_as: 'almanac_test_operator', created_by: 'almanac_test_operator', owner_user: null },
      ])
      await client.query(`select almanac.unschedule('mine')`)
    }))

  it.each([
    `select almanac.pause('owners')`,
    `select almanac.unschedule('owners')`,
    `select almanac.trigger_now('owners')`,
    `select almanac.update_schedule(1, '{"description": "x"}')`,
    `select almanac.schedule_cron('owners', '* * * * *', 'almanac:noop')`,
    `select almanac.resume('owners')`,
  ])('is told whose it is when refused: %s', async (statement) => {
    const refused = await as('operator', (client) => refusal(client.query(statement)))

    expect(refused).toMatchObject({ code: 'AL011', detail: 'It belongs to almanac_test_owner.' })
  })

  it.each(['schedules', 'exclusion_calendars', 'calendar_entries', 'calendar_rules'])(
    'may update each column of %s',
    (table) =>
      as('operator', async (client) => {
        const { rows } = await client.query(
          `select attname as column from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
           and not has_column_privilege(attrelid, attnum, 'update')`,
          [`almanac.${table}`],
        )
        expect(rows).toEqual([])
      }),
  )

  it.each([
    `insert into almanac.schedules (id, name, kind, task_identifier) overriding system value values (-1, 'x', 'manual', 'almanac:noop')`,
    `insert into almanac.exclusion_calendars (id, name) overriding system value values (1000000, 'x')`,
    `insert into almanac.calendar_entries (id, calendar_id, starts_on) overriding system value values (1000000, 1, '2030-01-01')`,
  ])('does not choose an id: %s', async (statement) => {
    expect(await as('operator', (client) => code(client.query(statement)))).toBe(PERMISSION_DENIED)
    expect(await as('admin', (client) => code(client.query(statement)))).toBe(PERMISSION_DENIED)
  })

  it('inserts schedules and calendars, which take their ids from the sequence', () =>
    as('operator', async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier, payload, tags)
         values ('mine', 'manual', 'almanac:noop', '{"a": 1}', '{t}')`,
      )
      await client.query(`insert into almanac.exclusion_calendars (name, description) values ('mine', 'd')`)
    }))

  it.each([
    `select almanac.unschedule('of a user')`,
    `select almanac.trigger_now('of a user', '{"mine": true}')`,
    `select almanac.skip_occurrence('of a user', date_trunc('year', now()) + interval '3 years 3 hours')`,
    `select almanac.give_schedule('of a user', current_user)`,
    `select almanac.resume('of a user')`,
  ])('with a login of its own is refused what a user owns: %s', async (statement) => {
    await db.query(`
      insert into almanac.users (username, role) values ('owns', 'operator') on conflict do nothing;
      insert into almanac.schedules (name, kind, cron_expression, task_identifier, owner_user)
      select 'of a user', 'cron', '0 3 * * *', 'almanac:noop', id from almanac.users where username = 'owns'`)

    const refused = await as('operator', (client) => refusal(client.query(statement)))
    await db.query(`delete from almanac.schedules where name = 'of a user'`)

    expect(refused).toMatchObject({ code: 'AL011', detail: 'It belongs to owns.' })
  })

  it.each([
    `insert into almanac.runs (schedule_id) values (1)`,
    `delete from almanac.schedules`,
    `delete from almanac.exclusion_calendars`,
    `delete from almanac.calendar_entries`,
    `delete from almanac.calendar_rules`,
    `select almanac_private.fire_due()`,
  ])('may not %s', async (statement) => {
    expect(await as('operator', (client) => code(client.query(statement)))).toBe(PERMISSION_DENIED)
  })

  it('gains nothing by claims over a connection of its own', () =>
    as('operator', async (client) => {
      await client.query(
        `select set_config('jwt.claims.user_id', '1', true), set_config('role', 'almanac_operator', true)`,
      )

      expect((await client.query(`select almanac.current_user_id() as id`)).rows).toEqual([{ id: null }])
    }))
})

describe('an admin', () => {
  it('changes schedules of others and announces tasks', () =>
    as('admin', async (client) => {
      await client.query(`select almanac.pause('owners', 'maintenance')`)
      await client.query(`select almanac.register_task('reports:weekly')`)
      await client.query(`select almanac.trigger_now('owners')`)
    }))

  it('does not write the ledger', async () => {
    expect(await as('admin', (client) => code(client.query(`delete from almanac.runs`)))).toBe(
      PERMISSION_DENIED,
    )
  })
})

describe('the role that changes what runs becomes its run_as', () => {
  it('a change of the payload does, a change of the time does not', () =>
    as('admin', async (client) => {
      const runAs = async () =>
        (await client.query<{ run_as: string }>(`select run_as from almanac.schedules`)).rows[0]!.run_as

      await client.query(`update almanac.schedules set cron_expression = '0 4 * * *'`)
      expect(await runAs()).toBe('almanac_test_owner')

      await client.query(`update almanac.schedules set payload = '{"a": 1}'`)
      expect(await runAs()).toBe('almanac_test_admin')
    }))
})

describe('over the server', () => {
  /** As the server does it: its own login, the role and the claims of who is signed in. */
  async function signedIn<Result>(
    role: 'viewer' | 'operator' | 'admin',
    fn: (client: ClientBase, userId: string) => Promise<Result>,
  ) {
    const [user] = await db.query<{ id: string }>(
      `insert into almanac.users (username, role) values ($1, $2) on conflict (username) do update set role = excluded.role returning id`,
      [`u_${role}`, role],
    )
    return await as('server', async (client) => {
      await client.query(`select set_config('role', $1, true), set_config('jwt.claims.user_id', $2, true)`, [
        `almanac_${role}`,
        user!.id,
      ])
      return await fn(client, user!.id)
    })
  }

  it('a statement that an admin puts in the place of a task is not triggered by the previous owner', () =>
    signedIn('operator', async (client, operatorId) => {
      await client.query(`select almanac.schedule_cron('nightly', '0 2 * * *', 'almanac:noop')`)
      const [admin] = await db.query<{ id: string }>(
        `insert into almanac.users (username, role) values ('u_admin', 'admin')
           on conflict (username) do update set role = 'admin' returning id`,
      )
      const become = (role: string, id: string) =>
        client.query(`select set_config('role', $1, true), set_config('jwt.claims.user_id', $2, true)`, [
          role,
          id,
        ])
      await become('almanac_admin', admin!.id)
      await client.query(
        `select almanac.schedule_cron('nightly', '0 2 * * *', 'almanac:noop', '{"by": "admin"}')`,
      )
      const owner = `select owner_user as id, run_as from almanac.schedules where name = 'nightly'`
      expect((await client.query(owner)).rows).toEqual([{ id: operatorId, run_as: 'almanac_operator' }])

      await client.query(
        `select almanac.schedule_cron('nightly', '0 2 * * *', 'almanac:sql', '{"statement": "delete from audit"}')`,
      )

      expect((await client.query(owner)).rows).toEqual([{ id: admin!.id, run_as: 'almanac_admin' }])
      await become('almanac_operator', operatorId)
      expect(await code(client.query(`select almanac.trigger_now('nightly')`))).toBe('AL011')
    }))

  it('a schedule of almanac:sql is given to admins only, who could have made it', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('report', '0 2 * * *', 'almanac:sql', '{"statement": "select 1"}');
         insert into almanac.users (username, role) values ('bob', 'operator'), ('vic', 'viewer'), ('ada', 'admin')`,
      )
      const give = (to: string) =>
        client.query(
          `update almanac.schedules set owner_user = (select id from almanac.users where username = $1) where name = 'report'`,
          [to],
        )
      const make = (to: string) =>
        client.query(
          `insert into almanac.schedules (name, kind, task_identifier, payload, owner_user)
           select 'x', 'manual', 'almanac:sql', '{"statement": "select 1"}', id from almanac.users where username = $1`,
          [to],
        )
      for (const attempt of [() => give('bob'), () => give('vic'), () => make('bob')]) {
        await client.query('savepoint before')
        expect(await refusal(attempt())).toMatchObject({
          code: 'AL011',
          column: 'owner_user',
          hint: 'Keep it, give it to an admin, or change its task first.',
        })
        await client.query('rollback to before')
      }

      await give('ada')
      await client.query(
        `update almanac.schedules set task_identifier = 'almanac:noop' where name = 'report'`,
      )
      await give('bob')
      expect(
        (
          await client.query(
            `select u.username from almanac.schedules s join almanac.users u on u.id = s.owner_user where s.name = 'report'`,
          )
        ).rows,
      ).toEqual([{ username: 'bob' }])
    }))

  it("a deleted user's schedules and calendars are the admins', not every operator's", async () => {
    await db.query(`
      set role almanac_operator;
      select almanac.schedule_cron('left', '0 2 * * *', 'almanac:noop'), almanac.create_calendar('left');
      reset role;
      insert into almanac.users (username, role) values ('leaver', 'operator');
      update almanac.schedules set owner_user = (select id from almanac.users where username = 'leaver') where name = 'left';
      update almanac.exclusion_calendars set owner_user = (select id from almanac.users where username = 'leaver') where name = 'left';
      delete from almanac.users where username = 'leaver'`)
    const changes = [`select almanac.pause('left')`, `select almanac.exclude_dates('left', '2040-12-25')`]

    for (const change of changes) {
      expect(await signedIn('operator', (client) => code(client.query(change)))).toBe('AL011')
      expect(await as('operator', (client) => code(client.query(change)))).toBe('AL011')
      await signedIn('admin', (client) => client.query(change))
    }
    await db.query(
      `delete from almanac.schedules where name = 'left'; delete from almanac.exclusion_calendars where name = 'left'`,
    )
  })

  it('claims count, and what is created belongs to the user', () =>
    signedIn('operator', async (client, userId) => {
      await client.query(`select almanac.schedule_cron('users', '* * * * *', 'almanac:noop')`)
      await client.query(`select almanac.pause('users')`)

      expect(
        (
          await client.query(
            `select owner_user, created_by, run_as from almanac.schedules where name = 'users'`,
          )
        ).rows,
      ).toEqual([{ owner_user: userId, created_by: 'u_operator', run_as: 'almanac_operator' }])
      expect((await client.query(`select username from almanac.signed_in_user()`)).rows).toEqual([
        { username: 'u_operator' },
      ])
    }))

  it("an operator does not change another user's schedule", async () => {
    await db.query(`insert into almanac.users (username, role) values ('someone', 'operator')`)
    await db.query(
      `insert into almanac.schedules (name, kind, task_identifier, owner_user) select 'theirs', 'manual', 'almanac:noop', id from almanac.users where username = 'someone'`,
    )

    const refused = await signedIn('operator', (client) =>
      refusal(client.query(`select almanac.pause('theirs')`)),
    )

    expect(refused).toMatchObject({ code: 'AL011', detail: 'It belongs to someone.' })
  })

  const REPORT = '{"statement": "select 1", "format": "csv", "request": {"url": "https://example.com"}}'
  it.each([
    ['almanac:sql', '{"statement": "select 1"}'],
    ['almanac:report', REPORT],
  ])('an operator does not bring a statement to %s, in any way', async (task, payload) => {
    for (const statement of [
      `select almanac.schedule_cron('sql', '* * * * *', '${task}', '${payload}')`,
      `insert into almanac.schedules (name, kind, task_identifier, payload) values ('sql', 'manual', '${task}', '${payload}')`,
      `select almanac.schedule_cron('other', '* * * * *', 'almanac:noop', '${payload}');
       update almanac.schedules set task_identifier = '${task}' where name = 'other'`,
    ]) {
      const refused = await signedIn('operator', (client) => refusal(client.query(statement)))

      expect(refused).toMatchObject({ code: 'AL011', column: 'task_identifier' })
    }
  })

  it('a report is given to admins only, as a statement is', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier, payload) values ('sales', 'manual', 'almanac:report', '${REPORT}');
         insert into almanac.users (username, role) values ('bea', 'operator')`,
      )

      expect(
        await refusal(
          client.query(
            `update almanac.schedules set owner_user = (select id from almanac.users where username = 'bea') where name = 'sales'`,
          ),
        ),
      ).toMatchObject({
        code: 'AL011',
        column: 'owner_user',
        message: 'A schedule of almanac:report can only be given to admins.',
      })
    }))

  it('an admin does', () =>
    signedIn('admin', (client) =>
      client.query(
        `select almanac.schedule_cron('sql', '* * * * *', 'almanac:sql', '{"statement": "select 1"}')`,
      ),
    ))

  it('the login itself, without a role, sees nothing', async () => {
    expect(await as('server', (client) => code(client.query(`select * from almanac.schedules`)))).toBe(
      PERMISSION_DENIED,
    )
  })
})

describe('a worker', () => {
  it('fires, begins and finishes, and sees the jobs', () =>
    as('worker', async (client) => {
      await client.query(`select almanac_private.fire_due()`)
      await client.query(
        `select almanac_private.heartbeat(almanac_private.register_worker('w', 'w', 1, '0', 1), '{}', true)`,
      )
      await client.query(`select * from graphile_worker.jobs`)
    }))

  it.each([
    `insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'almanac:noop')`,
    `delete from almanac.runs`,
  ])('may not %s', async (statement) => {
    expect(await as('worker', (client) => code(client.query(statement)))).toBe(PERMISSION_DENIED)
  })
})

it('a run_as cannot be chosen on insert', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier, run_as) values ('x', 'manual', 'almanac:noop', 'postgres')`,
    )

    expect((await client.query(`select run_as from almanac.schedules where name = 'x'`)).rows).toEqual([
      { run_as: 'almanac_test_owner' },
    ])
  }))
