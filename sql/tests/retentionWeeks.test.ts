import type { ClientBase } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { addRun, addWeeks, AS_OF, orphans, pass, resetPasses, runs } from './history.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
beforeEach(() => resetPasses(db))

const weeks = async (client: ClientBase): Promise<string[]> =>
  (
    await client.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where c.relname ~ '_2020\\d{4}$' order by 1`,
    )
  ).rows.map(({ name }) => name)

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

  describe('that takes long to read', () => {
    const remove = `select almanac_private.remove_week('2020-03-16 00:00+00', '${AS_OF}') as result`
    let client: ClientBase
    let holder: ClientBase
    beforeEach(async () => {
      client = await db.connect()
      holder = await db.connect()
      await addWeeks(client, 200)
      await holder.query('begin; lock table almanac.schedules')
    })
    afterEach(async () => {
      await holder.query('rollback')
      await client.query('set statement_timeout to 0')
      await pass(client)
    })

    it('is gone through run by run where statement_timeout ends the look at it', async () => {
      // Long enough to get there on a busy machine.
      await client.query(`set statement_timeout to '3s'`)

      expect((await client.query<{ result: string }>(remove)).rows).toEqual([{ result: 'kept' }])
    })

    it('is left where someone cancels that, who learns of it', async () => {
      const { rows } = await client.query<{ pid: number }>(`select pg_backend_pid() as pid`)
      await client.query(`set statement_timeout to '1h'`)
      const removing = refusal(client.query(remove))
      await expect
        .poll(() => db.query(`select from pg_locks where pid = $1 and not granted`, [rows[0]!.pid]))
        .toHaveLength(1)

      await holder.query(`select pg_cancel_backend($1)`, [rows[0]!.pid])

      expect((await removing).code).toBe('57014')
    })
  })
})
