import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { registerTasks, scheduleGroup } from './ofGroups.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

describe('a schedule of a group, or of all tasks', () => {
  it('has the task almanac:tasks, also where none is given or its target changes', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await client.query(
        `insert into almanac.schedules (name, kind, target, task_group) values ('inserted', 'manual', 'group', 'nightly')`,
      )
      await client.query(
        `select almanac.schedule_cron('scheduled', '0 2 * * *', 'almanac:tasks', settings => '{"target": "all"}')`,
      )
      await client.query(`select almanac.schedule_cron('changed', '0 2 * * *', 'a')`)
      await client.query(`update almanac.schedules set target = 'all' where name = 'changed'`)

      const { rows } = await client.query(
        `select name, target, task_group, task_identifier as task from almanac.schedules where not is_system order by 1`,
      )
      expect(rows).toEqual([
        { name: 'changed', target: 'all', task_group: null, task: 'almanac:tasks' },
        { name: 'inserted', target: 'group', task_group: 'nightly', task: 'almanac:tasks' },
        { name: 'scheduled', target: 'all', task_group: null, task: 'almanac:tasks' },
      ])
    }))

  it('is of no group any more where its target becomes another', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await scheduleGroup(client, 'x')
      await client.query(
        `update almanac.schedules set target = 'task', task_identifier = 'a' where name = 'x'`,
      )

      const { rows } = await client.query(`select task_group from almanac.schedules where name = 'x'`)
      expect(rows).toEqual([{ task_group: null }])
    }))

  it.each([
    [
      { target: 'group', task_group: 'nigthly' },
      'AL005',
      'task_group',
      "No task belongs to the group 'nigthly'.",
    ],
    [{ target: 'group' }, 'AL010', 'task_group', 'A schedule of a group needs task_group.'],
    [
      { target: 'all', task_group: 'nightly' },
      'AL010',
      'task_group',
      'A schedule of the target all takes no task_group.',
    ],
    [
      { task_identifier: 'a', task_group: 'nightly' },
      'AL010',
      'task_group',
      'A schedule of the target task takes no task_group.',
    ],
    [
      { target: 'all', task_identifier: 'a' },
      'AL005',
      'task_identifier',
      'With the target all the task is almanac:tasks.',
    ],
    [
      { task_identifier: 'almanac:tasks' },
      'AL005',
      'target',
      'The task almanac:tasks runs a group of tasks, all tasks, or a workflow.',
    ],
    [
      { target: 'all', payload: { payloads: [] } },
      'AL006',
      'payload',
      'payloads says for each step what else it gets, by its name.',
    ],
    [
      { target: 'all', payload: { payloads: { b: {} } } },
      'AL006',
      'payload',
      "payloads names 'b', which is not one of its steps.",
    ],
    [
      { target: 'all', payload: { payloads: { a: 1 } } },
      'AL006',
      'payload',
      'What payloads has for a is not a JSON object.',
    ],
    [
      { target: 'all', payload: { payloads: { a: { file: 1 } } } },
      'AL006',
      'payload',
      'The payload does not fit the task a.',
    ],
  ])('is refused, when it is saved and before: %j', (definition, code, column, message) =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await client.query(
        `select almanac.register_task('a', payload_schema => '{"properties": {"file": {"type": "string"}}}')`,
      )
      const given = { name: 'x', kind: 'manual', ...definition }

      const { rows } = await client.query(
        'select field as column, code, message from almanac.check_definition($1)',
        [given],
      )
      expect(rows).toEqual([{ column, code, message }])
      expect(await refusal(client.query('select almanac.create_schedule($1)', [given]))).toMatchObject({
        code,
        column,
        message,
      })
    }),
  )

  it('is refused to one who may not use each of its tasks', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: [] })
      await client.query(`select almanac.require_role('b', 'almanac_admin')`)

      expect(
        await refusal(asRole(client, 'almanac_operator', (operator) => scheduleGroup(operator, 'x'))),
      ).toMatchObject({ code: 'AL033', message: 'You may not use the task b.' })
    }))

  it('is shown beforehand: what would run now, in order', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { c: [], b: ['c'], a: ['b', 'c'] })
      await client.query(`select almanac.disable_task('b')`)

      const seen = await asRole(client, 'almanac_viewer', (viewer) =>
        viewer.query(
          `select step, task_identifier as task, needs, is_off from almanac.target_steps('group', 'nightly')`,
        ),
      )
      expect(seen.rows).toEqual([
        { step: 1, task: 'c', needs: [], is_off: false },
        { step: 2, task: 'b', needs: ['c'], is_off: true },
        { step: 3, task: 'a', needs: ['b', 'c'], is_off: false },
      ])
    }))

  it('is saved with a warning where there is no task yet, and told of until there is', () =>
    inTransaction(db, async (client) => {
      const told: string[] = []
      const note = ({ code, message }: { code?: string | undefined; message?: string | undefined }) =>
        void told.push(`${code}: ${message}`)
      client.on('notice', note)
      await scheduleGroup(client, 'x', null, { kind: 'cron', cron_expression: '0 2 * * *' })
      client.removeListener('notice', note)
      const found = async () =>
        (
          await client.query<{ finding: string | null; message: string | null; warning: string | null }>(
            `select a.finding, a.message, almanac.schedules_warning(s) as warning
             from almanac.schedules s left join almanac.advice() a on a.schedule_id = s.id where s.name = 'x'`,
          )
        ).rows

      const warning = 'No worker has announced a task that it would run: until one does, its runs fail.'
      expect(told).toEqual([`AL020: Schedule x is saved, but will never run: ${warning}`])
      expect(await found()).toEqual([{ finding: 'never runs', message: warning, warning }])
      await registerTasks(client, { a: [] })
      expect(await found()).toEqual([{ finding: null, message: null, warning: null }])
    }))
})
