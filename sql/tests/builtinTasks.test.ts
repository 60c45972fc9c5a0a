import { describe, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { isStatementTask } from '../../worker/tasks/statementTasks.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

it('workers and the database take the same tasks for those that run a statement', async () => {
  const tasks = await db.query<{ identifier: string; runs: boolean }>(
    `select identifier, almanac_private.is_statement_task(identifier) as runs from almanac.tasks where is_builtin`,
  )

  expect(tasks.filter(({ runs }) => runs).map(({ identifier }) => identifier)).not.toEqual([])
  expect(tasks.filter(({ identifier, runs }) => isStatementTask(identifier) !== runs)).toEqual([])
})

describe('a built-in task', () => {
  it.each([
    `update almanac.tasks set identifier = 'mine' where identifier = 'almanac:sql'`,
    `update almanac.tasks set payload_schema = null where identifier = 'almanac:sql'`,
    `delete from almanac.tasks where identifier = 'almanac:check_ledger'`,
    `delete from almanac.tasks`,
    `insert into almanac.tasks (identifier) values ('almanac:mine')`,
    `insert into almanac.tasks (identifier, is_builtin) values ('x', true)`,
    `select almanac.register_task('almanac-run:mine')`,
    `select almanac.register_task('almanac:noop', 'Mine')`,
    `update almanac.tasks set identifier = 'almanac:mine' where identifier = 'x'`,
  ])('is not changed, deleted or made by the owner either: %s', (statement) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('x')`)

      const { code, hint } = await refusal(client.query(statement))

      expect(code).toBe('AL017')
      expect(hint).toBeTruthy()
    }),
  )

  it('is given back by register_task, which changes nothing then', () =>
    inTransaction(db, async (client) => {
      const { rows } = await client.query(
        `select identifier, is_builtin from almanac.register_task('almanac:noop')`,
      )

      expect(rows).toEqual([{ identifier: 'almanac:noop', is_builtin: true }])
    }))

  it.each([
    `update almanac.tasks set description = 'x'`,
    `update almanac.tasks set is_builtin = false where identifier = 'almanac:sql'`,
    `insert into almanac.tasks (identifier, is_builtin) values ('x', true)`,
  ])('is not left out of a statement in silence: %s', async (statement) => {
    const admin = await db.connect('admin')

    expect((await refusal(admin.query(statement))).code).toBe('AL017')
    await admin.end()
  })
})

describe('a payload of almanac:sql without a statement', () => {
  const PAYLOADS = [
    '{}',
    '{"sql": "select 1"}',
    '{"statement": ""}',
    '{"statement": " \\n"}',
    '{"statement": 1}',
    '{"statement": null}',
  ]
  const WAYS: [string, string][] = [
    [
      'insert',
      `insert into almanac.schedules (name, kind, task_identifier, payload) values ('x', 'manual', 'almanac:sql', $1)`,
    ],
    ['update', `update almanac.schedules set payload = $1 where name = 'sql'`],
    [
      'another task',
      `update almanac.schedules set task_identifier = 'almanac:sql', payload = $1 where name = 'noop'`,
    ],
    ['schedule_cron', `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:sql', $1)`],
    ['schedule_every', `select almanac.schedule_every('x', '1 hour', 'almanac:sql', $1)`],
    ['schedule_at', `select almanac.schedule_at('x', now() + interval '1 hour', 'almanac:sql', $1)`],
    [
      'create_schedule',
      `select almanac.create_schedule(jsonb_build_object('name', 'x', 'kind', 'manual', 'task_identifier', 'almanac:sql', 'payload', $1::jsonb))`,
    ],
    [
      'update_schedule',
      `select almanac.update_schedule(id, jsonb_build_object('payload', $1::jsonb)) from almanac.schedules where name = 'sql'`,
    ],
    ['trigger_now', `select almanac.trigger_now('sql', $1)`],
  ]
  const prepare = (client: ClientBase) =>
    client.query(
      `insert into almanac.schedules (name, kind, task_identifier, payload)
       values ('sql', 'manual', 'almanac:sql', '{"statement": "select 1"}'), ('noop', 'manual', 'almanac:noop', '{}')`,
    )

  it.each(WAYS)('is refused when it is saved, with the shape and an example: %s', (_, statement) =>
    inTransaction(db, async (client) => {
      await prepare(client)
      for (const payload of PAYLOADS) {
        await client.query('savepoint before')
        expect(await refusal(client.query(statement, [payload]))).toMatchObject({
          code: 'AL006',
          column: 'payload',
          message: 'The payload does not fit the task almanac:sql.',
          detail: expect.stringContaining('/statement ') as string,
          hint: expect.stringContaining('{"statement": "refresh') as string,
        })
        await client.query('rollback to before')
      }
    }),
  )

  it('that was saved by an older release can still be paused and deleted', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`alter table almanac.schedules disable trigger _400_check_sizes`)
      await client.query(`update almanac.schedules set payload = '{}' where name = 'sql'`)
      await client.query(`alter table almanac.schedules enable trigger _400_check_sizes`)

      await client.query(`select almanac.pause('sql')`)
      await client.query(`select almanac.unschedule('sql')`)
    }))
})

describe('almanac:check_ledger', () => {
  it.each([
    `insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'almanac:check_ledger')`,
    `select almanac.schedule_every('x', '1 second', 'almanac:check_ledger')`,
    `update almanac.schedules set task_identifier = 'almanac:check_ledger' where name = 'operators'`,
  ])('is scheduled by admins, not by operators: %s', async (statement) => {
    const operator = await db.connect('operator')
    const admin = await db.connect('admin')
    await operator.query('begin')
    await admin.query('begin')
    for (const client of [operator, admin])
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier) values ($1, 'manual', 'almanac:noop')`,
        [client === operator ? 'operators' : 'admins'],
      )

    expect(await refusal(operator.query(statement))).toMatchObject({
      code: 'AL011',
      column: 'task_identifier',
      message: 'Only an admin may schedule almanac:check_ledger.',
    })
    await operator.query('rollback')
    await admin.query(statement)
    await admin.query('rollback')
    await Promise.all([operator.end(), admin.end()])
  })
})
