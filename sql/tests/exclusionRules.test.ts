import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const excluded = async (client: ClientBase, timezone: string, from = '2100-07-05', until = '2100-07-07') =>
  (
    await client.query<{ at: string }>(
      `select to_char(starts_at at time zone 'UTC', 'DD HH24:MI') as at from almanac.excluded_times($2, $3, null, $1)`,
      [timezone, from, until],
    )
  ).rows.map(({ at }) => at)
const importing = (client: ClientBase, entries: unknown, rules: unknown = []) =>
  client.query(`select almanac.import_exclusions('c', 'a.ics', $1, $2)`, [
    JSON.stringify(entries),
    JSON.stringify(rules),
  ])
const day = (date: string, rule?: number) => ({ starts_on: date, ends_on: date, label: 'x', rule })
const rule = { label: 'x', ics: 'BEGIN:VEVENT', known_until: '2101-01-01T00:00:00Z' }
const rowsOf = async (client: ClientBase) =>
  (
    await client.query<{ on: string; has: boolean }>(
      `select starts_on::text as on, rule_id is not null as has from almanac.calendar_entries order by id`,
    )
  ).rows

describe('the zone of an entry', () => {
  it('is where its window or its dates are, whatever schedule uses it', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c')`)
      await client.query(
        `select almanac.exclude_recurring('c', '0 22 5 7 *', '1 hour', timezone => 'Asia/Tokyo')`,
      )
      await client.query(`select almanac.exclude_recurring('c', '0 12 5 7 *', '1 hour')`)
      await importing(client, [{ starts_on: '2100-07-06', timezone: 'America/New_York' }])

      expect(await excluded(client, 'UTC')).toEqual(['05 12:00', '05 13:00', '06 04:00'])
      expect(await excluded(client, 'Europe/Paris')).toEqual(['05 10:00', '05 13:00', '06 04:00'])
    }))

  it('takes precedence over that of its calendar, must exist, and is not for a range', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c', 'Europe/Paris')`)
      await importing(client, [{ cron_expression: '0 22 5 7 *', duration: '1 hour', timezone: 'UTC' }])
      expect(await excluded(client, 'Asia/Tokyo')).toEqual(['05 22:00'])

      await client.query('savepoint s')
      const bad = importing(client, [{ cron_expression: '0 22 5 7 *', duration: '1 hour', timezone: 'Mars' }])
      expect((await refusal(bad)).code).toBe('AL002')
      await client.query('rollback to s')
      const range = { starts_at: '2100-01-01', ends_at: '2100-01-02', timezone: 'UTC' }
      expect((await refusal(importing(client, [range]))).code).toBe('AL015')
    }))

  it('is looked at for new rules of zones, and recomputed by its name', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c')`)
      await client.query(
        `select almanac.exclude_recurring('c', '0 22 5 7 *', '1 hour', timezone => 'Asia/Tokyo')`,
      )
      await client.query(
        `select almanac.schedule_cron('s', '0 * * * *', 'almanac:noop', settings => '{"calendars": ["c"], "starts_at": "2100-01-01"}')`,
      )
      await client.query(`select almanac_private.refresh_timezones('2026-06-01')`)
      await client.query(
        `update almanac_private.timezones set fingerprint = 'other' where name = 'Asia/Tokyo'`,
      )
      const { rows } = await client.query(
        `select changed from almanac_private.refresh_timezones('2026-06-01')`,
      )
      expect(rows).toEqual([{ changed: ['Asia/Tokyo'] }])

      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set next_run_at = next_run_at + interval '1 hour' where name = 's'`,
      )
      const moved = await client.query(`select schedule_name from almanac.recompute('Asia/Tokyo')`)
      expect(moved.rows).toEqual([{ schedule_name: 's' }])
    }))
})

describe('the rule of an imported series', () => {
  it('comes with its entries, and goes with them when its source is imported again', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c')`)
      await client.query(`select almanac.exclude_dates('c', '2100-03-03')`)
      await importing(client, [day('2100-01-01', 0), day('2100-02-02')], [rule])
      expect(await rowsOf(client)).toEqual([
        { on: '2100-03-03', has: false },
        { on: '2100-01-01', has: true },
        { on: '2100-02-02', has: false },
      ])

      await importing(client, [day('2100-04-04')])

      expect(await rowsOf(client)).toEqual([
        { on: '2100-03-03', has: false },
        { on: '2100-04-04', has: false },
      ])
      expect((await client.query(`select from almanac.calendar_rules`)).rows).toEqual([])
    }))

  it('is read on by workers, once for each range, until it ends', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c', 'Asia/Tokyo')`)
      await importing(client, [day('2100-01-01', 0)], [rule])
      const due = async (asOf: string) =>
        (
          await client.query<{ timezone: string }>(
            `select timezone, known_until from almanac_private.rules_to_read_on($1)`,
            [asOf],
          )
        ).rows
      expect(await due('2096-12-31')).toEqual([])
      expect(await due('2097-01-02')).toEqual([
        { timezone: 'Asia/Tokyo', known_until: new Date('2101-01-01') },
      ])

      const readOn = async (until: string | null) =>
        (
          await client.query<{ count: number }>(
            `select almanac_private.read_on(id, '2101-01-01', $1, $2) as count from almanac.calendar_rules`,
            [JSON.stringify([day('2101-01-01')]), until],
          )
        ).rows[0]!.count
      await asRole(client, 'almanac_worker', async (worker) => {
        expect(
          (await worker.query(`select from almanac_private.rules_to_read_on('2097-01-02')`)).rows,
        ).toHaveLength(1)
      })
      expect(await readOn(null)).toBe(1)
      expect(await readOn(null)).toBe(0)

      expect(await rowsOf(client)).toEqual([
        { on: '2100-01-01', has: true },
        { on: '2101-01-01', has: true },
      ])
      expect(await due('2200-01-01')).toEqual([])
    }))

  it('is removed with its entries, by who may change its calendar', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c')`)
      await importing(client, [day('2100-01-01', 0)], [rule])
      const remove = (by: ClientBase) =>
        by.query(`select (almanac.remove_calendar_rule(id)).label from almanac.calendar_rules`)
      expect(await refusal(asRole(client, 'almanac_operator', remove))).toMatchObject({ code: 'AL011' })

      expect((await remove(client)).rows).toEqual([{ label: 'x' }])

      expect(await rowsOf(client)).toEqual([])
      expect((await refusal(client.query(`select almanac.remove_calendar_rule(0)`))).code).toBe('AL015')
    }))

  it('is short, and an import has bounds', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('c')`)
      const refused = async (entries: unknown, rules?: unknown) => {
        await client.query('savepoint s')
        const { code } = await refusal(importing(client, entries, rules))
        await client.query('rollback to s')
        return code
      }
      expect(await refused([], [{ ...rule, ics: 'x'.repeat(200_001) }])).toBe('AL015')
      expect(await refused(Array.from({ length: 10_001 }, () => day('2100-01-01')))).toBe('AL012')
      expect(await refused([], {})).toBe('AL009')
    }))
})
