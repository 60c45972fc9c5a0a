import type { ClientBase } from 'pg'
import { beforeEach, describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
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

const db = useTestDatabase()
beforeEach(() => resetPasses(db))

/** Its latest run was due that many days before AS_OF. */
async function lastRan(client: ClientBase, id: string, days: number): Promise<void> {
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(`update almanac.schedules set last_run_at = ${ago(days)} where id = $1`, [id])
  await client.query(`set local almanac.engine to 'off'`)
}

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

  it('only as many of the latest as it says are kept, and failures for longer', () =>
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

  it('how many of the latest are kept may be set for all schedules, and 0 keeps all of one', () =>
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

it('why() says that it is no longer kept', () =>
  inTransaction(db, async (client) => {
    const schedule = await scheduleThatKeeps(client, 'daily', `{"keep_for": "7 days"}`)
    await client.query(`update almanac_private.rule_versions set valid_from = ${ago(20)}`)
    await addRun(client, { schedule, days: 9 + 9 / 24 })
    await pass(client)

    const { rows } = await client.query<{ why: string }>(`select almanac.why('daily', '2020-09-28 03:00+00')`)

    expect(rows[0]!.why).toContain('What happened to it is no longer kept.')
  }))
