import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** What a statement is refused with; the transaction continues. */
async function refusalOf(client: ClientBase, statement: string) {
  await client.query('savepoint before')
  const refused = await refusal(client.query(statement))
  await client.query('rollback to savepoint before')
  return refused
}

/** The task payroll needs the role test_payroll, which the operator test_clerk has and test_intern lacks. */
async function prepare(client: ClientBase): Promise<void> {
  for (const role of ['test_payroll', 'test_clerk', 'test_intern']) {
    await client.query(`create role ${role}`)
    await client.query(`grant ${role} to current_user`)
  }
  await client.query(`grant almanac_operator to test_clerk, test_intern`)
  await client.query(`grant test_payroll to test_clerk`)
  await client.query(`select almanac.register_task('payroll')`)
  await client.query(`select almanac.require_role('payroll', 'test_payroll')`)
}
async function begin(client: ClientBase): Promise<unknown> {
  await client.query(
    `select b.run_id from (
       select array_agg(r.id) as ids, array_agg(r.scheduled_for) as times from almanac.runs r where r.status = 'queued'
     ) q, almanac_private.begin_runs(almanac_private.register_worker('w', 'h', 1, '1', 1), q.ids, q.times) b`,
  )
  return (await client.query(`select status, attempt, error from almanac.runs order by id`)).rows
}
const refused = {
  code: 'AL033',
  column: 'task_identifier',
  message: 'You may not use the task payroll.',
  detail: 'The task payroll needs the role test_payroll, and test_intern is not a member of it.',
}

describe('a task that needs a role', () => {
  const writes = [
    `insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'payroll')`,
    `select almanac.schedule_cron('x', '@daily', 'payroll')`,
    `select almanac.schedule_every('x', '1 hour', 'payroll')`,
    `select almanac.schedule_at('x', now() + interval '1 hour', 'payroll')`,
    `select almanac.create_schedule('{"name": "x", "kind": "manual", "task_identifier": "payroll"}')`,
  ]

  it.each(writes)('is refused to anyone who lacks it, and taken from anyone who has it: %s', (statement) =>
    inTransaction(db, async (client) => {
      await prepare(client)

      expect(await asRole(client, 'test_intern', () => refusalOf(client, statement))).toMatchObject(refused)
      await asRole(client, 'test_clerk', () => client.query(statement))
    }),
  )

  it('is not given to a schedule by an update, an upsert or a draft either', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await asRole(client, 'test_intern', async () => {
        await client.query(`select almanac.schedule_cron('x', '@daily', 'almanac:noop')`)
        for (const statement of [
          `update almanac.schedules set task_identifier = 'payroll' where name = 'x'`,
          `select almanac.schedule_cron('x', '@daily', 'payroll')`,
          `select almanac.update_schedule(id, '{"task_identifier": "payroll"}') from almanac.schedules where name = 'x'`,
        ])
          expect(await refusalOf(client, statement)).toMatchObject(refused)
        expect(
          (
            await client.query(
              `select field, code from almanac.check_definition('{"name": "y", "kind": "manual", "task_identifier": "payroll"}')`,
            )
          ).rows,
        ).toEqual([{ field: 'task_identifier', code: 'AL033' }])
      })
    }))

  it.each([
    ['almanac_viewer', false],
    ['almanac_operator', false],
    ['almanac_admin', false],
    ['test_intern', false],
    ['test_clerk', true],
  ])('is shown to %s as usable: %s', (role, mayUse) =>
    inTransaction(db, async (client) => {
      await prepare(client)
      const { rows } = await asRole(client, role, () =>
        client.query(
          `select required_role, may_use from almanac.tasks where identifier in ('payroll', 'almanac:noop') order by 1`,
        ),
      )

      expect(rows).toEqual([
        { required_role: 'test_payroll', may_use: mayUse },
        { required_role: null, may_use: true },
      ])
    }),
  )

  it('is not triggered by anyone who has lost it, and what was queued fails without an attempt', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await asRole(client, 'test_clerk', () =>
        client.query(
          `select almanac.schedule_cron('x', '@daily', 'payroll', settings => '{"overlap_policy": "queue_all"}')`,
        ),
      )
      await asRole(client, 'test_clerk', () => client.query(`select almanac.trigger_now('x')`))
      await client.query(`revoke test_payroll from test_clerk`)

      for (const call of [`almanac.trigger_now('x')`, `almanac.trigger_now('x', '{"a": 1}')`])
        expect(await asRole(client, 'test_clerk', () => refusalOf(client, `select ${call}`))).toMatchObject({
          code: 'AL033',
        })
      expect(await begin(client)).toEqual([
        {
          status: 'failed',
          attempt: 0,
          error:
            'The task payroll needs the role test_payroll, and test_clerk is not a member of it.\n' +
            'Grant the role, or ask someone who has it to save the schedule; then trigger it.',
        },
      ])
      expect(
        (
          await client.query(
            `select almanac.schedules_blocked_because(s) as because from almanac.schedules s where name = 'x'`,
          )
        ).rows,
      ).toEqual([
        { because: 'The task payroll needs the role test_payroll, and test_clerk is not a member of it.' },
      ])
    }))

  it('runs while its owner has it, and no longer once their user has another role', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`grant test_payroll to almanac_admin`)
      await client.query(`insert into almanac.users (username, role) values ('ada', 'admin')`)
      await client.query(`insert into almanac.schedules (name, kind, task_identifier, owner_user)
        select 'x', 'manual', 'payroll', id from almanac.users where username = 'ada'`)
      await client.query(`select almanac.trigger_now('x')`)
      expect(await begin(client)).toMatchObject([{ status: 'running', attempt: 1 }])

      await client.query(`update almanac.users set role = 'operator' where username = 'ada'`)
      await client.query(`select almanac.trigger_now('x')`)
      expect(await begin(client)).toMatchObject([
        { status: 'running' },
        {
          status: 'failed',
          attempt: 0,
          error: expect.stringContaining('its owner ada, who is operator, is not a member of it') as unknown,
        },
      ])
    }))
})

describe('which role a task needs', () => {
  it('is what its file says, unless an admin says another', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      const announce = (role: string | null) =>
        client.query(`select almanac_private.announce_tasks($1)`, [
          JSON.stringify([{ identifier: 'payroll', declared_role: role }]),
        ])
      const needed = async () =>
        (
          await client.query<{ role: string }>(
            `select required_role as role from almanac.tasks where identifier = 'payroll'`,
          )
        ).rows[0]!.role

      await announce('test_clerk')
      expect(await needed()).toBe('test_payroll')
      await client.query(`select almanac.require_role('payroll')`)
      expect(await needed()).toBe('test_clerk')
      await announce(null)
      expect(await needed()).toBeNull()
    }))

  it('can be said of a built-in task, and must be a role', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await asRole(client, 'almanac_admin', async () => {
        await client.query(`select almanac.require_role('almanac:http', 'test_payroll')`)
        expect(
          await refusalOf(client, `select almanac.require_role('payroll', 'nobody_at_all')`),
        ).toMatchObject({
          code: 'AL024',
        })
        expect(
          await refusalOf(client, `select almanac.require_role('nowhere', 'test_payroll')`),
        ).toMatchObject({
          code: 'AL005',
        })
      })
      expect(
        await asRole(client, 'test_intern', () =>
          refusalOf(
            client,
            `select almanac.schedule_cron('x', '@daily', 'almanac:http', '{"url": "https://example.com"}')`,
          ),
        ),
      ).toMatchObject({ code: 'AL033' })
    }))

  it('that does not exist keeps everyone out', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`drop role test_payroll`)

      expect(
        await asRole(client, 'test_clerk', () =>
          refusalOf(client, `select almanac.schedule_cron('x', '@daily', 'payroll')`),
        ),
      ).toMatchObject({
        code: 'AL033',
        detail: 'The task payroll needs the role test_payroll, which does not exist.',
      })
    }))
})
