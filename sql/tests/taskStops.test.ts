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

/** A schedule x of the task report, of every minute, the next of which was due nine minutes ago, and one of another task. */
async function prepare(client: ClientBase, settings: object = {}): Promise<void> {
  await client.query(`select almanac.register_task('report'), almanac.register_task('other')`)
  await client.query(`select almanac.schedule_every('x', '1 minute', 'report', settings => $1)`, [
    { overlap_policy: 'allow', ...settings },
  ])
  await client.query(`select almanac.schedule_every('y', '1 hour', 'other')`)
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set created_at = date_trunc('second', now()) - interval '1 hour', cursor_at = date_trunc('second', now()) - interval '10 minutes',
       next_scheduled_for = date_trunc('second', now()) - interval '9 minutes', next_run_at = date_trunc('second', now()) - interval '9 minutes'
     where name = 'x'`,
  )
  await client.query(`set local almanac.engine to 'off'`)
}
/** The task report has been switched off for five minutes. */
const disable = (client: ClientBase) =>
  client.query(
    `insert into almanac.task_stops (task_identifier, stopped_at, stopped_by, reason)
     values ('report', date_trunc('second', now()) - interval '5 minutes', 'me', 'it sends twice')`,
  )
const fire = async (client: ClientBase) =>
  (await client.query<{ fired: number }>(`select fired from almanac_private.fire_due()`)).rows[0]!.fired
async function outcomes(client: ClientBase): Promise<unknown> {
  const { rows } = await client.query(
    `select (select count(*)::int from almanac.runs) as runs,
       (select coalesce(jsonb_object_agg(reason, count), '{}') from (select reason, sum(count) as count from almanac.omissions group by reason) o) as omitted`,
  )
  return rows[0]
}
async function begin(client: ClientBase): Promise<{ task: string; held: boolean }[]> {
  const { rows } = await client.query<{ task: string; held: boolean }>(
    `select b.task_identifier as task, b.is_held as held from (
       select array_agg(r.id) as ids, array_agg(r.scheduled_for) as times, array_agg(j.id) as jobs
       from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id where r.status = 'queued'
     ) q, almanac_private.begin_runs(almanac_private.register_worker('w', 'h', 1, '1', 1), q.ids, q.times, q.jobs) b`,
  )
  return rows
}

describe('while a task is switched off', () => {
  it('none of its schedules fires, others do, and no one looks at them again at once', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await disable(client)

      expect(await fire(client)).toBe(0)
      expect(await outcomes(client)).toEqual({ runs: 0, omitted: {} })
      expect(
        (
          await client.query(
            `select s.next_run_at > now() as later, j.run_at > now() as woken_later
             from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id where s.name = 'x'`,
          )
        ).rows,
      ).toEqual([{ later: true, woken_later: true }])
      await client.query(`select almanac_private.fire_due(now() + interval '1 hour 1 second')`)
      expect((await client.query(`select schedule_name from almanac.runs`)).rows).toEqual([
        { schedule_name: 'y' },
      ])
    }))

  it('its schedules and why() say so', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`select almanac.disable_task('report', 'it sends twice')`)

      const { rows } = await client.query<{ because: string | null }>(
        `select almanac.schedules_blocked_because(s) as because from almanac.schedules s where not is_system order by name`,
      )
      expect(rows[0]!.because).toMatch(
        /^Its task report has been switched off since [^.]* \(UTC\), by \w+: it sends twice$/,
      )
      expect(rows[1]).toEqual({ because: null })
      expect(
        (
          await client.query<{ why: string }>(
            `select almanac.why('x', next_scheduled_for + interval '1 hour') as why from almanac.schedules where name = 'x'`,
          )
        ).rows[0]!.why,
      ).toContain('It will not run unless this changes before then. Its task report has been switched off')
    }))

  it('it is not triggered, nor is a run of it repeated', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`select almanac.trigger_now('x')`)
      await client.query(`select almanac.cancel_runs('{"schedule": "x"}')`)
      await client.query(`select almanac.disable_task('report', 'it sends twice')`)

      for (const call of [
        `almanac.trigger_now('x')`,
        `almanac.trigger_now('x', '{"a": 1}')`,
        `almanac.retry_run((select min(id) from almanac.runs))`,
      ])
        expect(await refusalOf(client, `select ${call}`)).toMatchObject({
          code: 'AL032',
          message: 'The task report is switched off.',
          detail: expect.stringMatching(/: it sends twice\.$/) as unknown,
          hint: `Ask an admin to switch it on: select almanac.enable_task('report').`,
        })
      expect(
        (
          await client.query(
            `select retried, refused from almanac.retry_failed('{"since": "2000-01-01T00:00Z", "status": "cancelled"}')`,
          )
        ).rows,
      ).toEqual([{ retried: 0, refused: 1 }])
    }))

  it('its queued runs wait, with a job for later, and say what for', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`select almanac.trigger_now('x'), almanac.trigger_now('y')`)
      await client.query(`select almanac.disable_task('report')`)

      expect(await begin(client)).toEqual([{ task: 'other', held: false }])
      expect(
        (
          await client.query(
            `select r.schedule_name, r.status, j.run_at > now() as later, almanac.runs_blocked_because(r) as because
             from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id where r.status = 'queued'`,
          )
        ).rows,
      ).toEqual([
        {
          schedule_name: 'x',
          status: 'queued',
          later: true,
          because: expect.stringMatching(/^Its task report is switched off, by \w+\.$/) as unknown,
        },
      ])

      await client.query(`select almanac.enable_task('report')`)
      expect(await begin(client)).toEqual([{ task: 'report', held: false }])
    }))

  it('its runs do not fail as no worker has it', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await client.query(`select almanac.trigger_now('x')`)
      await client.query(
        `update almanac_private.known_tasks set lacking_since = now() - interval '2 hours', lacking_seen_at = now() where identifier = 'report'`,
      )
      await client.query(`select almanac_private.register_worker('w', 'h', 1, '1', 1, '{other}')`)
      await client.query(`select almanac.disable_task('report')`)

      expect((await client.query(`select * from almanac_private.end_lacking_runs()`)).rows).toEqual([])
    }))
})

describe('when a task is switched on again', () => {
  it('what its schedules had due meanwhile is stopped, and what was due before is caught up', () =>
    inTransaction(db, async (client) => {
      await prepare(client, { missed_run_policy: 'run_all' })
      await disable(client)
      await fire(client)
      await client.query(`select almanac.enable_task('report')`)

      expect(await fire(client)).toBe(4)
      expect(await outcomes(client)).toEqual({ runs: 4, omitted: { stopped: 6 } })
      expect((await client.query(`select * from almanac.check_ledger()`)).rows).toEqual([])
      expect(
        (
          await client.query<{ why: string }>(
            `select almanac.why('x', date_trunc('second', now()) - interval '2 minutes') as why`,
          )
        ).rows[0]!.why,
      ).toContain('Its task report was switched off by me: it sends twice.')
    }))

  it('with catch_up all of it is treated as missed', () =>
    inTransaction(db, async (client) => {
      await prepare(client, { missed_run_policy: 'run_all' })
      await disable(client)
      await fire(client)
      await client.query(`select almanac.enable_task('report', catch_up => true)`)

      expect(await fire(client)).toBe(10)
      expect(await outcomes(client)).toEqual({ runs: 10, omitted: {} })
    }))

  it('a schedule that got another task meanwhile continues with that at once', () =>
    inTransaction(db, async (client) => {
      await prepare(client)
      await disable(client)
      await fire(client)
      await client.query(`update almanac.schedules set task_identifier = 'other' where name = 'x'`)

      expect(
        (
          await client.query(
            `select next_run_at <= now() + interval '1 minute' as soon from almanac.schedules where name = 'x'`,
          )
        ).rows,
      ).toEqual([{ soon: true }])
      expect(await outcomes(client)).toEqual({ runs: 1, omitted: { missed: 3, stopped: 6 } })
      expect((await client.query(`select * from almanac.check_ledger()`)).rows).toEqual([])
    }))
})

describe('switching', () => {
  it.each(['almanac_viewer', 'almanac_operator'])('is refused to %s', (role) =>
    inTransaction(db, async (client) => {
      await prepare(client)

      for (const call of [`disable_task('report')`, `enable_task('report')`, `require_role('report')`])
        expect(await asRole(client, role, () => refusalOf(client, `select almanac.${call}`))).toMatchObject({
          code: 'AL011',
        })
    }),
  )

  it('is for admins, once each way, and not for what Almanac itself needs', () =>
    inTransaction(db, async (client) => {
      await prepare(client)

      await asRole(client, 'almanac_admin', async () => {
        await client.query(`select almanac.disable_task('report'), almanac.disable_task('almanac:http')`)
        expect(await refusalOf(client, `select almanac.disable_task('report')`)).toMatchObject({
          code: 'AL013',
        })
        expect(await refusalOf(client, `select almanac.disable_task('nowhere')`)).toMatchObject({
          code: 'AL005',
        })
        expect(await refusalOf(client, `select almanac.disable_task('almanac:check_ledger')`)).toMatchObject({
          code: 'AL017',
        })
        await client.query(`select almanac.enable_task('report')`)
        expect(await refusalOf(client, `select almanac.enable_task('report')`)).toMatchObject({
          code: 'AL013',
        })
      })
      expect(
        (
          await client.query(
            `select identifier, disabled_by, disabled_at is not null as off from almanac.tasks where disabled_at is not null`,
          )
        ).rows,
      ).toEqual([{ identifier: 'almanac:http', disabled_by: expect.any(String) as unknown, off: true }])
    }))
})
