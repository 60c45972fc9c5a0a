import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const START = '2100-01-01T00:00:00Z'
const after = (minutes: number) => new Date(Date.parse(START) + minutes * 60_000).toISOString()
const everyMinute = (client: ClientBase, settings: Record<string, unknown> = {}) =>
  client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => $1)`, [
    { starts_at: START, overlap_policy: 'allow', ...settings },
  ])
const fire = (client: ClientBase, minutes: number) =>
  client.query(`select almanac_private.fire_due($1)`, [after(minutes)])
async function problems(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select problem || to_char(scheduled_for at time zone 'UTC', ' HH24:MI') as text from almanac.check_ledger($1, $2)`,
    [START, after(600)],
  )
  return rows.map((row) => row.text)
}

describe('a ledger as it should be has no problem', () => {
  it('after firing, on time, late and missed', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '1 second', catchup_window: '3 minutes' })
      for (const minute of [0, 1, 5.5, 6, 60]) await fire(client, minute)

      expect(await problems(client)).toEqual([])
      const { rows } = await client.query(
        `select (select count(*) from almanac.runs) + (select sum(count) from almanac.omissions) = 61 as complete`,
      )
      expect(rows).toEqual([{ complete: true }])
    }))

  it('with calendars, moved and skipped occurrences and jitter', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_range('off', $1, $2)`, [after(10), after(20)])
      await everyMinute(client, { calendars: ['off'], exclusion_policy: 'move', jitter: '20 seconds' })
      await client.query(`select almanac.move_occurrence('x', $1, $2)`, [after(5), after(40.3)])
      await client.query(`select almanac.move_occurrence('x', $1, $2)`, [after(50), after(3.3)])
      await client.query(`select almanac.skip_occurrence('x', $1)`, [after(15)])
      for (let minute = 0; minute < 60; minute++) await fire(client, minute + 0.9)

      expect(await problems(client)).toEqual([])
    }))

  it('when the rule changes, and when the schedule is gone', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      await fire(client, 0)
      await fire(client, 1)
      await client.query(`select almanac.schedule_every('x', '5 minutes', 'almanac:noop', settings => $1)`, [
        { starts_at: START },
      ])
      await fire(client, 5)
      expect(await problems(client)).toEqual([])

      await client.query(`delete from almanac.schedules`)
      expect(await problems(client)).toEqual([])
    }))
})

/** As if the schedule had been so for half an hour. */
async function since(client: ClientBase, status: string): Promise<void> {
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set status = $1, created_at = b.begin, cursor_at = b.begin, paused_at = b.begin, next_run_at = null, next_scheduled_for = null
     from (select date_trunc('minute', now()) - interval '30 minutes' as begin) b`,
    [status],
  )
  await client.query(
    `update almanac_private.rule_versions v set valid_from = s.cursor_at from almanac.schedules s`,
  )
  // A disabled one has no rule.
  await client.query(
    `delete from almanac_private.rule_versions v using almanac.schedules s where s.status = 'disabled'`,
  )
  await client.query(`set local almanac.engine to 'off'`)
}
const PAUSED = [{ reason: 'paused', count: '30' }]
const RECENT = `select problem, count(*) from almanac.check_ledger(now() - interval '1 hour', now() + interval '1 second') group by 1`

describe('what no one fires is no one’s', () => {
  it.each([
    ['a pause that ends with unscheduling', 'paused', [`select almanac.unschedule('x')`], PAUSED],
    ['and with archiving', 'paused', [`update almanac.schedules set archived_at = now()`], PAUSED],
    ['and with disabling', 'paused', [`update almanac.schedules set status = 'disabled'`], PAUSED],
    [
      'one that continues after unscheduling and restoring',
      'paused',
      [`select almanac.unschedule('x')`, `select almanac.restore('x')`, `select almanac.resume('x')`],
      PAUSED,
    ],
    [
      'and is caught up',
      'paused',
      [`select almanac.unschedule('x')`, `select almanac.restore('x')`, `select almanac.resume('x', true)`],
      PAUSED,
    ],
    [
      'the time in which a schedule was disabled',
      'disabled',
      [`update almanac.schedules set status = 'paused'`, `select almanac.resume('x')`],
      [],
    ],
    [
      'a schedule that was completed, with more runs',
      'completed',
      [`update almanac.schedules set max_runs = 9`],
      [],
    ],
    ['and with fewer', 'completed', [`update almanac.schedules set max_runs = 1`], []],
    [
      'and that is paused first',
      'completed',
      [`update almanac.schedules set status = 'paused'`, `select almanac.resume('x')`],
      [],
    ],
  ])('%s', (_, status, changes, omitted) =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => '{"max_runs": 3}')`,
      )
      await since(client, status)
      if (status === 'completed') {
        await client.query(`set local almanac.engine to 'on'`)
        await client.query(`update almanac.schedules set fired_runs = 3`)
        await client.query(`set local almanac.engine to 'off'`)
      }

      for (const change of changes) await client.query(change)

      expect((await client.query(RECENT)).rows).toEqual([])
      expect((await client.query(`select reason, count from almanac.omissions`)).rows).toEqual(omitted)
    }),
  )
})

describe('what is wrong is told', () => {
  it('an occurrence without an outcome', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client)
      for (const minute of [0, 1, 2, 3]) await fire(client, minute)
      await client.query(`delete from almanac.runs where scheduled_for in ($1, $2)`, [after(1), after(2)])
      // Lost, not deleted: no one has noted it.
      await client.query(`delete from almanac_private.deleted_history`)

      expect(await problems(client)).toEqual(['missing 00:01', 'missing 00:02'])
    }))

  it('one with two, one that no rule named, and a count that is wrong', () =>
    inTransaction(db, async (client) => {
      await everyMinute(client, { late_tolerance: '1 second', missed_run_policy: 'skip' })
      await fire(client, 0)
      await fire(client, 5.5)
      await client.query(`update almanac.omissions set count = 7, during = tstzrange($1, $2, '[]')`, [
        after(0),
        after(4),
      ])
      await client.query(
        `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority, run_as)
         select id, name, task_identifier, payload, $1, $1, 'schedule', 'queued', 1, 1, run_as from almanac.schedules`,
        [after(5.25)],
      )

      expect(await problems(client)).toEqual([
        'miscounted 00:00',
        'twice 00:00',
        'missing 00:05',
        'unplanned 00:05',
      ])
    }))

  it('a schedule that is due and not fired', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set next_run_at = now() - interval '2 minutes', next_scheduled_for = now() - interval '2 minutes'`,
      )
      await client.query(`set local almanac.engine to 'off'`)

      const { rows } = await client.query<{ problem: string }>(`select problem from almanac.check_ledger()`)
      expect(rows).toEqual([{ problem: 'overdue' }])
    }))
})

it('a viewer may check, a range must have an end', () =>
  inTransaction(db, async (client) => {
    await everyMinute(client)

    expect(await asRole(client, 'almanac_viewer', problems)).toEqual([])
    expect((await refusal(client.query(`select almanac.check_ledger('2100-01-01', 'infinity')`))).code).toBe(
      'AL012',
    )
  }))
