import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const TASK = {
  identifier: 'report',
  default_max_attempts: 7,
  default_retry_delay: '2 minutes',
  default_retry_backoff: 3,
  default_retry_ceiling: '10 minutes',
  default_timeout: '90 seconds',
}
const announce = (client: ClientBase, task: object = TASK) =>
  client.query(`select almanac_private.announce_tasks($1)`, [JSON.stringify([task])])
const create = (client: ClientBase, name: string, settings: object = {}) =>
  client.query(`select almanac.create_schedule($1)`, [
    { name, kind: 'manual', task_identifier: 'report', ...settings },
  ])
const trigger = async (client: ClientBase, name: string) =>
  (
    await client.query<{ run: unknown }>(
      `select jsonb_build_array(r.max_attempts, r.timeout) as run from almanac.trigger_now($1) r`,
      [name],
    )
  ).rows[0]!.run
const inForce = async (client: ClientBase, name: string) =>
  (
    await client.query<{ execution: unknown }>(
      `select to_jsonb(almanac.schedules_execution(s)) as execution from almanac.schedules s where s.name = $1`,
      [name],
    )
  ).rows[0]!.execution

const almanacs = {
  max_attempts: 3,
  max_attempts_from: 'almanac',
  retry_delay: '00:00:05',
  retry_delay_from: 'almanac',
  retry_backoff: 2,
  retry_backoff_from: 'almanac',
  retry_ceiling: '01:00:00',
  retry_ceiling_from: 'almanac',
  timeout: null,
  timeout_from: 'almanac',
}

describe('what is in force', () => {
  it('is what the schedule says, otherwise its task, otherwise Almanac', () =>
    inTransaction(db, async (client) => {
      await announce(client, { identifier: 'report' })
      await create(client, 'silent')
      await create(client, 'speaks', {
        max_attempts: 2,
        retry_delay: '1 second',
        retry_backoff: 1,
        retry_ceiling: '3 seconds',
        timeout: '4 seconds',
      })

      expect(await inForce(client, 'silent')).toEqual(almanacs)
      await announce(client)
      expect(await inForce(client, 'silent')).toEqual({
        max_attempts: 7,
        max_attempts_from: 'task',
        retry_delay: '00:02:00',
        retry_delay_from: 'task',
        retry_backoff: 3,
        retry_backoff_from: 'task',
        retry_ceiling: '00:10:00',
        retry_ceiling_from: 'task',
        timeout: '00:01:30',
        timeout_from: 'task',
      })
      expect(await inForce(client, 'speaks')).toEqual({
        max_attempts: 2,
        max_attempts_from: 'schedule',
        retry_delay: '00:00:01',
        retry_delay_from: 'schedule',
        retry_backoff: 1,
        retry_backoff_from: 'schedule',
        retry_ceiling: '00:00:03',
        retry_ceiling_from: 'schedule',
        timeout: '00:00:04',
        timeout_from: 'schedule',
      })
    }))

  it('of a task whose schedule says nothing is read from the task', () =>
    inTransaction(db, async (client) => {
      await announce(client)

      expect(
        (
          await client.query(
            `select (almanac.tasks_execution(t)).max_attempts, (almanac.tasks_execution(t)).max_attempts_from
             from almanac.tasks t where identifier in ('report', 'almanac:noop') order by identifier`,
          )
        ).rows,
      ).toEqual([
        { max_attempts: 3, max_attempts_from: 'almanac' },
        { max_attempts: 7, max_attempts_from: 'task' },
      ])
    }))

  it('of a task that no one knows is what Almanac says', () =>
    inTransaction(db, async (client) => {
      expect(
        (
          await client.query(
            `select to_jsonb(e) as execution from almanac_private.execution_in_force('nowhere', null, null, null, null, null) e`,
          )
        ).rows,
      ).toEqual([{ execution: almanacs }])
    }))

  it('is read by every role, and said by why()', () =>
    inTransaction(db, async (client) => {
      await announce(client, { identifier: 'report', default_max_attempts: 1, default_timeout: '2 minutes' })
      await client.query(`select almanac.schedule_cron('x', '0 0 1 1 *', 'report')`)
      const [execution, why] = await asRole(
        client,
        'almanac_viewer',
        async () =>
          [
            await inForce(client, 'x'),
            await client.query<{ why: string }>(
              `select almanac.why('x', next_run_at) as why from almanac.schedules where name = 'x'`,
            ),
          ] as const,
      )

      expect(execution).toMatchObject({ max_attempts: 1, max_attempts_from: 'task' })
      expect(why.rows[0]!.why).toMatch(
        /\nIts runs have 1 attempt \(the default of its task\), no retries, and a timeout of 2 minutes \(the default of its task\)\.$/,
      )
    }))
})

describe('a run', () => {
  it('has what was in force when it was triggered', () =>
    inTransaction(db, async (client) => {
      await announce(client)
      await create(client, 'silent')
      await create(client, 'unlimited', { timeout: '0', max_attempts: 1 })

      expect(await trigger(client, 'silent')).toEqual([7, '00:01:30'])
      expect(await trigger(client, 'unlimited')).toEqual([1, null])
      await announce(client, { identifier: 'report', default_max_attempts: 4 })
      expect(await trigger(client, 'silent')).toEqual([4, null])
      expect(
        (await client.query(`select max_attempts from almanac.runs order by id`)).rows.map(
          (row: { max_attempts: number }) => row.max_attempts,
        ),
      ).toEqual([7, 1, 4])
    }))

  it('has what was in force when it was fired', () =>
    inTransaction(db, async (client) => {
      await announce(client)
      await client.query(`select almanac.schedule_every('x', '1 hour', 'report')`)
      await client.query(`select almanac_private.fire_due(now() + interval '1 hour 1 second')`)

      expect((await client.query(`select max_attempts, timeout::text from almanac.runs`)).rows).toEqual([
        { max_attempts: 7, timeout: '00:01:30' },
      ])
    }))

  it('is tried again after the delay that is in force then', () =>
    inTransaction(db, async (client) => {
      await announce(client)
      await create(client, 'x')
      await trigger(client, 'x')
      const fail = async () => {
        await client.query(
          `select b.run_id from almanac.runs r, almanac_private.begin_runs(
             almanac_private.register_worker('w', 'h', 1, '1', 1), array[r.id], array[r.scheduled_for]) b`,
        )
        await client.query(
          `select almanac_private.finish_runs(r.worker_id, jsonb_build_array(jsonb_build_object(
             'runId', r.id, 'scheduledFor', r.scheduled_for, 'status', 'failed', 'error', 'x'))) from almanac.runs r`,
        )
        return (
          await client.query<{ wait: number }>(
            `select round(extract(epoch from j.run_at - r.attempt_ended_at))::int as wait
             from graphile_worker.jobs j, (select max(a.finished_at) as attempt_ended_at from almanac.run_attempts a) r
             where j.key like 'run:%'`,
          )
        ).rows.map(({ wait }) => wait)
      }

      expect(await fail()).toEqual([120])
      expect(await fail()).toEqual([360])
      // The third would be 18 minutes.
      expect(await fail()).toEqual([600])
      await announce(client, { ...TASK, default_retry_ceiling: '1 minute' })
      expect(await fail()).toEqual([60])
    }))
})

describe('a schedule that says nothing', () => {
  it('says so in its row, no matter who wrote it, and can be made to say nothing again', () =>
    inTransaction(db, async (client) => {
      await announce(client)
      await client.query(
        `insert into almanac.schedules (name, kind, task_identifier) values ('inserted', 'manual', 'report')`,
      )
      await client.query(
        `select almanac.schedule_cron('upserted', '@daily', 'report', settings => '{"max_attempts": 2, "timeout": "1 hour"}')`,
      )
      await client.query(
        `select almanac.schedule_cron('upserted', '@daily', 'report',
           settings => '{"max_attempts": null, "retry_delay": null, "retry_backoff": null, "retry_ceiling": null, "timeout": null}')`,
      )

      expect(
        (
          await client.query(
            `select name, num_nulls(max_attempts, retry_delay, retry_backoff, retry_ceiling, timeout) as silent from almanac.schedules where not is_system order by 1`,
          )
        ).rows,
      ).toEqual([
        { name: 'inserted', silent: 5 },
        { name: 'upserted', silent: 5 },
      ])
      expect(await inForce(client, 'upserted')).toMatchObject({ max_attempts: 7, max_attempts_from: 'task' })
    }))
})

it('a firing joins the tasks once for all runs, and calls no function for each', () =>
  inTransaction(db, async (client) => {
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (verbose) select e.max_attempts, e.timeout from almanac.schedules s
       cross join lateral almanac_private.execution_in_force(s.task_identifier, s.max_attempts, s.retry_delay, s.retry_backoff,
         s.retry_ceiling, s.timeout) e`,
    )
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')

    expect(plan).toContain('known_tasks')
    expect(plan).not.toContain('execution_in_force')
    expect(plan).toContain('NULL::almanac.setting_source')
  }))
