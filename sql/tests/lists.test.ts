import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { begin, due, finish, trigger, type InHand } from './inGroups.ts'
import { childrenOf, elements, heartbeat, rollUp, runSeen, scheduleList } from './ofLists.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** Triggers a schedule whose target is a list and has a worker take the job of the parent. */
async function begun(client: ClientBase, name: string): Promise<InHand> {
  const [parent] = await trigger(client, name)
  await begin(client, [parent!])
  return parent!
}
const counters = async (client: ClientBase, name: string) =>
  (
    await client.query(
      `select total_runs::int as total, failed_runs::int as failed, last_status from almanac.schedules where name = $1`,
      [name],
    )
  ).rows[0] as unknown
const statuses = async (client: ClientBase, name: string) =>
  (
    await client.query<{ status: string }>(
      'select status from almanac.runs where schedule_name = $1 and parent_id is null order by id',
      [name],
    )
  ).rows.map(({ status }) => status)

describe('a run for each element', () => {
  it('firing writes the parent, and a worker that takes its job writes all children', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', {
        region: 'eu',
        payloads: [{ file: 'a' }, { file: 'b', region: 'us' }],
      })
      const [parent] = await trigger(client, 'import')

      expect(await runSeen(client, parent!.id)).toMatchObject({ status: 'queued' })
      expect(await childrenOf(client, parent!.id)).toEqual([])
      expect(await rollUp(client, parent!.id)).toEqual({ total: 2, unfinished: 2 })
      expect(await begin(client, [parent!])).toEqual([])

      expect(await runSeen(client, parent!.id)).toMatchObject({ status: 'running' })
      expect((await childrenOf(client, parent!.id)).map(({ status, payload }) => [status, payload])).toEqual([
        ['queued', { region: 'eu', file: 'a' }],
        ['queued', { region: 'us', file: 'b' }],
      ])
      expect((await due(client)).length).toBe(2)
    }))

  it('asked again for the parent, a worker makes no child twice', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(3))
      const parent = await begun(client, 'import')

      expect(await begin(client, [parent])).toEqual([])

      expect((await childrenOf(client, parent.id)).length).toBe(3)
    }))

  it('children have the attempts, the timeout and the owner of their parent', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(1), {
        max_attempts: 7,
        timeout: '90 seconds',
        priority: 2,
      })
      const parent = await begun(client, 'import')
      await client.query(`update almanac.schedules set max_attempts = 1 where name = 'import'`)

      const { rows } = await client.query(
        `select c.max_attempts, c.timeout = p.timeout as timeout, c.run_as = p.run_as as run_as, c.priority, c.trigger,
           c.scheduled_for = p.scheduled_for as same_time, c.element
         from almanac.runs c join almanac.runs p on p.id = c.parent_id where p.id = $1`,
        [parent.id],
      )
      expect(rows).toEqual([
        {
          max_attempts: 7,
          timeout: true,
          run_as: true,
          priority: 2,
          trigger: 'workflow',
          same_time: true,
          element: 1,
        },
      ])
    }))

  it('10,000 children are made by one call, those beyond the first hundred behind the runs of others', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(10_000))
      const parent = await begun(client, 'import')

      const { rows } = await client.query(
        `select j.priority, count(*)::int from graphile_worker.jobs j join almanac.runs r on j.key = 'run:' || r.id
         where r.parent_id = $1 group by 1 order by 1`,
        [parent.id],
      )
      expect(rows).toEqual([
        { priority: 1, count: 100 },
        { priority: 4, count: 9900 },
      ])
    }))

  it('those of a resource group take its places, and their parent takes none', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_resource_group('gpu', max_running => 2)`)
      await scheduleList(client, 'train', elements(5), { resource_group: 'gpu' })
      const parent = await begun(client, 'train')
      const children = await childrenOf(client, parent.id)

      expect(await begin(client, children)).toEqual(children.slice(0, 2).map(({ id }) => id))
    }))

  it('triggered with another payload, that list is run', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(3))
      const { rows } = await client.query<InHand>(
        `select id::text, scheduled_for::text as at from almanac.trigger_now('import', '{"payloads": [{"n": 9}]}')`,
      )
      await begin(client, rows)

      expect((await childrenOf(client, rows[0]!.id)).map(({ payload }) => payload)).toEqual([{ n: 9 }])
    }))
})

describe('the end of a parent', () => {
  it.each([
    [['succeeded', 'succeeded'], 'succeeded'],
    [['succeeded', 'failed'], 'failed'],
    [['timed_out', 'succeeded'], 'failed'],
    [['succeeded', 'cancelled'], 'cancelled'],
    [['failed', 'cancelled'], 'failed'],
  ])('when its children end %s, it is %s', (ends, status) =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(2), { max_attempts: 1 })
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await begin(client, children)

      await finish(client, [children[0]!], '2030-01-01Z', ends[0])
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'running' })
      if (ends[1] === 'cancelled') await client.query('select almanac.cancel_run($1)', [children[1]!.id])
      await finish(client, [children[1]!], '2030-01-01Z', ends[1])

      expect(await runSeen(client, parent.id)).toMatchObject({ status })
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
      expect(await counters(client, 'import')).toEqual({
        total: 1,
        failed: status === 'failed' ? 1 : 0,
        last_status: status,
      })
    }),
  )

  it('its error says how many children failed, and why the first did', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(3), { max_attempts: 1 })
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await begin(client, children)
      await finish(client, children.slice(1), '2030-01-01Z', 'failed')
      await finish(client, children.slice(0, 1))

      expect(await runSeen(client, parent.id)).toMatchObject({
        error: `2 of 3 children failed. The first, run ${children[1]!.id}: x`,
      })
    }))

  it('a child that is tried again keeps it running', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(1), { max_attempts: 2 })
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await begin(client, children)
      await finish(client, children, '2030-01-01Z', 'failed')

      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'running' })
      expect(await rollUp(client, parent.id)).toEqual({ total: 1, unfinished: 1, retrying: 1 })
      await begin(client, children)
      await finish(client, children)
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'succeeded' })
    }))

  it('the worker of a child is lost: it is tried again, and the parent stays', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(2))
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await client.query(
        `select almanac_private.begin_runs(almanac_private.register_worker('w', 'w', 1, '0', 1), array[$1::bigint], array[$2::timestamptz])`,
        [children[0]!.id, children[0]!.at],
      )

      await client.query(`select almanac_private.reap_workers(clock_timestamp() + interval '16 seconds')`)
      await client.query('select almanac.reconcile()')

      expect(await rollUp(client, parent.id)).toEqual({ total: 2, unfinished: 2, queued: 1, retrying: 1 })
      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'running' })
    }))

  it('reconciling leaves a parent alone that no worker has, and gives a queued one a job again', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(1))
      const running = await begun(client, 'import')
      const [queued] = await trigger(client, 'import')
      await client.query(
        `update almanac.runs set attempt_started_at = now() - interval '1 day' where id = $1`,
        [running.id],
      )
      await client.query(`update almanac.runs set queued_at = now() - interval '1 day' where id = $1`, [
        queued!.id,
      ])
      await client.query(`select graphile_worker.remove_job('run:' || $1::text)`, [queued!.id])

      const { rows } = await client.query('select repair, run_id::text from almanac.reconcile()')

      expect(rows).toEqual([{ repair: 'queued', run_id: queued!.id }])
      expect(await runSeen(client, running.id)).toMatchObject({ status: 'running' })
    }))

  it('each heartbeat notes its progress', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(4))
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await begin(client, children)
      await finish(client, children.slice(0, 3))
      await heartbeat(client)

      const { rows } = await client.query('select progress from almanac.runs where id = $1', [parent.id])
      expect(rows).toEqual([{ progress: 0.75 }])
    }))
})

describe('its schedule looks at the parent', () => {
  const START = '2100-01-01T00:00:00Z'
  const everyMinute = (client: ClientBase, settings: object) =>
    client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', $1, settings => $2)`, [
      elements(2),
      { starts_at: START, target: 'list', ...settings },
    ])
  const fire = async (client: ClientBase, minute: number) => {
    await client.query(`select almanac_private.fire_due(timestamptz '${START}' + $1 * interval '1 minute')`, [
      minute,
    ])
    await begin(client, await due(client), `2100-01-01T00:0${minute}:01Z`)
  }

  it.each([
    ['skip', ['running', 'skipped'], ['succeeded', 'skipped']],
    ['queue_all', ['running', 'waiting'], ['succeeded', 'queued']],
    ['allow', ['running', 'running'], ['succeeded', 'running']],
  ])('with the overlap policy %s, while a child is unfinished', (policy, before, after) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: policy })
      await fire(client, 0)
      const { rows } = await client.query<InHand>(
        `select id::text, scheduled_for::text as at from almanac.runs where parent_id is not null order by id`,
      )
      await begin(client, rows, '2100-01-01T00:00:02Z')
      await finish(client, [rows[0]!], '2100-01-01T00:00:03Z')
      await fire(client, 1)

      expect(await statuses(client, 'x')).toEqual(before)
      await finish(client, [rows[1]!], '2100-01-01T00:01:03Z')
      expect(await statuses(client, 'x')).toEqual(after)
    }),
  )

  it('a later run takes its place, by cancel_running, and its children are cancelled', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'cancel_running' })
      await fire(client, 0)
      await fire(client, 1)
      await client.query('select almanac_private.release_waiting()')

      expect(await statuses(client, 'x')).toEqual(['cancelled', 'queued'])
      const { rows } = await client.query(
        'select distinct status, reason from almanac.runs where parent_id is not null',
      )
      expect(rows).toEqual([{ status: 'cancelled', reason: 'a later run took its place' }])
    }))

  it('max_runs counts parents, and the ledger has no complaint', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { overlap_policy: 'allow', max_runs: 2 })
      for (const minute of [0, 1, 2]) await fire(client, minute)

      expect(await statuses(client, 'x')).toEqual(['running', 'running'])
      const { rows } = await client.query(
        `select fired_runs::int, total_runs::int, status from almanac.schedules where name = 'x'`,
      )
      expect(rows).toEqual([{ fired_runs: 2, total_runs: 2, status: 'completed' }])
      expect(
        (await client.query(`select * from almanac.check_ledger('2100-01-01', '2100-01-02')`)).rows,
      ).toEqual([])
    }))

  it('the calendar, why(), usual durations and last outcomes tell of the parent alone', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(3))
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await begin(client, children)
      await finish(client, children)

      const { rows } = await client.query(
        `select run_id::text, total::int from almanac.calendar(now() - interval '1 hour', now() + interval '1 hour')`,
      )
      expect(rows).toEqual([{ run_id: parent.id, total: 1 }])
      const why = await client.query<{ why: string }>(
        `select almanac.runs_why(r) as why from almanac.runs r where id = any ($1) order by id`,
        [[parent.id, children[1]!.id]],
      )
      expect(why.rows[0]!.why).toMatch(/succeeded: of its 3 children 3 succeeded\.$/m)
      expect(why.rows[1]!.why).toMatch(
        `Run ${children[1]!.id} is one of the 3 children of run ${parent.id}, for element 2 of its list.`,
      )
      const outcomes = await client.query(
        `select outcomes::text from almanac.last_outcomes(array(select id from almanac.schedules where name = 'import'))`,
      )
      expect(outcomes.rows).toEqual([{ outcomes: '{succeeded}' }])
      const usual = await client.query(`select runs::int from almanac.usual_durations('{import}')`)
      expect(usual.rows).toEqual([{ runs: 1 }])
    }))
})

describe('cancelling', () => {
  it('a parent cancels its children: at once those that no worker has, and it ends with the last', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(4))
      const parent = await begun(client, 'import')
      const children = await childrenOf(client, parent.id)
      await begin(client, children.slice(0, 2))
      await finish(client, children.slice(0, 1))

      await client.query(`select almanac.cancel_run($1, 'wrong data')`, [parent.id])

      expect(await runSeen(client, parent.id)).toMatchObject({ status: 'running', stopping: true })
      expect((await childrenOf(client, parent.id)).map(({ status }) => status)).toEqual([
        'succeeded', 'running', 'cancelled', 'cancelled',
      ]) // prettier-ignore
      expect(await runSeen(client, children[1]!.id)).toMatchObject({ stopping: true })
      await finish(client, [children[1]!], '2030-01-01Z', 'cancelled')
      expect(await runSeen(client, parent.id)).toMatchObject({
        status: 'cancelled',
        reason: expect.stringMatching(/^cancelled by .*: wrong data$/) as string,
      })
      expect(await due(client)).toEqual([])
    }))

  it('one whose children are all queued ends at once, and so does one that has not begun', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(3))
      const running = await begun(client, 'import')
      const [queued] = await trigger(client, 'import')

      const { rows } = await client.query<{ status: string }>(
        'select (almanac.cancel_run(id)).status from unnest($1::bigint[]) id',
        [[running.id, queued!.id]],
      )

      expect(rows).toEqual([{ status: 'cancelled' }, { status: 'cancelled' }])
      expect(await rollUp(client, running.id)).toEqual({ total: 3, cancelled: 3, progress: 1 })
      expect((await client.query('select from almanac_private.live_runs')).rowCount).toBe(0)
      expect(await due(client)).toEqual([])
    }))
})

describe('repeating', () => {
  async function failedRun(client: ClientBase): Promise<InHand & { children: InHand[] }> {
    await scheduleList(client, 'import', elements(3), { max_attempts: 1 })
    const parent = await begun(client, 'import')
    const children = await childrenOf(client, parent.id)
    await begin(client, children)
    await finish(client, children.slice(0, 1))
    await finish(client, children.slice(1), '2030-01-01Z', 'failed')
    return { ...parent, children }
  }

  it.each([
    [false, [{ n: 1 }, { n: 2 }, { n: 3 }]],
    [true, [{ n: 2 }, { n: 3 }]],
  ])('a parent is repeated by a new one of the same nominal time; only_failed: %s', (onlyFailed, payloads) =>
    inTransaction(db, async (client) => {
      const failed = await failedRun(client)
      const { rows } = await client.query<InHand & { from: string }>(
        `select id::text, scheduled_for::text as at, retried_from::text as from from almanac.retry_run($1, only_failed => $2)`,
        [failed.id, onlyFailed],
      )
      await begin(client, rows)

      expect(rows).toMatchObject([{ at: failed.at, from: failed.id }])
      expect((await childrenOf(client, rows[0]!.id)).map(({ payload }) => payload)).toEqual(payloads)
    }),
  )

  it('in bulk, each parent is repeated with what failed, and children are not counted', () =>
    inTransaction(db, async (client) => {
      await failedRun(client)

      const { rows } = await client.query(
        `select c.*, r.retried from almanac.count_runs_to_retry('{"schedule": "import", "since": "2000-01-01"}') c,
           lateral almanac.retry_failed('{"schedule": "import", "since": "2000-01-01"}') r`,
      )
      expect(rows).toMatchObject([{ retried: 1 }])
      const children = await client.query('select children from almanac.runs where retried_from is not null')
      expect(children.rows).toEqual([{ children: 2 }])
    }))

  it('a child alone is refused, and the error names its parent', () =>
    inTransaction(db, async (client) => {
      const failed = await failedRun(client)

      expect(
        await refusal(client.query('select almanac.retry_run($1)', [failed.children[1]!.id])),
      ).toMatchObject({
        code: 'AL013',
        detail: `It is a child of run ${failed.id}, which is repeated as a whole, or with those children that did not succeed.`,
      })
    }))
})

describe('definitions', () => {
  const schema = {
    type: 'object',
    required: ['file'],
    properties: { file: { type: 'string' }, region: { type: 'string' } },
  }

  it.each([
    [{}, 'AL006', 'The payload has no list to run the task for.'],
    [{ payloads: [] }, 'AL006', 'The payload has no list to run the task for.'],
    [{ payloads: {} }, 'AL006', 'The payload has no list to run the task for.'],
    [{ payloads: [{}, 5] }, 'AL006', 'Element 2 of the list is not a JSON object.'],
    [
      { payloads: Array.from({ length: 10_001 }, () => ({})) },
      'AL019',
      'A list may have at most 10000 elements.',
    ],
    [
      { text: 'x'.repeat(50_000), ...elements(300) },
      'AL019',
      'The payloads of all runs of a list may have at most 10000000 bytes.',
    ],
  ])('are refused where the list is none, or too large: %#', (payload, code, message) =>
    inTransaction(db, async (client) => {
      expect(await refusal(scheduleList(client, 'x', payload))).toMatchObject({
        code,
        message,
        column: 'payload',
      })
    }),
  )

  it('each element must fit the schema of the task, with what is common to all, and the error says which does not', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('load', payload_schema => $1)`, [schema])
      const load = (payload: object) => scheduleList(client, 'x', payload, { task_identifier: 'load' })
      await client.query('savepoint before')

      expect(await refusal(load({ region: 'eu', payloads: [{ file: 'a' }, { file: 7 }] }))).toMatchObject({
        code: 'AL006',
        message: 'The payload does not fit the task load.',
        detail: '/payloads/1/file is 7, must be text.',
      })
      await client.query('rollback to savepoint before')
      await load({ region: 'eu', payloads: [{ file: 'a' }] })
      const { rows } = await client.query(`select code, message from almanac.check_definition($1)`, [
        { name: 'y', kind: 'manual', task_identifier: 'load', target: 'list', payload: { payloads: [{}] } },
      ])
      expect(rows).toEqual([{ code: 'AL006', message: 'The payload does not fit the task load.' }])
    }))

  it('a schema that changed fails the children that no longer fit, not their parent', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('load')`)
      await scheduleList(client, 'x', { payloads: [{ file: 'a' }, {}] }, { task_identifier: 'load' })
      await client.query(`select almanac.register_task('load', payload_schema => $1)`, [schema])
      const { rows: parents } = await client.query<InHand>(
        `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger,
           status, max_attempts, priority, queued_at, run_as, children)
         select id, name, task_identifier, payload, now(), now(), 'schedule', 'queued', 1, 1, now(), run_as, 2
         from almanac.schedules where name = 'x' returning id::text, scheduled_for::text as at`,
      )
      await client.query(
        `insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, children)
         select schedule_id, id, scheduled_for, true, children from almanac.runs where id = $1`,
        [parents[0]!.id],
      )
      await begin(client, parents)
      const children = await childrenOf(client, parents[0]!.id)

      expect(await begin(client, children)).toEqual([children[0]!.id])
      expect(await rollUp(client, parents[0]!.id)).toMatchObject({ running: 1, failed: 1 })
    }))

  it('another target makes it run as the one who chose it', () =>
    inTransaction(db, async (client) => {
      await asRole(client, 'almanac_operator', (operator) =>
        operator.query(`select almanac.schedule_cron('x', '0 0 1 1 *', 'almanac:noop', $1)`, [elements(1)]),
      )
      await client.query(`update almanac.schedules set target = 'list' where name = 'x'`)

      const { rows } = await client.query(
        `select run_as = 'almanac_operator' as same from almanac.schedules where name = 'x'`,
      )
      expect(rows).toEqual([{ same: true }])
      await client.query('savepoint before')
      expect(
        await refusal(
          asRole(client, 'almanac_viewer', (viewer) =>
            viewer.query(`update almanac.schedules set target = 'task' where name = 'x'`),
          ),
        ),
      ).toMatchObject({ code: '42501' })
    }))
})

describe('as each role', () => {
  it('a viewer reads roll-ups, and cancels and repeats nothing', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(2))
      const parent = await begun(client, 'import')

      await asRole(client, 'almanac_viewer', async (viewer) => {
        expect(await rollUp(viewer, parent.id)).toEqual({ total: 2, unfinished: 2, queued: 2 })
      })
      for (const call of ['cancel_run', 'retry_run']) {
        await client.query('savepoint before')
        expect(
          await refusal(
            asRole(client, 'almanac_viewer', (viewer) =>
              viewer.query(`select almanac.${call}($1)`, [parent.id]),
            ),
          ),
        ).toMatchObject({ code: '42501' })
        await client.query('rollback to savepoint before')
      }
    }))

  it('an operator cancels the children of their own schedules alone', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(2))
      const parent = await begun(client, 'import')
      const [child] = await childrenOf(client, parent.id)

      await client.query('savepoint before')
      expect(
        await refusal(
          asRole(client, 'almanac_operator', (operator) =>
            operator.query('select almanac.cancel_run($1)', [child!.id]),
          ),
        ),
      ).toMatchObject({ code: 'AL011' })
    }))
})

describe('lists of runs', () => {
  const list = async (client: ClientBase, filter: object) =>
    (
      await client.query<{ found: string[]; active: string[] }>(
        `select (select f.run_ids::text[] from almanac.find_runs($1) f) as found,
          (select f.run_ids::text[] from almanac.find_active_runs($1) f) as active`,
        [filter],
      )
    ).rows[0]!

  it('leave children out, unless their parent, they themselves or their trigger is asked for', () =>
    inTransaction(db, async (client) => {
      await scheduleList(client, 'import', elements(2))
      const parent = await begun(client, 'import')
      const [one, two] = (await childrenOf(client, parent.id)).map(({ id }) => id)
      const newest = [two, one]
      const oldest = [one, two]

      expect(await list(client, {})).toEqual({ found: [parent.id], active: [parent.id] })
      expect(await list(client, { parent_id: parent.id })).toEqual({ found: newest, active: oldest })
      expect(await list(client, { trigger: 'workflow' })).toEqual({ found: newest, active: oldest })
      expect(await list(client, { ids: [one] })).toEqual({ found: [one], active: [one] })
      expect(await list(client, { parent_id: parent.id, status: 'succeeded' })).toEqual({
        found: [],
        active: [],
      })
    }))
})
