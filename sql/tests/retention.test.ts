import type { ClientBase } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { addRun, addWeeks, ago, AS_OF, orphans, pass, runs } from './history.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeEach(() =>
  db.query(`update almanac_private.retention_passes set step = 'ended', swept_at = null, ended_at = null`),
)

/** A schedule with rules of its own, as AS_OF has it. */
async function scheduleThatKeeps(client: ClientBase, name: string, settings: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    `select id::text from almanac.schedule_cron($1, '0 3 * * *', 'almanac:noop', settings => $2)`,
    [name, settings],
  )
  return rows[0]!.id
}

/** Its latest run was due so many days before AS_OF. */
async function lastRan(client: ClientBase, id: string, days: number): Promise<void> {
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(`update almanac.schedules set last_run_at = ${ago(days)} where id = $1`, [id])
  await client.query(`set local almanac.engine to 'off'`)
}

const weeks = async (client: ClientBase): Promise<string[]> =>
  (
    await client.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where c.relname ~ '_2020\\d{4}$' order by 1`,
    )
  ).rows.map(({ name }) => name)

describe('by age', () => {
  it('finished runs go with their attempts and logs once they are older than keep_for', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('30 days')`)
      await addRun(client, { days: 40 })
      const kept = await addRun(client, { days: 29 })

      const parts = await pass(client)

      expect(await runs(client)).toEqual([kept])
      expect(await orphans(client)).toBe(0)
      expect(parts.reduce((sum, { removed }) => sum + removed, 0)).toBe(1)
    }))

  it('without another rule they are kept for 90 days', () =>
    inTransaction(db, async (client) => {
      await addRun(client, { days: 100 })
      const kept = await addRun(client, { days: 89 })

      await pass(client)

      expect(await runs(client)).toEqual([kept])
    }))

  it('kept forever, they stay', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention(null)`)
      const kept = await addRun(client, { days: 20_000 })

      await pass(client)

      expect(await runs(client)).toEqual([kept])
    }))

  it.each(['failed', 'timed_out'])('what %s may be kept for longer', (status) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('30 days', keep_failures_for => '60 days')`)
      await addRun(client, { days: 40 })
      await addRun(client, { days: 70, status })
      const kept = await addRun(client, { days: 41, status })

      await pass(client)

      expect(await runs(client)).toEqual([kept])
    }),
  )

  it('failures are kept as long as others where they would be kept for less', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('30 days', keep_failures_for => '1 day')`)
      await addRun(client, { days: 40, status: 'failed' })
      const kept = await addRun(client, { days: 20, status: 'failed' })

      await pass(client)

      expect(await runs(client)).toEqual([kept])
    }))

  it('failures are kept forever with 0', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('30 days', keep_failures_for => '0')`)
      await addRun(client, { days: 4001 })
      const kept = await addRun(client, { days: 4000, status: 'failed' })

      await pass(client)

      expect(await runs(client)).toEqual([kept])
    }))
})

describe('by what a schedule says', () => {
  it('its runs go earlier', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'short', `{"keep_for": "7 days"}`)
      await addRun(client, { schedule, days: 8 })
      const kept = [await addRun(client, { schedule, days: 6 }), await addRun(client, { days: 8 })]

      await pass(client)

      expect(await runs(client)).toEqual(kept)
      expect(await orphans(client)).toBe(0)
    }))

  it('its runs are kept for longer, or forever', () =>
    inTransaction(db, async (client) => {
      const long = await scheduleThatKeeps(client, 'long', `{"keep_for": "1 year"}`)
      const forever = await scheduleThatKeeps(client, 'forever', `{"keep_for": "0"}`)
      await addRun(client, { days: 200 })
      await addRun(client, { schedule: long, days: 400 })
      const kept = [
        await addRun(client, { schedule: long, days: 200 }),
        await addRun(client, { schedule: forever, days: 4000 }),
      ]

      await pass(client)

      expect(await runs(client)).toEqual(kept)
    }))

  it('only the latest so many are kept, and failures for longer', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(
        client,
        'two',
        `{"keep_last": 2, "keep_failures_for": "30 days"}`,
      )
      await addRun(client, { schedule, days: 9 })
      const failed = await addRun(client, { schedule, days: 8, status: 'failed' })
      await addRun(client, { schedule, days: 7, status: 'skipped' })
      const latest = [
        await addRun(client, { schedule, days: 6 }),
        await addRun(client, { schedule, days: 5 }),
      ]

      await pass(client)

      expect(await runs(client)).toEqual([failed, ...latest])
    }))

  it('runs that were skipped push none out that ran', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'overlaps', `{"keep_last": 2}`)
      await addRun(client, { schedule, days: 9, status: 'skipped' })
      const kept = [
        await addRun(client, { schedule, days: 6 }),
        await addRun(client, { schedule, days: 5, status: 'skipped' }),
        await addRun(client, { schedule, days: 4, status: 'skipped' }),
        await addRun(client, { schedule, days: 3 }),
      ]

      await pass(client)

      expect(await runs(client)).toEqual(kept)
    }))

  it('the latest so many may be said for all schedules, and 0 keeps all of one', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('90 days', keep_last => 1)`)
      const counted = await scheduleThatKeeps(client, 'counted', `{}`)
      const all = await scheduleThatKeeps(client, 'all', `{"keep_last": 0}`)
      const kept: string[] = []
      for (const schedule of [counted, all])
        for (const days of [3, 2]) kept.push(await addRun(client, { schedule, days }))

      await pass(client)

      expect(await runs(client)).toEqual(kept.slice(1))
    }))

  it('however few are kept, those of the last three hours stay', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'one', `{"keep_last": 1}`)
      await addRun(client, { schedule, days: 1 })
      const kept = [
        await addRun(client, { schedule, days: 0.1 }),
        await addRun(client, { schedule, days: 0 }),
      ]

      await pass(client)

      expect(await runs(client)).toEqual(kept)
    }))

  it('the ledger check misses nothing of it, and it is noted once, as a range', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'daily', `{"keep_for": "7 days"}`)
      await client.query(`update almanac_private.rule_versions set valid_from = ${ago(20)}`)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(`update almanac.schedules set cursor_at = ${ago(0)} where id = $1`, [schedule])
      await client.query(`set local almanac.engine to 'off'`)
      // 03:00 of each day.
      for (let day = 0; day < 20; day++) await addRun(client, { schedule, days: day + 9 / 24 })
      const check = async () =>
        (
          await client.query(
            `select problem from almanac.check_ledger(timestamptz '${AS_OF}' - interval '19 days', '${AS_OF}')
             where problem <> 'overdue'`,
          )
        ).rowCount
      expect(await check()).toBe(0)

      await pass(client, { maxCount: 3 })

      expect(await runs(client)).toHaveLength(7)
      expect(await check()).toBe(0)
      expect((await client.query(`select times from almanac_private.deleted_history`)).rows).toEqual([
        { times: null },
      ])
      await client.query(`update almanac.runs set trigger = 'manual' where scheduled_for > ${ago(2)}`)
      expect(await check()).toBe(2)
    }))
})

describe('what is still needed stays', () => {
  it.each(['queued', 'running', 'retrying', 'waiting'])('a run that is %s', (status) =>
    inTransaction(db, async (client) => {
      await addWeeks(client, 200)
      const kept = await addRun(client, { days: 200, status })

      await pass(client)

      expect(await runs(client)).toEqual([kept])
    }),
  )

  it('the last run of a schedule, until there is another, and not of a deleted one', () =>
    inTransaction(db, async (client) => {
      await addWeeks(client, 200)
      const yearly = await scheduleThatKeeps(client, 'yearly', `{}`)
      const deleted = await scheduleThatKeeps(client, 'deleted', `{}`)
      await addRun(client, { schedule: yearly, days: 300 })
      const kept = await addRun(client, { schedule: yearly, days: 200 })
      await addRun(client, { schedule: deleted, days: 200 })
      await lastRan(client, yearly, 200)
      await lastRan(client, deleted, 200)
      await client.query(`select almanac.unschedule('deleted')`)

      await pass(client)
      expect(await runs(client)).toEqual([kept])

      await lastRan(client, yearly, 1)
      await pass(client, { asOf: '2020-10-09' })
      expect(await runs(client)).toEqual([])
      expect(await orphans(client)).toBe(0)
    }))

  it.each([true, false])(
    'a run that another repeats, until that has gone (in a week of its own: %s)',
    (isWeek) =>
      inTransaction(db, async (client) => {
        if (isWeek) await addWeeks(client, 200)
        const failed = await addRun(client, { days: 200, status: 'failed' })
        const retry = await addRun(client, { days: 200, status: 'queued', retriedFrom: failed })

        await pass(client)
        expect(await runs(client)).toEqual([failed, retry])

        await client.query(
          `update almanac.runs set status = 'succeeded', finished_at = ${ago(200)} where id = $1`,
          [retry],
        )
        for (const day of ['09', '11']) await pass(client, { asOf: `2020-10-${day}` })
        expect(await runs(client)).toEqual([])
        expect(await orphans(client)).toBe(0)
      }),
  )

  it('a run that someone holds locked, until the next pass', async () => {
    const client = await db.connect()
    const holder = await db.connect()
    const held = await addRun(client, { days: 200 })
    await addRun(client, { days: 201 })
    await holder.query(`begin; select from almanac.runs where id = ${held} for update`)

    await pass(client)
    expect(await runs(client)).toEqual([held])

    await holder.query('rollback')
    await pass(client, { asOf: '2020-10-08 12:00+00' })
    expect(await runs(client)).toEqual([])
  })
})

describe('a week', () => {
  it('is dropped as a whole, with the tables of its attempts and logs, and no other is', () =>
    inTransaction(db, async (client) => {
      await addWeeks(client, 97, 93, 86)
      for (const days of [97, 93]) await addRun(client, { days })
      const kept = [await addRun(client, { days: 89 }), await addRun(client, { days: 86 })]

      const parts = await pass(client)

      // 90 days before is a Thursday: its week goes when it is over.
      expect(await weeks(client)).toEqual([
        'run_attempts_20200706',
        'run_attempts_20200713',
        'run_logs_20200706',
        'run_logs_20200713',
        'runs_20200706',
        'runs_20200713',
      ])
      expect(parts.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1)
      expect(parts.every(({ removed }) => removed === 0)).toBe(true)
      expect((await runs(client)).slice(-2)).toEqual(kept)
      expect(await orphans(client)).toBe(0)
    }))

  it('moves the few runs that stay, with their attempts and logs, to the default partition', () =>
    inTransaction(db, async (client) => {
      await addWeeks(client, 200)
      await client.query(`select almanac.set_retention('90 days', keep_failures_for => '1 year')`)
      await addRun(client, { days: 201 })
      const kept = await addRun(client, { days: 200, status: 'failed' })

      await pass(client)

      expect(await weeks(client)).toEqual([])
      expect(
        (
          await client.query(
            `select r.id::text, r.tableoid::regclass::text as of_table,
               (select count(*)::int from almanac.run_attempts a where a.run_id = r.id) as attempts,
               (select count(*)::int from almanac.run_logs l where l.run_id = r.id) as logs
             from almanac.runs r where r.scheduled_for < '2021-01-01'`,
          )
        ).rows,
      ).toEqual([{ id: kept, of_table: 'almanac_private.runs_default', attempts: 1, logs: 1 }])
      expect(await orphans(client)).toBe(0)
    }))

  it('of which more stays than may move is gone through run by run', () =>
    inTransaction(db, async (client) => {
      await addWeeks(client, 200)
      await client.query(`select almanac.set_retention('90 days', keep_failures_for => '1 year')`)
      await addRun(client, { days: 201 })
      const kept = [
        await addRun(client, { days: 200, status: 'failed' }),
        await addRun(client, { days: 199, status: 'failed' }),
      ]
      const move = async (most: number) =>
        (
          await client.query<{ remove_week: string }>(
            `select almanac_private.remove_week('2020-03-16 00:00+00', '${AS_OF}', $1)`,
            [most],
          )
        ).rows[0]!.remove_week

      expect(await move(1)).toBe('kept')
      expect(await weeks(client)).toHaveLength(3)
      await client.query(`select almanac_private.remove_by_time('2020-07-01', 1000, '${AS_OF}', null, null)`)
      expect(await runs(client)).toEqual(kept)
      expect(await move(2)).toBe('dropped')
      expect(await runs(client)).toEqual(kept)
    }))

  it('that someone reads is not waited for, is not deleted run by run either, and goes in the next pass', async () => {
    const client = await db.connect()
    const reader = await db.connect('viewer')
    await addWeeks(client, 200)
    await addRun(client, { days: 200 })
    await reader.query('begin; select count(*) from almanac.runs')

    const held = await pass(client)
    expect(held.map(({ step }) => step)).toEqual(['weeks', 'weeks', 'schedules', 'rest'])
    expect(await runs(client)).toHaveLength(1)

    await reader.query('rollback')
    const next = await pass(client, { asOf: '2020-10-07 13:00+00' })
    expect(next.reduce((sum, { dropped }) => sum + dropped, 0)).toBe(1)
    expect(await runs(client)).toEqual([])
  })
})

describe('a pass', () => {
  it('takes small parts, none of which removes more than it may, and leaves whole runs after each', () =>
    inTransaction(db, async (client) => {
      for (let day = 0; day < 23; day++) await addRun(client, { days: 200 + day })

      const removed: number[] = []
      for (let isDone = false; !isDone;) {
        const { rows } = await client.query<{ removed: number; is_done: boolean }>(
          `select removed::int, is_done from almanac_private.apply_retention(5, '${AS_OF}')`,
        )
        isDone = rows[0]!.is_done
        if (rows[0]!.removed > 0) removed.push(rows[0]!.removed)
        expect(await orphans(client)).toBe(0)
        expect(await runs(client)).toHaveLength(23 - removed.reduce((sum, count) => sum + count, 0))
      }

      expect(removed).toEqual([5, 5, 5, 5, 3])
    }))

  it('continues where another left off', async () => {
    const first = await db.connect()
    const second = await db.connect()
    for (let day = 0; day < 9; day++) await addRun(first, { days: 200 + day })
    const part = async (client: ClientBase) =>
      client.query(`select almanac_private.apply_retention(3, '${AS_OF}')`)
    await part(first)
    await part(first)
    // Killed within the third.
    await first.query('begin')
    await part(first)
    await first.query('rollback')
    expect(await runs(second)).toHaveLength(6)

    const parts = await pass(second, { maxCount: 3 })

    expect(parts.filter(({ removed }) => removed > 0)).toHaveLength(2)
    expect(await runs(second)).toEqual([])
    expect(await orphans(second)).toBe(0)
  })

  it('is made by one at a time', async () => {
    const client = await db.connect()
    const other = await db.connect()
    await other.query(`begin; select almanac_private.apply_retention(1, '${AS_OF}')`)

    const parts = await pass(client)
    await other.query('rollback')

    expect(parts).toEqual([{ step: 'held', removed: 0, dropped: 0 }])
  })

  it('that follows another removes nothing more', () =>
    inTransaction(db, async (client) => {
      await addRun(client, { days: 200 })
      await pass(client)

      const again = await pass(client, { asOf: '2020-10-07 13:00+00' })

      expect(again.map(({ step, removed, dropped }) => [step, removed, dropped])).toEqual([
        ['schedules', 0, 0],
        ['rest', 0, 0],
      ])
    }))

  it('also removes gaps, rules that were replaced, overrides that are over, and workers that ended', () =>
    inTransaction(db, async (client) => {
      const schedule = await scheduleThatKeeps(client, 'x', '{}')
      await client.query(
        `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count) values
           (${schedule}, 'x', tstzrange(${ago(200)}, ${ago(100)}, '[]'), 'missed', 5),
           (${schedule}, 'x', tstzrange(${ago(99)}, ${ago(80)}, '[]'), 'missed', 4)`,
      )
      await client.query(
        `insert into almanac_private.rule_versions (schedule_id, rule, valid_from, valid_to)
         values (${schedule}, '{}', ${ago(200)}, ${ago(100)}), (${schedule}, '{}', ${ago(100)}, ${ago(80)})`,
      )
      await client.query(
        `insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, created_by, done_at)
         values (${schedule}, ${ago(100)}, 'skip', 'me', ${ago(100)}), (${schedule}, ${ago(80)}, 'skip', 'me', ${ago(80)})`,
      )
      await client.query(
        `insert into almanac.workers (name, host, pid, version, concurrency, status, started_at, last_heartbeat_at, stopped_at, pool_ids)
         select n, 'here', 1, '0', 1, s, ${ago(200)}, ${ago(100)}, case when s <> 'active' then ${ago(100)} end, p
         from (values ('gone', 'stopped', '{a}'::text[]), ('lost', 'lost', '{}'), ('holds', 'lost', '{b}'), ('active', 'active', '{}')) w(n, s, p)`,
      )

      await pass(client)

      const count = async (text: string) => (await client.query(text)).rowCount
      expect(await count(`select from almanac.omissions`)).toBe(1)
      expect(await count(`select from almanac_private.rule_versions where valid_to is not null`)).toBe(1)
      expect(await count(`select from almanac.occurrence_overrides`)).toBe(1)
      expect((await client.query(`select name from almanac.workers order by name`)).rows).toEqual([
        { name: 'active' },
        { name: 'holds' },
      ])
    }))
})

describe('the rule for all', () => {
  it('is for admins', async () => {
    for (const role of ['viewer', 'operator'] as const) {
      const client = await db.connect(role)
      expect((await refusal(client.query(`select almanac.set_retention('30 days')`))).code).toBe('AL011')
      await client.end()
    }
    await inTransaction(db, async (client) => {
      await asRole(client, 'almanac_admin', (admin) => admin.query(`select almanac.set_retention('30 days')`))
    })
  })

  it.each([
    [`keep_for => '1 hour'`, 'keep_for'],
    [`keep_for => '-1 day'`, 'keep_for'],
    [`keep_for => '101 years'`, 'keep_for'],
    [`keep_failures_for => '1 hour'`, 'keep_failures_for'],
    [`keep_last => -1`, 'keep_last'],
    [`keep_last => 1000001`, 'keep_last'],
  ])('is refused with %s', async (settings, column) => {
    expect(await refusal(db.query(`select almanac.set_retention(${settings})`))).toMatchObject({
      code: 'AL012',
      column,
    })
  })

  it.each([
    [`"keep_for": "1 hour"`, 'keep_for'],
    [`"keep_failures_for": "101 years"`, 'keep_failures_for'],
    [`"keep_last": -1`, 'keep_last'],
  ])('and that of a schedule with %s', async (settings, column) => {
    expect(
      await refusal(
        db.query(
          `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{${settings}}')`,
        ),
      ),
    ).toMatchObject({ code: 'AL019', column })
  })

  it('that keeps less holds from the next pass on, for all that is there', () =>
    inTransaction(db, async (client) => {
      await addRun(client, { days: 60 })
      await pass(client)
      expect(await runs(client)).toHaveLength(1)

      await client.query(`select almanac.set_retention('30 days')`)
      await pass(client)

      expect(await runs(client)).toEqual([])
    }))

  it('that is said again is as old as it was, so that what is overdue stays so', () =>
    inTransaction(db, async (client) => {
      const changedAt = async () =>
        (await client.query<{ at: string }>(`select changed_at::text as at from almanac.retention()`))
          .rows[0]!.at
      await client.query(`select almanac.set_retention('30 days', keep_last => 5)`)
      await client.query(
        `update almanac_private.settings set value = value || '{"changed_at": "2020-01-01T00:00:00Z"}' where key = 'retention'`,
      )
      const before = await changedAt()

      await client.query(`select almanac.set_retention('30 days', keep_last => 5)`)
      expect(await changedAt()).toBe(before)

      await client.query(`select almanac.set_retention('30 days', keep_last => 6)`)
      expect(await changedAt()).not.toBe(before)
    }))

  it('that someone has set and not committed holds up a pass, which says so', async () => {
    const admin = await db.connect()
    await admin.query(`begin; select almanac.set_retention('30 days')`)

    const parts = await db.query(`select step, is_done from almanac_private.apply_retention()`)
    await admin.end()

    expect(parts).toEqual([{ step: 'held', is_done: true }])
  })

  it('is applied by workers, and by no other role', async () => {
    for (const role of ['viewer', 'operator'] as const) {
      const client = await db.connect(role)
      expect((await refusal(client.query(`select almanac_private.apply_retention()`))).code).toBe('42501')
      await client.end()
    }
    const worker = await db.connect('worker')
    await worker.query('begin; select almanac_private.apply_retention(); rollback')
    await worker.end()
  })
})

describe('retention()', () => {
  const state = async (client: ClientBase) =>
    (
      await client.query<Record<string, unknown>>(
        `select keep_for::text, keep_failures_for::text, keep_last, changed_by, schedules_otherwise::int, oldest_run_at,
           next_from, next_runs::int, next_at, is_running, ended_at is not null as has_ended, removed_runs::int,
           dropped_weeks, is_behind from almanac.retention()`,
      )
    ).rows[0]

  it('says the rule, what goes next, what went, and who keeps something else', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('90 days', '1 year', 500)`)
      await scheduleThatKeeps(client, 'short', `{"keep_for": "7 days"}`)
      await addWeeks(client, 200, 93)
      for (const days of [200, 93]) await addRun(client, { days })
      await client.query(`analyze almanac_private.runs_20200316, almanac_private.runs_20200706`)

      expect(await state(client)).toMatchObject({
        keep_for: '90 days',
        keep_failures_for: '1 year',
        keep_last: 500,
        changed_by: 'almanac_test_owner',
        schedules_otherwise: 1,
        next_from: new Date('2020-03-16T00:00Z'),
        next_runs: 1,
        next_at: new Date('2020-06-21T00:00Z'),
        is_running: false,
        has_ended: false,
        is_behind: false,
      })
      await pass(client)
      expect(await state(client)).toMatchObject({
        oldest_run_at: new Date('2020-07-06T12:00Z'),
        next_from: new Date('2020-07-06T00:00Z'),
        is_running: false,
        has_ended: true,
        removed_runs: 0,
        dropped_weeks: 1,
      })
    }))

  it('says that it is behind when what should have gone two days ago is there, and no pass has come to it', () =>
    inTransaction(db, async (client) => {
      await addWeeks(client, 200)
      await addRun(client, { days: 200 })
      expect(await state(client)).toMatchObject({ is_behind: false })

      await client.query(
        `update almanac_private.settings set value = value || '{"changed_at": "2020-01-01T00:00:00Z"}' where key = 'retention'`,
      )
      expect(await state(client)).toMatchObject({ is_behind: true })

      await client.query(`update almanac_private.retention_passes set swept_at = now() - interval '1 day'`)
      expect(await state(client)).toMatchObject({ is_behind: false })
    }))
})

it('why() says that it is no longer kept', () =>
  inTransaction(db, async (client) => {
    const schedule = await scheduleThatKeeps(client, 'daily', `{"keep_for": "7 days"}`)
    await client.query(`update almanac_private.rule_versions set valid_from = ${ago(20)}`)
    await addRun(client, { schedule, days: 9 + 9 / 24 })
    await pass(client)

    const { rows } = await client.query<{ why: string }>(`select almanac.why('daily', '2020-09-28 03:00+00')`)

    expect(rows[0]!.why).toContain('What happened to it is no longer kept.')
  }))
