import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, finish } from './inGroups.ts'
import { begun, registerTasks, runThrough, states, stepsOf } from './ofGroups.ts'
import { heartbeat, rollUp, runSeen } from './ofLists.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
const TASKS = { a: [], b: [], c: [], d: [] }

const define = (client: Pick<ClientBase, 'query'>, steps: object[], more: object = {}, name = 'w') =>
  client.query('select almanac.define_workflow($1, $2)', [name, { steps, ...more }])

async function prepare(client: ClientBase, steps: object[], more: object = {}): Promise<void> {
  await registerTasks(client, TASKS, null)
  await define(client, steps, more)
  await schedule(client)
}
const schedule = (client: Pick<ClientBase, 'query'>, more: object = {}) =>
  client.query('select almanac.create_schedule($1)', [
    { name: 's', kind: 'manual', target: 'workflow', workflow_name: 'w', max_attempts: 1, ...more },
  ])
const version = async (client: ClientBase) =>
  (
    await client.query<{ version: number }>(
      `select workflow_version as version from almanac.schedules where name = 's'`,
    )
  ).rows[0]!.version
const again = async (client: ClientBase, id: string) => {
  const { rows } = await client.query<{ id: string; at: string }>(
    'select id::text, scheduled_for::text as at from almanac.retry_run($1, only_failed => true)',
    [id],
  )
  await begin(client, rows)
  return rows[0]!.id
}

describe('a workflow', () => {
  it('is one run, each step after those that it needs', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [
        { name: 'last', task: 'a', needs: ['first'], payload: { n: 2 } },
        { name: 'first', task: 'a', payload: { n: 1 } },
      ])
      const parent = await begun(client, 's')

      expect(await rollUp(client, parent.id)).toMatchObject({ total: 2, waiting: 1, queued: 1 })
      expect(await runThrough(client)).toEqual([['a'], ['a']])
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'succeeded' })
      const { rows } = await client.query(
        'select payload from almanac.runs where parent_id = $1 order by element',
        [parent.id],
      )
      expect(rows).toEqual([{ payload: { n: 1 } }, { payload: { n: 2 } }])
    }))

  it('runs a step for a failure only after one, and a step for either end always', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [
        { task: 'a' },
        { task: 'b', needs: [{ step: 'a', on: 'failure' }] },
        { task: 'c', needs: [{ step: 'a', on: 'end' }] },
        { task: 'd', needs: ['a'] },
      ])
      const well = await begun(client, 's')
      await runThrough(client)
      expect(await states(client, well.id)).toEqual({
        a: 'succeeded',
        b: 'skipped',
        c: 'succeeded',
        d: 'succeeded',
      })
      expect(await runSeen(client, well.id)).toMatchObject({ status: 'succeeded' })
      expect((await stepsOf(client, well.id)).find(({ task }) => task === 'b')!.reason).toBe(
        'it needs a to fail, which succeeded',
      )

      const ill = await begun(client, 's')
      await runThrough(client, ['a'])
      expect(await states(client, ill.id)).toEqual({
        a: 'failed',
        b: 'succeeded',
        c: 'succeeded',
        d: 'skipped',
      })
      expect(await runSeen(client, ill.id)).toMatchObject({ status: 'failed' })
    }))

  it('runs a step that needs any of some when one has ended so, and skips it when none can', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [
        { task: 'a' },
        { task: 'b' },
        { task: 'c', needs: ['a', 'b'], join: 'any' },
        { task: 'd', needs: [{ step: 'a', on: 'failure' }, 'c'], join: 'any' },
      ])
      const one = await begun(client, 's')
      await runThrough(client, ['a'])
      expect(await states(client, one.id)).toEqual({
        a: 'failed',
        b: 'succeeded',
        c: 'succeeded',
        d: 'succeeded',
      })

      const none = await begun(client, 's')
      await runThrough(client, ['a', 'b'])
      expect(await states(client, none.id)).toMatchObject({ c: 'skipped', d: 'succeeded' })
      expect((await stepsOf(client, none.id)).find(({ task }) => task === 'c')!.reason).toBe(
        'none of those that it needs one of has ended so: a, b',
      )
    }))

  it('that is to stop begins nothing more after a failure but what waits for failures', () =>
    inTransaction(db, async (client) => {
      await prepare(
        client,
        [
          { name: 'bad', task: 'a' },
          { name: 'good', task: 'b' },
          { name: 'next', task: 'c', needs: ['good'] },
          { name: 'tell', task: 'd', needs: [{ step: 'bad', on: 'failure' }] },
        ],
        { on_failure: 'stop' },
      )
      const parent = await begun(client, 's')
      const [bad, good] = await stepsOf(client, parent.id)
      await begin(client, [bad!, good!])
      await finish(client, [bad!], '2030-01-01Z', 'failed')
      await finish(client, [good!])
      await runThrough(client)

      expect(await states(client, parent.id)).toEqual({
        a: 'failed',
        b: 'succeeded',
        c: 'skipped',
        d: 'succeeded',
      })
    }))

  it('is repeated from the failed step; what ran because of the failure is decided again', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [
        { task: 'a' },
        { task: 'b', needs: ['a'] },
        { task: 'c', needs: [{ step: 'b', on: 'failure' }] },
        { task: 'd', needs: [{ step: 'a', on: 'end' }] },
      ])
      const parent = await begun(client, 's')
      await runThrough(client, ['b'])
      const repeated = await again(client, parent.id)
      await runThrough(client)

      expect(await states(client, repeated)).toEqual({ b: 'succeeded', c: 'skipped' })
      expect(await runSeen(client, repeated)).toMatchObject({ status: 'succeeded' })
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
    }))

  it('cancelled leaves nothing waiting', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }, { task: 'b', needs: [{ step: 'a', on: 'end' }] }])
      const parent = await begun(client, 's')
      await client.query('select almanac.cancel_run($1)', [parent.id])
      await heartbeat(client)

      expect(await states(client, parent.id)).toEqual({ a: 'cancelled', b: 'cancelled' })
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
    }))

  it('gives a step its own attempts, timeout and resource group', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
      await prepare(client, [
        { task: 'a', max_attempts: 7, timeout: '5 minutes', resource_group: 'gpu' },
        { task: 'b' },
      ])
      const parent = await begun(client, 's')

      const { rows } = await client.query(
        `select max_attempts, timeout::text, resource_group from almanac.runs where parent_id = $1 order by element`,
        [parent.id],
      )
      expect(rows).toEqual([
        { max_attempts: 7, timeout: '00:05:00', resource_group: 'gpu' },
        { max_attempts: 1, timeout: null, resource_group: null },
      ])
    }))
})

describe('versions', () => {
  it('a run keeps the one that it was fired with, and a schedule gets the next', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }])
      const parent = await begun(client, 's')
      await define(client, [{ task: 'b' }])

      expect(await states(client, parent.id)).toEqual({ a: 'queued' })
      expect(await version(client)).toBe(2)
      const next = await begun(client, 's')
      expect(await states(client, next.id)).toEqual({ b: 'queued' })
    }))

  it('the same definition makes no version', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }])
      await define(client, [{ task: 'a' }])

      expect(await version(client)).toBe(1)
    }))

  it('a schedule that has an earlier one keeps it, and null is the newest', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }])
      await define(client, [{ task: 'b' }])
      await client.query(`update almanac.schedules set workflow_version = 1 where name = 's'`)
      await define(client, [{ task: 'c' }])
      expect(await version(client)).toBe(1)

      await client.query(`update almanac.schedules set workflow_version = null where name = 's'`)
      expect(await version(client)).toBe(3)
    }))

  it('the last hundred are kept, and those that schedules have', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }])
      await define(client, [{ task: 'b' }])
      await client.query(`update almanac.schedules set workflow_version = 1 where name = 's'`)
      for (let n = 0; n < 110; n++) await define(client, [{ task: 'a', payload: { n } }])

      const { rows } = await client.query(
        `select min(version) filter (where version > 1) as first, count(*)::int as count from almanac.workflow_versions`,
      )
      expect(rows).toEqual([{ first: 13, count: 101 }])
    }))

  it('of someone else’s workflow does not reach a schedule until its owner takes it', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }])
      await client.query(`delete from almanac.schedules where name = 's'`)
      for (const role of ['almanac_test_author', 'almanac_test_other']) {
        await client.query(`create role ${role} in role almanac_operator`)
        await client.query(`grant ${role} to current_user`)
      }
      await asRole(client, 'almanac_test_other', (other) => schedule(other))
      await client.query(
        `update almanac.workflows set owned_by = 'almanac_test_author', owned_by_key = almanac_private.role_key('almanac_test_author')`,
      )
      await asRole(client, 'almanac_test_author', (author) => define(author, [{ task: 'b' }]))

      expect(await version(client)).toBe(1)
    }))
})

describe('refused', () => {
  it.each([
    ['AL036', 'A workflow has 1 to 200 steps.', []],
    [
      'AL019',
      'A payload may have at most 262144 bytes.',
      [{ task: 'a', payload: { x: 'x'.repeat(300_000) } }],
    ],
    ['AL036', 'Step 1 has no task.', [{ name: 'x' }]],
    ['AL036', "Step a has 'retries', which is not known.", [{ task: 'a', retries: 3 }]],
    ['AL036', "Step x has the task 'aa', which is not known.", [{ name: 'x', task: 'aa' }]],
    ['AL036', 'Step almanac:sql cannot have the task almanac:sql.', [{ task: 'almanac:sql' }]],
    ['AL036', "Step a needs 'bb', which is not one of its steps.", [{ task: 'a', needs: ['bb'] }]],
    ['AL036', 'Step a needs b twice.', [{ task: 'a', needs: ['b', 'b'] }, { task: 'b' }]],
    ['AL036', 'Two steps are called a.', [{ task: 'a' }, { name: 'a', task: 'b' }]],
    ['AL036', 'Step a has a need that cannot be read.', [{ task: 'a', needs: [{ step: 'b', on: 'x' }] }]],
    ['AL036', 'Step a has max_attempts that cannot be used.', [{ task: 'a', max_attempts: 1.5 }]],
    ['AL036', 'Step a has a timeout that cannot be used.', [{ task: 'a', timeout: 'soon' }]],
    ['AL034', "There is no resource group 'x'.", [{ task: 'a', resource_group: 'x' }]],
    [
      'AL036',
      'The steps need each other: b → c → d → b.',
      [
        { task: 'a', needs: ['b'] },
        { task: 'b', needs: ['c'] },
        { task: 'c', needs: ['d'] },
        { task: 'd', needs: ['b'] },
      ],
    ],
  ])('%s: %s', (code, message, steps) =>
    inTransaction(db, async (client) => {
      await registerTasks(client, TASKS, null)

      const found = await refusal(define(client, steps))
      expect(found).toMatchObject({ code, message })
      expect([found.detail, found.hint].every((text) => (text ?? '') !== '')).toBe(true)
    }),
  )

  it('a payload that does not fit the task of a step, when the schedule is saved', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, TASKS, null)
      await client.query(`select almanac.register_task('a', payload_schema => '{"required": ["file"]}')`)
      await define(client, [{ name: 'load', task: 'a' }])

      await schedule(client, { payload: { payloads: { load: { file: 'a.csv' } } } })
      expect(
        await refusal(client.query(`update almanac.schedules set payload = '{}' where name = 's'`)),
      ).toMatchObject({ code: 'AL006', message: 'The payload does not fit the task a.' })
    }))

  it('a schedule of an unknown workflow, and deleting one that a schedule has', () =>
    inTransaction(db, async (client) => {
      await prepare(client, [{ task: 'a' }])

      expect(await refusal(client.query(`select almanac.delete_workflow('w')`))).toMatchObject({
        code: 'AL036',
        message: "The workflow 'w' is in use.",
      })
    }))

  it.each([
    ['define', `select almanac.define_workflow('w', '{"steps": [{"task": "b"}]}')`],
    ['delete', `select almanac.delete_workflow('w')`],
  ])('%s of someone else’s, to an operator; and anything to a viewer', (_, statement) =>
    inTransaction(db, async (client) => {
      await registerTasks(client, TASKS, null)
      await define(client, [{ task: 'a' }])

      expect(
        await refusal(asRole(client, 'almanac_operator', (operator) => operator.query(statement))),
      ).toMatchObject({ code: 'AL011' })
    }),
  )
})
