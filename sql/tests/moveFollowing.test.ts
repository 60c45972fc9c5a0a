import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { at, daily, ruleForMove } from './movedDaily.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

describe('the cron text that moves this and following', () => {
  // 5 January 2100 is a Tuesday.
  it.each([
    ['0 3 * * *', '2100-01-05 03:00', '2100-01-05 04:30', '30 4 * * *'],
    ['@daily', '2100-01-05 00:00', '2100-01-05 01:00', '0 1 * * *'],
    ['30 0 3 * * *', '2100-01-05 03:00:30', '2100-01-05 04:00:30', '30 0 4 * * *'],
    ['0 3 * * 1-5', '2100-01-05 03:00', '2100-01-05 04:30', '30 4 * * 1-5'],
    ['0 3 * * TUE', '2100-01-05 03:00', '2100-01-07 04:30', '30 4 * * 4'],
    ['0 3 * * 1,2,3', '2100-01-05 03:00', '2100-01-07 03:00', '0 3 * * 1,3,4'],
    ['0 3 5 * *', '2100-01-05 03:00', '2100-01-07 03:15', '15 3 7 * *'],
    ['0 3 5 1 *', '2100-01-05 03:00', '2100-02-07 03:00', '0 3 7 2 *'],
    ['0 3,15 * * *', '2100-01-05 03:00', '2100-01-05 04:00', '0 4,15 * * *'],
    ['0 * * * *', '2100-01-05 03:00', '2100-01-05 03:20', '20 * * * *'],
  ])('%s, %s to %s: %s', async (cron, was, to, expected) => {
    const [row] = await db.query(`select * from almanac_private.moved_cron($1, $2, $3)`, [cron, was, to])

    expect(row).toEqual({ expression: expected, note: null })
  })

  it.each([
    ['of every day, another day', '0 3 * * *', '2100-01-05 03:00', '2100-01-06 03:00'],
    ['of several times, one with another minute', '0 3,15 * * *', '2100-01-05 03:00', '2100-01-05 04:30'],
    ['of several days, one with another time', '0 3 * * 1-5', '2100-01-05 03:00', '2100-01-09 04:00'],
    ['of every hour, another hour', '0 * * * *', '2100-01-05 03:00', '2100-01-05 04:20'],
    ['onto a time that it names already', '0 3,15 * * *', '2100-01-05 03:00', '2100-01-05 15:00'],
    ['of the last day, another', '0 3 L * *', '2100-01-31 03:00', '2100-01-30 03:00'],
    ['of days by date or weekday, another', '0 3 5 * 1', '2100-01-05 03:00', '2100-01-06 03:00'],
  ])('there is none for %s', async (_, cron, was, to) => {
    const [row] = await db.query(`select * from almanac_private.moved_cron($1, $2, $3)`, [cron, was, to])

    expect(row).toMatchObject({ expression: null })
    expect(String(row?.['note'])).toMatch(/^The rule names/)
  })
})

describe('rule_for_move', () => {
  it('says the changes, and how many come before', () =>
    inTransaction(db, async (client) => {
      await daily(client)

      expect(await ruleForMove(client, at(4), at(4, '10:15'))).toMatchObject({
        changes: { cron_expression: '15 10 * * *' },
        earlier: '0',
        note: null,
      })
      expect((await ruleForMove(client, at(6), at(6, '10:15'))).earlier).toBe('2')
    }))

  it('an interval begins with the new time, a single run is due at it', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_every('x', '1 day', 'almanac:noop', settings => '{"starts_at": "2100-01-04T09:00:00Z"}')`,
      )
      expect((await ruleForMove(client, at(4), at(4, '10:15'))).changes).toEqual({
        starts_at: '2100-01-04T10:15:00+00:00',
      })

      await client.query(`select almanac.schedule_at('y', $1, 'almanac:noop')`, [at(4)])
      const { rows } = await client.query(`select changes from almanac.rule_for_move('y', $1, $2)`, [
        at(4),
        at(5),
      ])
      expect(rows).toEqual([{ changes: { run_at: '2100-01-05T09:00:00+00:00' } }])
    }))

  it('says why there is none: the clock, the bounds', () =>
    inTransaction(db, async (client) => {
      await daily(client, { ends_at: '2100-01-04T12:00:00Z' })
      const outside = await ruleForMove(client, at(4), at(4, '12:30'))
      expect(outside.changes).toBeNull()
      expect(outside.note).toContain('outside its start and end')

      // The second pass of 02:30, which a fixed time never means.
      await client.query(
        `select almanac.schedule_cron('x', '0 1 * * *', 'almanac:noop', timezone => 'Europe/Paris', settings => '{"ends_at": null, "starts_at": null}')`,
      )
      const second = await ruleForMove(client, '2027-10-30T23:00:00Z', '2027-10-31T01:30:00Z')
      expect(second.changes).toBeNull()
      expect(second.note).toContain('the clock changes')
    }))

  it('refuses a time that the rule does not name', () =>
    inTransaction(db, async (client) => {
      await daily(client)

      expect((await refusal(ruleForMove(client, at(4, '09:01'), at(4, '10:00')))).code).toBe('AL016')
    }))
})

describe('closed_times', () => {
  const closed = async (client: ClientBase, name = 'x') =>
    (
      await client.query<{ text: string }>(
        `select to_char(starts_at at time zone 'UTC', 'DD HH24:MI') || to_char(ends_at at time zone 'UTC', '–DD HH24:MI ')
           || reason || coalesce(': ' || label, '') as text
         from almanac.closed_times($1, '2100-01-03T00:00Z', '2100-01-10T00:00Z')`,
        [name],
      )
    ).rows.map(({ text }) => text)

  it('are what is before its start, after its end, and what its calendars exclude', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('freeze', timezone => 'UTC')`)
      await client.query(
        `select almanac.exclude_range('freeze', '2100-01-05T06:45Z', '2100-01-05T09:15Z', 'Backup window')`,
      )
      await daily(client, { ends_at: '2100-01-08T00:00:00Z', calendars: ['freeze'] })

      expect(await closed(client)).toEqual([
        '03 00:00–04 00:00 not started',
        '05 06:45–05 09:15 excluded: Backup window',
        '08 00:00–10 00:00 ended',
      ])
    }))

  it('are all times of a system schedule, and of someone else’s', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac_private.install_system_schedules()`)
      const { rows } = await client.query<{ name: string }>(
        `select name from almanac.schedules where is_system order by name limit 1`,
      )
      expect(await closed(client, rows[0]!.name)).toEqual(['03 00:00–10 00:00 system'])

      await daily(client, { starts_at: null })
      expect(await asRole(client, 'almanac_operator', (as) => closed(as))).toEqual([
        expect.stringMatching(/^03 00:00–10 00:00 other owner: /),
      ])
    }))

  it('name the user who owns the schedule', () =>
    inTransaction(db, async (client) => {
      await daily(client, { starts_at: null })
      await client.query(`insert into almanac.users (username, role) values ('dana', 'operator')`)
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set owner_user = (select id from almanac.users where username = 'dana')`,
      )
      await client.query(`set local almanac.engine to 'off'`)

      expect(await asRole(client, 'almanac_operator', (as) => closed(as))).toEqual([
        '03 00:00–10 00:00 other owner: dana',
      ])
    }))

  it('are what is past', () =>
    inTransaction(db, async (client) => {
      await daily(client, { starts_at: null })
      const { rows } = await client.query(
        `select reason, ends_at between now() and clock_timestamp() as until_now from almanac.closed_times('x', now() - interval '1 day', now() + interval '1 day')`,
      )

      expect(rows).toEqual([{ reason: 'past', until_now: true }])
    }))

  it('are bounded', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      const call = client.query(
        `select almanac.closed_times('x', '2099-01-01T00:00Z', '2100-01-10T00:00Z', 0)`,
      )
      expect((await refusal(call)).code).toBe('AL012')
    }))
})
