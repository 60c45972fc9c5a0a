import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const START = Date.parse('2100-01-01T00:00:00Z')
const at = (hours: number) => new Date(START + hours * 3_600_000)
interface Check {
  checked_at: Date
  range_start: Date
  range_end: Date
  unchecked_since: Date | null
  found: number
  counts: Record<string, number>
  findings: Record<string, unknown>[]
  took_ms: number
  stale_at: Date
}
async function check(client: ClientBase, hours: number): Promise<Check> {
  return (await client.query<Check>(`select c.* from almanac_private.run_ledger_check($1) c`, [at(hours)]))
    .rows[0]!
}
async function everyHour(client: ClientBase, until: number): Promise<void> {
  await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => $1)`, [
    { starts_at: at(0), overlap_policy: 'allow' },
  ])
  for (let hour = 0; hour <= until; hour++)
    await client.query(`select almanac_private.fire_due($1)`, [at(hour)])
}

describe('what is checked', () => {
  it('the first time the last 25 hours, then from an hour before the last check ended, once a day 25 hours again', () =>
    inTransaction(db, async (client) => {
      const ranges: unknown[] = []
      for (const hours of [0, 1, 2.5, 23, 24, 25])
        ranges.push(
          await check(client, hours).then((made) => [made.range_start, made.range_end, made.unchecked_since]),
        )

      expect(ranges).toEqual([
        [at(-25), at(0), null],
        [at(-1), at(1), null],
        [at(0), at(2.5), null],
        [at(1.5), at(23), null],
        [at(-1), at(24), null],
        [at(23), at(25), null],
      ])
    }))

  it('what was found once more, until it is mended or 25 hours old', () =>
    inTransaction(db, async (client) => {
      await everyHour(client, 10)
      await client.query(`delete from almanac.runs where scheduled_for in ($1, $2)`, [at(2), at(4)])
      // Lost, not deleted: no one has noted it.
      await client.query(`delete from almanac_private.deleted_history`)
      const found = async (hours: number) => {
        const { range_start, findings } = await check(client, hours)
        return [range_start, ...findings.map(({ scheduled_for }) => new Date(String(scheduled_for)))]
      }

      expect(await found(5.5)).toEqual([at(-19.5), at(2), at(4)])
      expect(await found(9.5)).toEqual([at(2), at(2), at(4)])
      await client.query(
        `insert into almanac.omissions (schedule_id, schedule_name, during, reason, count)
         select id, name, tstzrange($1, $1, '[]'), 'missed', 1 from almanac.schedules`,
        [at(2)],
      )
      expect(await found(10.5)).toEqual([at(2), at(4)])
      expect(await found(10.6)).toEqual([at(4), at(4)])
      expect((await found(28.9)).slice(0, 2)).toEqual([at(4), at(4)])
    }))

  it('never more than 25 hours, and what no check has looked at is said', () =>
    inTransaction(db, async (client) => {
      await check(client, 0)

      expect(await check(client, 100)).toMatchObject({
        range_start: at(75),
        range_end: at(100),
        unchecked_since: at(0),
      })
    }))

  it('a check asked for at an earlier moment than the last one ends there', () =>
    inTransaction(db, async (client) => {
      await check(client, 5)

      expect(await check(client, 4)).toMatchObject({
        range_start: at(3),
        range_end: at(4),
        unchecked_since: null,
      })
    }))
})

describe('what is kept', () => {
  it('of a ledger as it should be: nothing found, and until when that holds', () =>
    inTransaction(db, async (client) => {
      await everyHour(client, 3)

      expect(await check(client, 3.5)).toMatchObject({
        checked_at: at(3.5),
        found: 0,
        counts: {},
        findings: [],
        stale_at: at(5.5),
      })
    }))

  it('of one with gaps: how many of each kind, and which', () =>
    inTransaction(db, async (client) => {
      await everyHour(client, 3)
      await client.query(`delete from almanac.runs where scheduled_for in ($1, $2)`, [at(1), at(2)])
      // Lost, not deleted: no one has noted it.
      await client.query(`delete from almanac_private.deleted_history`)

      const made = await check(client, 3.5)

      expect(made).toMatchObject({ found: 2, counts: { missing: 2 } })
      const { rows } = await client.query<{ id: string }>(`select id from almanac.schedules`)
      const finding = {
        problem: 'missing',
        schedule_id: rows[0]!.id,
        schedule_name: 'x',
        detail: 'It has no outcome: there is no run, and no gap includes it.',
      }
      expect(made.findings).toEqual([
        { ...finding, scheduled_for: '2100-01-01T01:00:00+00:00' },
        { ...finding, scheduled_for: '2100-01-01T02:00:00+00:00' },
      ])
    }))

  it('the first 100 findings; all are counted', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => $1)`, [
        { starts_at: at(0), overlap_policy: 'allow', late_tolerance: '1 day' },
      ])
      await client.query(`select almanac_private.fire_due($1)`, [at(2)])
      await client.query(`delete from almanac.runs`)
      // Lost, not deleted: no one has noted it.
      await client.query(`delete from almanac_private.deleted_history`)

      const made = await check(client, 2)

      expect(made.found).toBe(120)
      expect(made.findings).toHaveLength(100)
      expect(made.findings[99]).toMatchObject({ scheduled_for: '2100-01-01T01:39:00+00:00' })
    }))

  it('for 90 days; the latest is had by name', () =>
    inTransaction(db, async (client) => {
      await check(client, 0)
      await check(client, 1)
      await check(client, 90 * 24 + 0.5)

      const { rows } = await client.query(`select checked_at from almanac.ledger_checks order by id`)
      expect(rows).toEqual([{ checked_at: at(1) }, { checked_at: at(90 * 24 + 0.5) }])
      const { rows: last } = await client.query(`select checked_at from almanac.last_ledger_check()`)
      expect(last).toEqual([{ checked_at: at(90 * 24 + 0.5) }])
    }))
})

it('schedules that are stopped are not overdue', () =>
  inTransaction(db, async (client) => {
    const overdue = async () =>
      (await client.query<{ problem: string }>(`select problem from almanac.check_ledger()`)).rows
    await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)
    await client.query(`set local almanac.engine to 'on'`)
    await client.query(
      `update almanac.schedules set next_run_at = now() - interval '2 minutes', next_scheduled_for = now() - interval '2 minutes'`,
    )
    await client.query(`set local almanac.engine to 'off'`)
    expect(await overdue()).toEqual([{ problem: 'overdue' }])

    await client.query(`select almanac.pause_all()`)

    expect(await overdue()).toEqual([])
  }))

describe('rights', () => {
  it('a worker checks', () => asRole(db, 'almanac_worker', (client) => check(client, 1)))

  it.each(['almanac_viewer', 'almanac_operator', 'almanac_admin', 'almanac_worker'])(
    '%s reads checks',
    (role) =>
      inTransaction(db, async (client) => {
        await check(client, 1)

        const { rows } = await asRole(client, role, (as) =>
          as.query(`select found from almanac.ledger_checks`),
        )
        expect(rows).toEqual([{ found: 0 }])
      }),
  )

  it.each(
    ['viewer', 'operator', 'admin', 'worker'].flatMap((login) =>
      [
        `insert into almanac.ledger_checks (checked_at, range_start, range_end, found, took_ms, stale_at) values (now(), now() - interval '1 hour', now(), 0, 0, now())`,
        `update almanac.ledger_checks set found = 0`,
        `delete from almanac.ledger_checks`,
      ].map((statement) => [login, statement] as const),
    ),
  )('%s may not %s', async (login, statement) => {
    const client = await db.connect(login as 'viewer')

    expect((await refusal(client.query(statement))).code).toBe('42501')
    await client.end()
  })

  it.each(['plain', 'server', 'viewer', 'operator', 'admin'] as const)('%s does not check', async (login) => {
    const client = await db.connect(login)

    expect((await refusal(client.query(`select almanac_private.run_ledger_check()`))).code).toBe('42501')
    await client.end()
  })
})
