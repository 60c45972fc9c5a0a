import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { registerTasks } from './ofGroups.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** What a worker says of each of its tasks, one by one, as it does. */
const announce = async (client: Parameters<typeof registerTasks>[0], tasks: Record<string, string[]>) => {
  for (const [identifier, depends_on] of Object.entries(tasks))
    await client.query('select almanac_private.announce_tasks($1, registration => $2)', [
      JSON.stringify([{ identifier, depends_on }]),
      JSON.stringify(tasks),
    ])
}

describe('what a task depends on', () => {
  it('is kept with its group, and stays where a later registration does not name it', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await client.query(`select almanac.register_task('b', label => 'B')`)

      const { rows } = await client.query(
        `select label, task_group, depends_on from almanac.tasks where identifier = 'b'`,
      )
      expect(rows).toEqual([{ label: 'B', task_group: 'nightly', depends_on: ['a'] }])
    }))

  it('must be known', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { load: [] })

      expect(await refusal(registerTasks(client, { match: ['laod'] }))).toMatchObject({
        code: 'AL035',
        column: 'depends_on',
        message: "The task match depends on 'laod', which is not known.",
        hint: "Start a worker that has it, or correct the name. Did you mean 'load'?",
      })
    }))

  it('is not the task itself', () =>
    inTransaction(db, async (client) => {
      expect(await refusal(registerTasks(client, { load: ['load'] }))).toMatchObject({
        code: 'AL035',
        message: 'The task load depends on itself.',
      })
    }))

  it('makes no cycle, which the error spells out', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { c: [], x: ['c'], b: ['x', 'c'], a: ['b'] })

      expect(await refusal(registerTasks(client, { c: ['a'] }))).toMatchObject({
        code: 'AL035',
        message: 'The tasks depend on each other: c → a → b → c.',
        detail: 'depends_on of c: a.',
      })
    }))

  it('is found to make none among hundreds of ways from one to another', () =>
    inTransaction(db, async (client) => {
      const tasks: Record<string, string[]> = { a0: [], b0: [] }
      for (let level = 1; level < 40; level++)
        tasks[`a${level}`] = tasks[`b${level}`] = [`a${level - 1}`, `b${level - 1}`]

      await registerTasks(client, tasks)

      const { rows } = await client.query(
        `select count(*)::int from almanac.target_steps('group', 'nightly')`,
      )
      expect(rows).toEqual([{ count: 80 }])
    }))
})

describe('what a worker announces', () => {
  it('may name tasks that come with it, in any order', () =>
    inTransaction(db, async (client) => {
      await announce(client, { a: ['b'], b: ['c'], c: [] })

      const { rows } = await client.query(
        `select identifier, depends_on from almanac.tasks where not is_builtin order by 1`,
      )
      expect(rows).toEqual([
        { identifier: 'a', depends_on: ['b'] },
        { identifier: 'b', depends_on: ['c'] },
        { identifier: 'c', depends_on: [] },
      ])
    }))

  it('replaces an order that is stored, also by the opposite one', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })

      await announce(client, { a: ['b'], b: [] })

      const { rows } = await client.query(
        `select array_agg(task_identifier order by step) as steps from almanac.target_steps('all')`,
      )
      expect(rows).toEqual([{ steps: ['b', 'a'] }])
    }))

  it('is refused task by task, where it makes a cycle', () =>
    inTransaction(db, async (client) => {
      expect(await refusal(announce(client, { a: ['b'], b: ['a'] }))).toMatchObject({
        code: 'AL035',
        message: 'The tasks depend on each other: a → b → a.',
      })
    }))
})

it('of two that register halves of a cycle at one moment, the second is refused', async () => {
  const [one, other] = [await db.connect(), await db.connect()]
  await registerTasks(one, { first: [], second: [] })
  await one.query('begin')
  await registerTasks(one, { first: ['second'] })

  const refused = refusal(registerTasks(other, { second: ['first'] }))
  await one.query('commit')

  expect(await refused).toMatchObject({ message: 'The tasks depend on each other: second → first → second.' })
})
