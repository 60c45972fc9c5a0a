import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import {
  asRole,
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { refusal } from './sqlError.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

const CHECK = `select problem, scheduled_for from almanac.check_ledger(now() - interval '3 hours', now())`
/** A schedule of every minute of the last hour: ten minutes missed, fifty run and over. */
async function history(client: ClientBase): Promise<void> {
  await client.query(
    `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => '{"missed_run_policy": "run_all", "catchup_window": "50 minutes", "overlap_policy": "allow", "catchup_per_minute": 1000}')`,
  )
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(
    `update almanac.schedules set created_at = now() - interval '1 hour', cursor_at = now() - interval '1 hour', next_scheduled_for = date_trunc('minute', now()) - interval '58 minutes', next_run_at = date_trunc('minute', now()) - interval '58 minutes'`,
  )
  await client.query(`set local almanac.engine to 'off'`)
  await client.query(`update almanac_private.rule_versions set valid_from = now() - interval '1 hour'`)
  await client.query(`select almanac_private.fire_due()`)
  await client.query(
    `update almanac.runs set status = 'succeeded', finished_at = now(); delete from almanac_private.live_runs`,
  )
}

it('what is purged, in parts, is gone, and not missed by the ledger check', () =>
  inTransaction(db, async (client) => {
    await history(client)
    expect((await client.query(CHECK)).rows).toEqual([])

    const parts: unknown[] = []
    for (let isDone = false; !isDone;) {
      const { rows } = await asRole(client, 'almanac_admin', (as) =>
        as.query<{ is_done: boolean; runs: string }>(
          `select * from almanac.purge(now() - interval '20 minutes', 20)`,
        ),
      )
      isDone = rows[0]!.is_done
      parts.push(Number(rows[0]!.runs))
    }

    expect(parts).toHaveLength(2)
    expect(
      (
        await client.query(
          `select min(scheduled_for) >= now() - interval '20 minutes' as kept, count(*) > 15 as many from almanac.runs`,
        )
      ).rows,
    ).toEqual([{ kept: true, many: true }])
    expect((await client.query(`select from almanac.omissions`)).rowCount).toBe(0)
    expect((await client.query(CHECK)).rows).toEqual([])
  }))

it('what is deleted manually is not missed, but what is lost next to it is', () =>
  inTransaction(db, async (client) => {
    await history(client)

    await client.query(`delete from almanac.runs where scheduled_for < now() - interval '30 minutes'`)
    await client.query(`delete from almanac.omissions`)
    expect((await client.query(CHECK)).rows).toEqual([])

    await client.query(
      `update almanac.runs set trigger = 'manual' where id = (select max(id) from almanac.runs)`,
    )
    expect((await client.query(CHECK)).rows).toMatchObject([{ problem: 'missing' }])
  }))

it('what is lost between deleted runs is found, and how many', () =>
  inTransaction(db, async (client) => {
    await history(client)
    await client.query(`delete from almanac.runs where extract(minute from scheduled_for)::integer % 2 = 0`)
    expect((await client.query(CHECK)).rows).toEqual([])

    await client.query(
      `update almanac.runs set trigger = 'manual'
       where id in (select id from almanac.runs order by scheduled_for offset 5 limit 2)`,
    )
    const { rows } = await client.query(
      `select problem, detail from almanac.check_ledger(now() - interval '3 hours')`,
    )
    expect(rows).toEqual([
      {
        problem: 'missing',
        detail: expect.stringMatching(
          /^\d+ occurrences until .* only \d+ were deleted manually\.$/,
        ) as string,
      },
    ])
  }))

it('what is truncated is not missed, but what is lost later is', () =>
  inTransaction(db, async (client) => {
    await history(client)

    await client.query(`truncate almanac.runs, almanac.omissions`)

    expect((await client.query(CHECK)).rows).toEqual([])
    await client.query(`update almanac_private.deleted_history set count = count - 1`)
    expect((await client.query(CHECK)).rows).toMatchObject([{ problem: 'missing' }])
  }))

it('what goes on is not purged', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop'), almanac.trigger_now('x')`,
    )

    await client.query(`select almanac.purge(statement_timestamp())`)

    expect((await client.query(`select status from almanac.runs`)).rows).toEqual([{ status: 'queued' }])
  }))

it.each([`null`, `'infinity'`, `'-infinity'`, `now() + interval '1 hour'`])(
  'history is not purged up to %s',
  async (before) => {
    expect(await refusal(db.query(`select almanac.purge(${before})`))).toMatchObject({ code: 'AL021' })
  },
)

it('only an admin purges', async () => {
  const operator = await db.connect('operator')

  expect((await refusal(operator.query(`select almanac.purge(now())`))).code).toBe('AL011')
  await operator.end()
})
