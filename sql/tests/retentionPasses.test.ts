import type { ClientBase } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import {
  addRun,
  addWeeks,
  ago,
  AS_OF,
  orphans,
  pass,
  resetPasses,
  runs,
  scheduleThatKeeps,
} from './history.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeEach(() => resetPasses(db))

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

  it('names an earlier week that has no partition, unless all of it is kept for longer', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.set_retention('90 days', '1 year')`)
      await addWeeks(client, 200)
      await addRun(client, { days: 200 })
      await addRun(client, { days: 260, status: 'failed' })
      expect(await state(client)).toMatchObject({ next_from: new Date('2020-03-16T00:00Z') })

      for (const days of [219, 220]) await addRun(client, { days })

      expect(await state(client)).toMatchObject({
        next_from: new Date('2020-02-24T00:00Z'),
        next_runs: 1,
        next_at: new Date('2020-05-31T00:00Z'),
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
