import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { everyMinute, fire } from './everyMinute.ts'
import { begin, due, finish, trigger } from './inGroups.ts'
import { begun, registerTasks, runThrough, scheduleGroup, states, stepsOf } from './ofGroups.ts'
import { heartbeat, rollUp, runSeen } from './ofLists.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
const DIAMOND = { load: [], left: ['load'], right: ['load'], match: ['left', 'right'] }

async function step(client: ClientBase, parent: string, task: string) {
  return (await stepsOf(client, parent)).find((each) => each.task === task)!
}

describe('a group of tasks', () => {
  it('is one run, each of its tasks after those that it depends on', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, DIAMOND)
      await registerTasks(client, { other: [] }, 'others')
      await scheduleGroup(client, 'nightly')
      const [parent] = await trigger(client, 'nightly')

      expect(await runSeen(client, parent!.id)).toMatchObject({ status: 'queued' })
      expect(await rollUp(client, parent!.id)).toEqual({ total: 4, unfinished: 4 })
      expect(await stepsOf(client, parent!.id)).toEqual([])
      await begin(client, [parent!])
      expect(await states(client, parent!.id)).toEqual({
        load: 'queued',
        left: 'waiting',
        right: 'waiting',
        match: 'waiting',
      })
      expect(await rollUp(client, parent!.id)).toMatchObject({
        total: 4,
        unfinished: 4,
        waiting: 3,
        queued: 1,
      })

      expect(await runThrough(client)).toEqual([['load'], ['left', 'right'], ['match']])
      expect(await runSeen(client, parent!.id)).toMatchObject({ status: 'succeeded' })
      expect(await rollUp(client, parent!.id)).toEqual({ total: 4, succeeded: 4, progress: 1 })
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
    }))

  it('of all tasks has those of every group and of none, but not what is built in', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await registerTasks(client, { b: ['a'] }, 'others')
      await registerTasks(client, { c: ['b'] }, null)
      await scheduleGroup(client, 'all', null)
      await begun(client, 'all')

      expect(await runThrough(client)).toEqual([['a'], ['b'], ['c']])
    }))

  it('looks through tasks that are not in it: what they depend on still comes first', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await registerTasks(client, { between: ['a'] }, 'others')
      await registerTasks(client, { b: ['between'] })
      await scheduleGroup(client, 'nightly')
      await begun(client, 'nightly')

      expect(await runThrough(client)).toEqual([['a'], ['b']])
    }))

  it('keeps the order that was declared when it was fired', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await scheduleGroup(client, 'nightly')
      const [parent] = await trigger(client, 'nightly')
      await registerTasks(client, { b: [], a: ['b'], c: [] })
      await begin(client, [parent!])

      expect(await runThrough(client)).toEqual([['a'], ['b']])
    }))

  it('gives the payload to each task, with what it has for that one', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: [] })
      await scheduleGroup(client, 'nightly', 'nightly', {
        payload: { region: 'eu', payloads: { b: { region: 'us', deep: true } } },
      })
      const parent = await begun(client, 'nightly')

      const { rows } = await client.query(
        'select payload from almanac.runs where parent_id = $1 order by element',
        [parent.id],
      )
      expect(rows).toEqual([{ payload: { region: 'eu' } }, { payload: { region: 'us', deep: true } }])
    }))

  it('gives each step the attempts and the resource group of its own task, unless the schedule says so', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_resource_group('gpu', max_running => 1)`)
      await registerTasks(client, { a: [], b: [] })
      await client.query(
        `update almanac_private.known_tasks set default_max_attempts = 7, declared_group = 'gpu' where identifier = 'b'`,
      )
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')

      const { rows } = await client.query(
        'select max_attempts, resource_group from almanac.runs where parent_id = $1 order by element',
        [parent.id],
      )
      expect(rows).toEqual([
        { max_attempts: 3, resource_group: null },
        { max_attempts: 7, resource_group: 'gpu' },
      ])
    }))

  it('leaves out a task that no worker has had for an hour, unless another depends on it', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { gone: [], needed: [], a: ['needed'] })
      await client.query(
        `update almanac_private.known_tasks set lacking_since = now() - interval '2 hours' where identifier in ('gone', 'needed')`,
      )

      const { rows } = await client.query(
        `select array_agg(task_identifier order by step) as steps from almanac.target_steps('group', 'nightly')`,
      )
      expect(rows).toEqual([{ steps: ['needed', 'a'] }])
    }))

  it('fails where none of its tasks is left', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await scheduleGroup(client, 'nightly')
      await client.query(`update almanac_private.known_tasks set task_group = null where identifier = 'a'`)
      const parent = await begun(client, 'nightly')

      expect(await runSeen(client, parent.id)).toMatchObject({
        status: 'failed',
        error: 'There was no task to run: no worker has announced one of its group, or any at all.',
      })
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
    }))

  it('stands in the way of the next one until its last step has ended, and steps in that of none', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await everyMinute(client, { overlap_policy: 'queue_all' })
      await client.query(
        `update almanac.schedules set target = 'group', task_group = 'nightly' where name = 'x'`,
      )
      await fire(client, 0)
      await fire(client, 60)
      const parents = async () =>
        (
          await client.query<{ id: string; at: string; status: string }>(
            `select id::text, scheduled_for::text as at, status from almanac.runs where parent_id is null order by id`,
          )
        ).rows
      await begin(client, (await parents()).slice(0, 1))
      await client.query('select almanac_private.release_waiting()')
      expect((await parents()).map(({ status }) => status)).toEqual(['running', 'waiting'])

      // The job of the second parent is taken at the end of the first.
      expect(await runThrough(client)).toEqual([['a'], ['b']])
      expect(await runThrough(client)).toEqual([['a'], ['b']])
      expect((await parents()).map(({ status }) => status)).toEqual(['succeeded', 'succeeded'])
      expect(
        (await client.query(`select * from almanac.check_ledger('2100-01-01', '2100-01-02')`)).rows,
      ).toEqual([])
    }))
})

describe('a step that does not succeed', () => {
  it('has those skipped that depend on it, and the others go on', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'], c: ['b'], alone: [], after: ['alone'] })
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 1 })
      const parent = await begun(client, 'nightly')

      expect(await runThrough(client, ['a'])).toEqual([['a', 'alone'], ['after']])

      expect(await stepsOf(client, parent.id)).toMatchObject(
        [
          { task: 'a', status: 'failed' },
          { task: 'alone', status: 'succeeded' },
          { task: 'after', status: 'succeeded' },
          { task: 'b', status: 'skipped', reason: 'it needs a, which failed' },
          { task: 'c', status: 'skipped', reason: 'it needs b, which was skipped' },
        ].sort(
          (x, y) =>
            ['a', 'alone', 'after', 'b', 'c'].indexOf(x.task) -
            ['a', 'alone', 'after', 'b', 'c'].indexOf(y.task),
        ),
      )
      expect(await runSeen(client, parent.id)).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(/^1 of 5 children failed\. The first, run \d+: x$/) as string,
      })
      expect(await rollUp(client, parent.id)).toEqual({
        total: 5,
        succeeded: 2,
        failed: 1,
        skipped: 2,
        progress: 1,
      })
    }))

  it('delays those that depend on it while it has attempts left', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 2, retry_delay: '0' })
      const parent = await begun(client, 'nightly')
      const a = await step(client, parent.id, 'a')
      await begin(client, [a])
      await finish(client, [a], '2030-01-01Z', 'failed')

      expect(await states(client, parent.id)).toEqual({ a: 'retrying', b: 'waiting' })
      await begin(client, [a])
      await finish(client, [a])
      expect(await states(client, parent.id)).toEqual({ a: 'succeeded', b: 'queued' })
    }))

  it('as its task is switched off, is skipped; a run of which nothing is left is skipped itself', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await scheduleGroup(client, 'nightly')
      await client.query(`select almanac.disable_task('a', 'broken')`)
      const parent = await begun(client, 'nightly')

      expect(await stepsOf(client, parent.id)).toMatchObject([
        { status: 'skipped', reason: 'its task a is switched off' },
        { status: 'skipped', reason: 'it needs a, which was skipped' },
      ])
      expect(await runSeen(client, parent.id)).toMatchObject({
        status: 'skipped',
        reason: 'all of its steps were skipped',
      })
    }))

  it('as a task that it depends on is not known any more, is skipped', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'], c: [] })
      await scheduleGroup(client, 'nightly')
      await client.query(`delete from almanac_private.known_tasks where identifier = 'a'`)
      const parent = await begun(client, 'nightly')

      expect(await step(client, parent.id, 'b')).toMatchObject({
        status: 'skipped',
        reason: 'it needs a, which is not known',
      })
      await runThrough(client)
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'succeeded' })
    }))

  it('as it depends on itself in the end, is skipped', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'], c: [] })
      // A worker of another release, before it comes to its b.
      await client.query(
        `select almanac_private.announce_tasks('[{"identifier": "a", "task_group": "nightly", "depends_on": ["b"]}]',
           registration => '{"a": ["b"], "b": []}')`,
      )
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')

      expect(await stepsOf(client, parent.id)).toMatchObject([
        { task: 'c', status: 'queued' },
        { task: 'a', status: 'skipped', reason: 'it needs b, which needs it in turn' },
        { task: 'b', status: 'skipped', reason: 'it needs a, which was skipped' },
      ])
    }))

  it('as its payload does not fit its task any more, fails without an attempt', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await scheduleGroup(client, 'nightly')
      const [parent] = await trigger(client, 'nightly')
      await client.query(`select almanac.register_task('b', payload_schema => '{"required": ["file"]}')`)
      await begin(client, [parent!])
      await runThrough(client)

      expect(await step(client, parent!.id, 'b')).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(/^The payload does not fit the task b\. /) as string,
      })
      expect(await runSeen(client, parent!.id)).toMatchObject({ status: 'failed' })
    }))

  it('as its role may not use the task, fails, and those that depend on it are skipped', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await asRole(client, 'almanac_operator', (operator) => scheduleGroup(operator, 'nightly'))
      const [parent] = await trigger(client, 'nightly')
      await client.query(`select almanac.require_role('a', 'almanac_admin')`)
      await begin(client, [parent!])
      await runThrough(client)

      expect(await states(client, parent!.id)).toEqual({ a: 'failed', b: 'skipped' })
    }))
})

describe('cancelling', () => {
  it('a parent cancels the steps that wait, and no other begins', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, DIAMOND)
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')
      const load = await step(client, parent.id, 'load')
      await begin(client, [load])

      await client.query(`select almanac.cancel_run($1, 'wrong day')`, [parent.id])
      await heartbeat(client)

      expect(await states(client, parent.id)).toEqual({
        load: 'running',
        left: 'cancelled',
        right: 'cancelled',
        match: 'cancelled',
      })
      await finish(client, [load])
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'cancelled' })
      expect(await due(client)).toEqual([])
    }))

  it('a step has those skipped that depend on it', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'], c: [] })
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')

      await client.query('select almanac.cancel_run($1)', [(await step(client, parent.id, 'a')).id])

      expect(await step(client, parent.id, 'b')).toMatchObject({
        status: 'skipped',
        reason: 'it needs a, which was cancelled',
      })
      await runThrough(client)
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'cancelled' })
    }))

  it('by deleting the schedule, what has not begun is cancelled', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, DIAMOND)
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')

      await client.query(`select almanac.unschedule('nightly')`)

      expect(new Set(Object.values(await states(client, parent.id)))).toEqual(new Set(['cancelled']))
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'cancelled' })
    }))
})

describe('repeating', () => {
  const repeat = async (client: ClientBase, id: string, onlyFailed: boolean) => {
    const { rows } = await client.query<{ id: string; at: string; children: number }>(
      `select id::text, scheduled_for::text as at, children from almanac.retry_run($1, only_failed => $2)`,
      [id, onlyFailed],
    )
    await begin(client, rows)
    return rows[0]!
  }

  it('from the failed step keeps the results of those that succeeded', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, DIAMOND)
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 1 })
      const parent = await begun(client, 'nightly')
      await runThrough(client, ['left'])

      const again = await repeat(client, parent.id, true)
      expect(again).toMatchObject({ at: parent.at, children: 2 })
      expect(await runThrough(client, ['match'])).toEqual([['left'], ['match']])
      const third = await repeat(client, again.id, true)

      expect(third).toMatchObject({ children: 1 })
      expect(await runThrough(client)).toEqual([['match']])
      const { rows } = await client.query<{ graph: { task: string; run?: number }[] }>(
        'select graph from almanac.runs where id = $1',
        [third.id],
      )
      expect(rows[0]!.graph.map(({ task, run }) => [task, run])).toEqual([
        ['load', Number((await step(client, parent.id, 'load')).id)],
        ['left', Number((await step(client, again.id, 'left')).id)],
        ['right', Number((await step(client, parent.id, 'right')).id)],
        ['match', undefined],
      ])
    }))

  it('as a whole runs all steps of then again', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 1 })
      const parent = await begun(client, 'nightly')
      await runThrough(client, ['b'])
      await registerTasks(client, { c: [] })

      await repeat(client, parent.id, false)

      expect(await runThrough(client)).toEqual([['a'], ['b']])
    }))

  it('is refused where the schedule has a task or a list by now', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [] })
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 1 })
      const parent = await begun(client, 'nightly')
      await runThrough(client, ['a'])
      await client.query(
        `update almanac.schedules set target = 'task', task_identifier = 'a' where name = 'nightly'`,
      )

      expect(await refusal(client.query('select almanac.retry_run($1)', [parent.id]))).toMatchObject({
        code: 'AL013',
        detail: 'Its schedule now has the target task.',
      })
    }))
})

describe('why', () => {
  const why = async (client: ClientBase, id: string) =>
    (
      await client.query<{ why: string }>(
        'select almanac.runs_why(r) as why from almanac.runs r where id = $1',
        [id],
      )
    ).rows[0]!.why

  it('names what a step waits for, and what that does', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, DIAMOND)
      await scheduleGroup(client, 'nightly')
      const parent = await begun(client, 'nightly')
      const load = await step(client, parent.id, 'load')
      await begin(client, [load])
      await finish(client, [load])
      await begin(client, [await step(client, parent.id, 'left')])
      const match = await step(client, parent.id, 'match')

      expect(await why(client, match.id)).toMatch(
        `Run ${match.id} is step 4 of the 4 of run ${parent.id}.\nIt has not started: it is waiting. It waits for left, which is running; right, which is queued.`,
      )
      const { rows } = await client.query(
        'select almanac.runs_needs(r) as needs from almanac.runs r where id = any ($1) order by id',
        [[parent.id, load.id, match.id]],
      )
      expect(rows).toEqual([{ needs: null }, { needs: [] }, { needs: ['left', 'right'] }])
    }))

  it('says of a skipped one which step did not succeed', () =>
    inTransaction(db, async (client) => {
      await registerTasks(client, { a: [], b: ['a'] })
      await scheduleGroup(client, 'nightly', 'nightly', { max_attempts: 1 })
      const parent = await begun(client, 'nightly')
      await runThrough(client, ['a'])

      expect(await why(client, (await step(client, parent.id, 'b')).id)).toMatch(
        'It did not run: it needs a, which failed.',
      )
      expect(await why(client, parent.id)).toMatch('failed: of its 2 children 1 failed, 1 was skipped.')
    }))
})
