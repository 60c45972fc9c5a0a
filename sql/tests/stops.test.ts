import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** A schedule of every minute, the next of which is due now; the stop or the pause began that many minutes ago. */
async function everyMinute(client: ClientBase, settings: Record<string, unknown> = {}): Promise<void> {
  await client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => $1)`, [
    { overlap_policy: 'allow', ...settings },
  ])
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set created_at = date_trunc('second', now()) - interval '1 hour', cursor_at = date_trunc('second', now()) - interval '10 minutes',
       next_scheduled_for = date_trunc('second', now()) - interval '9 minutes', next_run_at = date_trunc('second', now()) - interval '9 minutes'`,
  )
  await client.query(`set local almanac.engine to 'off'`)
}
/** As if the schedule x, of every minute, had been paused that many minutes ago. */
async function pausedFor(client: ClientBase, minutes: number): Promise<void> {
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set status = 'paused', paused_at = since, created_at = since - interval '1 minute', cursor_at = since,
       next_scheduled_for = null, next_run_at = null
     from (select date_trunc('second', now()) - make_interval(mins => $1) as since) p`,
    [minutes],
  )
  await client.query(`set local almanac.engine to 'off'`)
}
const stop = (client: ClientBase) =>
  client.query(
    `insert into almanac.stops (stopped_at, stopped_by, reason) values (date_trunc('second', now()) - interval '5 minutes', 'me', 'fire drill')`,
  )
const fire = async (client: ClientBase) =>
  (
    await client.query<{ fired: number; next_due: Date | null }>(
      `select fired, next_due from almanac_private.fire_due()`,
    )
  ).rows[0]!
async function outcomes(client: ClientBase): Promise<unknown> {
  const { rows } = await client.query<{ runs: number; omitted: unknown }>(
    `select (select count(*)::int from almanac.runs) as runs,
       (select coalesce(jsonb_object_agg(reason, count), '{}') from (select reason, sum(count) as count from almanac.omissions group by reason) o) as omitted`,
  )
  return rows[0]
}

describe('while all are stopped', () => {
  it('nothing fires, and nothing is lost', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await stop(client)

      expect(await fire(client)).toEqual({ fired: 0, next_due: null })
      expect(await outcomes(client)).toEqual({ runs: 0, omitted: {} })
    }))

  it('system schedules go on', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(`select almanac_private.install_system_schedules()`)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set next_run_at = date_trunc('minute', now()), next_scheduled_for = date_trunc('minute', now()) where is_system`,
      )
      await client.query(`set local almanac.engine to 'off'`)
      await stop(client)

      expect((await fire(client)).fired).toBe(2)

      const { rows } = await client.query(
        `select schedule_name, status from almanac.runs order by schedule_id`,
      )
      expect(rows).toEqual([
        { schedule_name: 'almanac:check-ledger', status: 'queued' },
        { schedule_name: 'almanac:apply-retention', status: 'queued' },
      ])
      const { rows: jobs } = await client.query(
        `select s.is_system, w.held_ids as later, j.run_at < s.next_run_at + interval '1 minute' as is_in_time
         from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id cross join lateral almanac_private.wake(array[s.id]) w where s.is_system`,
      )
      expect(jobs).toEqual([
        { is_system: true, later: [], is_in_time: true },
        { is_system: true, later: [], is_in_time: true },
      ])
    }))

  it('the jobs of schedules are put off', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await stop(client)

      await client.query(`select almanac_private.wake(array(select id from almanac.schedules))`)

      const { rows } = await client.query(
        `select run_at > now() + interval '30 seconds' as later from graphile_worker.jobs`,
      )
      expect(rows).toEqual([{ later: true }])
    }))

  it('a schedule that is edited settles what it owed, as stopped', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all' })
      await stop(client)

      await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)

      expect(await outcomes(client)).toEqual({ runs: 4, omitted: { stopped: 6 } })
    }))
})

describe('when all go on', () => {
  it('what was due meanwhile is recorded as stopped, what was due before is late', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all' })
      await stop(client)
      await client.query(`select almanac.resume_all()`)

      await fire(client)

      expect(await outcomes(client)).toEqual({ runs: 4, omitted: { stopped: 6 } })
    }))

  it('what was due a moment before the end is not fired as late', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set cursor_at = now() - interval '61 seconds', next_scheduled_for = now() - interval '1 second', next_run_at = now() - interval '1 second'`,
      )
      await client.query(`set local almanac.engine to 'off'`)
      await stop(client)
      await client.query(`select almanac.resume_all()`)

      expect((await fire(client)).fired).toBe(0)
      expect(await outcomes(client)).toMatchObject({ runs: 0 })
    }))

  it('it is caught up if asked for', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all' })
      await stop(client)
      await client.query(`select almanac.resume_all(catch_up => true)`)

      await fire(client)

      expect(await outcomes(client)).toEqual({ runs: 10, omitted: {} })
    }))

  it('null asks for no catching up', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all' })
      await stop(client)
      await client.query(`select almanac.resume_all(null)`)

      await fire(client)

      expect(await outcomes(client)).toEqual({ runs: 4, omitted: { stopped: 6 } })
    }))

  it('a second stop, and a second end, are refused', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.pause_all('fire drill')`)
      expect(
        (await refusal(asRole(client, 'almanac_admin', (as) => as.query(`select almanac.pause_all()`)))).code,
      ).toBe('AL013')

      await client.query(`select almanac.resume_all()`)
      expect(
        (await refusal(asRole(client, 'almanac_admin', (as) => as.query(`select almanac.resume_all()`))))
          .code,
      ).toBe('AL013')
    }))

  it("stopping is an admin's matter, seen by all", () =>
    inTransaction(db, async (client) => {
      for (const call of ['pause_all()', 'resume_all()'])
        expect(
          (await refusal(asRole(client, 'almanac_operator', (as) => as.query(`select almanac.${call}`))))
            .code,
        ).toBe('AL011')
      await asRole(client, 'almanac_admin', (as) => as.query(`select almanac.pause_all('fire drill')`))

      expect(
        (await asRole(client, 'almanac_viewer', (as) => as.query(`select reason from almanac.stops`))).rows,
      ).toEqual([{ reason: 'fire drill' }])
    }))
})

describe('a pause of one schedule', () => {
  it.each([
    ['is recorded when it ends', '', { runs: 0, omitted: { paused: 10 } }],
    ['is caught up if asked for', ', catch_up => true', { runs: 10, omitted: {} }],
  ])('%s', (_, argument, expected) =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all' })
      await pausedFor(client, 10)

      await client.query(`select almanac.resume('x'${argument})`)
      await fire(client)

      expect(await outcomes(client)).toEqual(expected)
    }),
  )

  it('is caught up by firing, in parts: who resumes does not wait for it', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, {
        missed_run_policy: 'run_all',
        overlap_policy: 'queue_all',
        catchup_window: '3 days',
      })
      await pausedFor(client, 1_200)

      await client.query(`select almanac.resume('x', catch_up => true)`)

      expect(await outcomes(client)).toEqual({ runs: 0, omitted: {} })
      const parts = []
      for (let { fired } = await fire(client); fired > 0; { fired } = await fire(client)) parts.push(fired)
      expect(parts).toEqual([500, 500, 200])
      expect(await outcomes(client)).toEqual({ runs: 1_200, omitted: {} })
    }))

  it('that is resumed while all are stopped is caught up when they go on', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { missed_run_policy: 'run_all' })
      await pausedFor(client, 10)
      await stop(client)

      await client.query(`select almanac.resume('x', catch_up => true)`)
      expect((await fire(client)).fired).toBe(0)
      await client.query(`select almanac.resume_all()`)
      await fire(client)

      expect(await outcomes(client)).toEqual({ runs: 4, omitted: { stopped: 6 } })
    }))
})
