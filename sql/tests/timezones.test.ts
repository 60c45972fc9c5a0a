import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** A nightly schedule in Paris whose next run was computed by rules that put the zone an hour ahead of those of now. */
async function nightlyByOldRules(client: ClientBase): Promise<{ right: Date; wrong: Date }> {
  const { rows } = await client.query<{ next_run_at: Date }>(
    `select next_run_at from almanac.schedule_cron('nightly', '0 3 * * *', 'almanac:noop', timezone => 'Europe/Paris', settings => '{"starts_at": "2100-01-01"}')`,
  )
  const right = rows[0]!.next_run_at
  const wrong = new Date(right.getTime() - 3_600_000)
  await client.query(`set local almanac.engine to 'on'`)
  await client.query(`update almanac.schedules set next_run_at = $1, next_scheduled_for = $1`, [wrong])
  await client.query(`set local almanac.engine to 'off'`)
  return { right, wrong }
}
const nextRun = async (client: ClientBase) =>
  (await client.query<{ at: Date }>(`select next_run_at as at from almanac.schedules`)).rows[0]!.at
async function moves(client: ClientBase, args = ''): Promise<unknown[]> {
  const { rows } = await client.query<Record<string, unknown>>(
    `select schedule_name, schedule_timezone, was_due_at, due_at from almanac.recompute(${args})`,
  )
  return rows
}

describe('recompute', () => {
  it('moves what other rules of a zone would have due at another time, and its job', () =>
    inTransaction(db, async (client) => {
      const { right, wrong } = await nightlyByOldRules(client)

      expect(await moves(client)).toEqual([
        { schedule_name: 'nightly', schedule_timezone: 'Europe/Paris', was_due_at: wrong, due_at: right },
      ])

      expect(await nextRun(client)).toEqual(right)
      const { rows } = await client.query(
        `select run_at from graphile_worker.jobs where key like 'schedule:%'`,
      )
      expect(rows).toEqual([{ run_at: new Date(right.getTime() + 2_000) }])
      expect(await moves(client)).toEqual([])
    }))

  it('only tells in a dry run', () =>
    inTransaction(db, async (client) => {
      const { wrong } = await nightlyByOldRules(client)

      expect(await moves(client, 'dry_run => true')).toHaveLength(1)

      expect(await nextRun(client)).toEqual(wrong)
    }))

  it('takes one zone', () =>
    inTransaction(db, async (client) => {
      await nightlyByOldRules(client)

      expect(await moves(client, `'Asia/Tokyo'`)).toEqual([])
      expect(await moves(client, `'Europe/Paris'`)).toHaveLength(1)
      expect((await refusal(client.query(`select almanac.recompute('Mars')`))).code).toBe('AL002')
    }))

  it("is an admin's matter", () =>
    inTransaction(db, async (client) => {
      const { wrong } = await nightlyByOldRules(client)

      await expect(asRole(client, 'almanac_operator', (operator) => moves(operator))).rejects.toMatchObject({
        code: 'AL011',
      })
      expect(await nextRun(client)).toEqual(wrong)
      expect(await asRole(client, 'almanac_admin', (admin) => moves(admin))).toHaveLength(1)
    }))
})

describe('a refresh', () => {
  const refresh = async (client: ClientBase, asOf = '2026-06-01T00:00:00Z') =>
    (await client.query(`select * from almanac_private.refresh_timezones($1)`, [asOf])).rows[0] as unknown

  it('adds zones that the server has learnt', () =>
    inTransaction(db, async (client) => {
      await client.query(`delete from almanac_private.timezones where name = 'Europe/Paris'`)

      expect(await refresh(client)).toEqual({ added: 1, changed: [], moved: 0 })
      expect(await refresh(client)).toEqual({ added: 0, changed: [], moved: 0 })
    }))

  it('moves the schedules of zones whose rules are not what they were, and of no others', () =>
    inTransaction(db, async (client) => {
      const { right, wrong } = await nightlyByOldRules(client)
      await refresh(client)
      expect(await nextRun(client)).toEqual(wrong)
      await client.query(
        `update almanac_private.timezones set fingerprint = 'other' where name = 'Europe/Paris'`,
      )

      expect(await refresh(client)).toEqual({ added: 0, changed: ['Europe/Paris'], moved: 1 })

      expect(await nextRun(client)).toEqual(right)
      expect(await refresh(client)).toEqual({ added: 0, changed: [], moved: 0 })
    }))

  it('takes a session that prints times otherwise for no change', () =>
    inTransaction(db, async (client) => {
      await nightlyByOldRules(client)
      await refresh(client)
      await client.query(`set local datestyle to 'German'; set local timezone to 'Asia/Kathmandu'`)

      expect(await refresh(client)).toEqual({ added: 0, changed: [], moved: 0 })
    }))

  it('takes a new year for no change', () =>
    inTransaction(db, async (client) => {
      await nightlyByOldRules(client)
      await refresh(client)

      expect(await refresh(client, '2027-01-01T00:00:00Z')).toEqual({ added: 0, changed: [], moved: 0 })
    }))
})
