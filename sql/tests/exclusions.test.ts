import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** A schedule at nine every day in UTC that starts on Monday 4 January 2100 and uses the calendar "off". */
async function daily(client: ClientBase, settings: Record<string, unknown> = {}): Promise<void> {
  await client.query(
    `select almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop', timezone => $2, settings => $1)`,
    [
      {
        starts_at: '2100-01-04T00:00:00Z',
        calendars: ['off'],
        late_tolerance: '1 second',
        ...settings,
        timezone: undefined,
      },
      settings['timezone'] ?? 'UTC',
    ],
  )
}
const off = (client: ClientBase, entry: string) => client.query(`select almanac.${entry}`)
const calendar = (client: ClientBase, timezone: string | null = null) =>
  client.query(`select almanac.create_calendar('off', $1)`, [timezone])

/** Nominal and due time of what comes: "05 09:00" or "05 09:00 → 06 00:00". */
async function upcoming(client: ClientBase, count: number): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI')
       || case when due_at <> scheduled_for then to_char(due_at at time zone 'UTC', ' → DD HH24:MI') else '' end as text
     from almanac.upcoming('x', '2100-01-01', $1)`,
    [count],
  )
  return rows.map((row) => row.text)
}
/** All outcomes: runs "05 succeeded" and omissions "05-06 excluded 2", by nominal day. */
async function outcomes(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select text from (
       select scheduled_for as at, to_char(scheduled_for at time zone 'UTC', 'DD ') || status || coalesce(' ' || reason, '') as text from almanac.runs
       union all
       select lower(during), to_char(lower(during) at time zone 'UTC', 'DD-') || to_char(upper(during) at time zone 'UTC', 'DD ') || reason || ' ' || count
       from almanac.omissions
     ) o order by at`,
  )
  return rows.map((row) => row.text)
}
const fire = (client: ClientBase, asOf: string) => client.query(`select almanac_private.fire_due($1)`, [asOf])

describe('an occurrence is excluded', () => {
  it.each([
    ['on a date, from midnight to midnight', `exclude_dates('off', '2100-01-05')`, ['04 09:00', '06 09:00']],
    [
      'on the dates of a range, the last one included',
      `exclude_dates('off', '2100-01-04', '2100-01-06')`,
      ['07 09:00', '08 09:00'],
    ],
    [
      'within a range of instants, its end not included',
      `exclude_range('off', '2100-01-04 09:00Z', '2100-01-05 09:00Z')`,
      ['05 09:00', '06 09:00'],
    ],
    [
      'within a recurring window',
      `exclude_recurring('off', '0 8 * * MON,TUE', '2 hours')`,
      ['06 09:00', '07 09:00'],
    ],
    [
      'by none of its entries, and runs',
      `exclude_recurring('off', '0 10 * * *', '22 hours')`,
      ['04 09:00', '05 09:00'],
    ],
  ])('%s', (_, entry, expected) =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, entry)
      await daily(client)

      expect(await upcoming(client, 2)).toEqual(expected)
    }),
  )

  it('by any of its calendars', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await client.query(`select almanac.create_calendar('more')`)
      await off(client, `exclude_dates('off', '2100-01-04')`)
      await off(client, `exclude_dates('more', '2100-01-05')`)
      await daily(client, { calendars: ['off', 'more'] })

      expect(await upcoming(client, 2)).toEqual(['06 09:00', '07 09:00'])
    }))

  it("with dates in the calendar's zone", () =>
    inTransaction(db, async (client) => {
      await calendar(client, 'Pacific/Auckland')
      await off(client, `exclude_dates('off', '2100-01-05')`)
      await daily(client)

      // The 5th of Auckland is from 11:00 on the 4th to 11:00 on the 5th, in UTC.
      expect(await upcoming(client, 3)).toEqual(['04 09:00', '06 09:00', '07 09:00'])
    }))

  it("with dates in the schedule's zone, if the calendar has none", () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_dates('off', '2100-01-05')`)
      await daily(client, { timezone: 'Pacific/Auckland' })

      // Nine in Auckland is 20:00 of the day before in UTC.
      expect(await upcoming(client, 3)).toEqual(['05 20:00', '06 20:00', '07 20:00'])
    }))

  it('on business days by weekend and holiday', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_business_days('off')`)
      await off(client, `exclude_recurring('off', '0 0 6 1 *', '1 day', 'Epiphany')`)
      await daily(client)

      expect(await upcoming(client, 5)).toEqual(['04 09:00', '05 09:00', '07 09:00', '08 09:00', '11 09:00'])
    }))

  it('to the midnight after, also where the clock skips the midnight before', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_recurring('off', '0 0 * * SUN', '1 day')`)

      // In Beirut the clock goes from 00:00 to 01:00 on Sunday 28 March 2027.
      const { rows } = await client.query(
        `select lower(w.during), upper(w.during) from almanac_private.exclusion_windows(array['off'], 'Asia/Beirut', '2027-03-28', '2027-03-28') w`,
      )
      expect(rows).toEqual([
        { lower: new Date('2027-03-27T22:00:00Z'), upper: new Date('2027-03-28T21:00:00Z') },
      ])
    }))
})

describe('an excluded occurrence', () => {
  it('is left out and recorded, several as one gap', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_dates('off', '2100-01-05', '2100-01-06')`)
      await daily(client)

      await fire(client, '2100-01-04T09:00:00Z')
      await fire(client, '2100-01-07T09:00:00Z')

      expect(await outcomes(client)).toEqual([
        '04 queued',
        '05-06 excluded 2',
        '07 skipped an earlier run has not finished',
      ])
    }))

  it('moves to the end of the exclusion if the schedule says so', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_range('off', '2100-01-05 08:00Z', '2100-01-05 17:30Z')`)
      await daily(client, { exclusion_policy: 'move' })

      expect(await upcoming(client, 3)).toEqual(['04 09:00', '05 09:00 → 05 17:30', '06 09:00'])
    }))

  it('moves over exclusions that touch each other', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_range('off', '2100-01-05 08:00Z', '2100-01-05 17:30Z')`)
      await off(client, `exclude_range('off', '2100-01-05 17:30Z', '2100-01-05 20:00Z')`)
      await daily(client, { exclusion_policy: 'move' })

      expect(await upcoming(client, 2)).toEqual(['04 09:00', '05 09:00 → 05 20:00'])
    }))

  it('is merged into the latest one of the exclusion, so that one runs after it', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_dates('off', '2100-01-04', '2100-01-06')`)
      await daily(client, { exclusion_policy: 'move' })

      expect(await upcoming(client, 2)).toEqual(['06 09:00 → 07 00:00', '07 09:00'])
      await fire(client, '2100-01-07T00:00:00Z')
      expect(await outcomes(client)).toEqual(['04 skipped merged', '05 skipped merged', '06 queued'])
    }))

  it('is merged into one that is due when the exclusion ends', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_range('off', '2100-01-04 00:00Z', '2100-01-06 09:00Z')`)
      await daily(client, { exclusion_policy: 'move' })

      expect(await upcoming(client, 2)).toEqual(['06 09:00', '07 09:00'])
    }))

  it('is late from the time it was moved to', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_dates('off', '2100-01-04')`)
      await daily(client, { exclusion_policy: 'move', missed_run_policy: 'skip' })

      await fire(client, '2100-01-05T00:00:00.5Z')

      expect(await outcomes(client)).toEqual(['04 queued'])
    }))

  it('counts for nothing in max_runs', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_dates('off', '2100-01-05')`)
      await daily(client, { max_runs: 2 })

      expect(await upcoming(client, 5)).toEqual(['04 09:00', '06 09:00'])
    }))
})

describe('a change of a calendar', () => {
  const nextRun = async (client: ClientBase) =>
    (
      await client.query<{ at: Date }>(`select next_run_at as at from almanac.schedules`)
    ).rows[0]!.at?.toISOString()

  it('moves what is next due, and its job', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await daily(client)
      expect(await nextRun(client)).toBe('2100-01-04T09:00:00.000Z')

      await off(client, `exclude_dates('off', '2100-01-04')`)
      expect(await nextRun(client)).toBe('2100-01-05T09:00:00.000Z')
      const { rows } = await client.query(
        `select run_at from graphile_worker.jobs where key like 'schedule:%'`,
      )
      expect(rows).toEqual([{ run_at: new Date('2100-01-05T09:00:02Z') }])

      await client.query(`update almanac.calendar_entries set starts_on = '2100-01-05'`)
      expect(await nextRun(client)).toBe('2100-01-04T09:00:00.000Z')
      await client.query(`update almanac.calendar_entries set starts_on = '2100-01-04'`)
      await client.query(`update almanac.exclusion_calendars set timezone = 'America/Los_Angeles'`)
      await client.query(`update almanac.calendar_entries set starts_on = '2100-01-03'`)
      expect(await nextRun(client)).toBe('2100-01-04T09:00:00.000Z')
      await client.query(`update almanac.exclusion_calendars set timezone = 'Pacific/Auckland'`)
      await client.query(`update almanac.calendar_entries set starts_on = '2100-01-04'`)
      expect(await nextRun(client)).toBe('2100-01-05T09:00:00.000Z')
      await client.query(`delete from almanac.calendar_entries`)
      expect(await nextRun(client)).toBe('2100-01-04T09:00:00.000Z')
    }))

  it('settles by its old state what is due by then', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_range('off', now() - interval '1 hour', now() - interval '10 seconds')`)
      await client.query(
        `select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => '{"calendars": ["off"], "overlap_policy": "allow"}')`,
      )
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set created_at = now() - interval '10 minutes 5 seconds', cursor_at = now() - interval '10 minutes 5 seconds',
           next_scheduled_for = now() - interval '5 seconds', next_run_at = now() - interval '5 seconds'`,
      )
      await client.query(`set local almanac.engine to 'off'`)

      await client.query(`delete from almanac.calendar_entries`)

      const { rows } = await client.query(
        `select (select count(*)::int from almanac.runs) as runs, (select sum(count)::int from almanac.omissions) as excluded`,
      )
      expect(rows).toEqual([{ runs: 1, excluded: 9 }])
    }))

  it('settles once in a statement, however many entries', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await daily(client)

      const { rows } = await client.query(
        `select almanac.import_exclusions('off', 'holidays.ics',
           (select jsonb_agg(jsonb_build_object('starts_on', date '2100-01-01' + i, 'label', 'day ' || i)) from generate_series(0, 999) i)) as count`,
      )

      expect(rows).toEqual([{ count: 1000 }])
      expect((await upcoming(client, 1))[0]).toBe('28 09:00')
    }))

  it('a second import from the same source takes the place of the first', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await off(client, `exclude_dates('off', '2100-01-04')`)
      await off(
        client,
        `import_exclusions('off', 'a.ics', '[{"starts_on": "2100-01-05"}, {"starts_on": "2100-01-06"}]')`,
      )
      await off(client, `import_exclusions('off', 'a.ics', '[{"starts_on": "2100-01-07"}]')`)

      const { rows } = await client.query(
        `select starts_on::text, source from almanac.calendar_entries order by id`,
      )
      expect(rows).toEqual([
        { starts_on: '2100-01-04', source: null },
        { starts_on: '2100-01-07', source: 'a.ics' },
      ])
    }))

  it('its new name goes into the schedules that use it', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await daily(client)

      await off(client, `update_calendar('off', '{"name": "holidays"}')`)

      expect((await client.query(`select calendars from almanac.schedules`)).rows).toEqual([
        { calendars: ['holidays'] },
      ])
    }))

  it('one in use is not deleted', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      await daily(client)

      const refused = await refusal(off(client, `delete_calendar('off')`))
      expect(refused).toMatchObject({ code: 'AL015', detail: 'By: x.' })
    }))
})

describe('refused', () => {
  it.each([
    ['AL015', `schedule_cron('y', '0 9 * * *', 'almanac:noop', settings => '{"calendars": ["nowhere"]}')`],
    ['AL015', `schedule_cron('y', '0 9 * * *', 'almanac:noop', settings => '{"calendars": [null]}')`],
    ['AL003', `schedule_cron('y', '0 9 * * *', 'almanac:noop', settings => '{"jitter": "1 month"}')`],
    ['AL003', `schedule_cron('y', '0 9 * * *', 'almanac:noop', settings => '{"jitter": "25 hours"}')`],
    ['AL003', `schedule_cron('y', '0 9 * * *', 'almanac:noop', settings => '{"jitter": "-1 second"}')`],
    ['AL015', `exclude_dates('nowhere', '2100-01-04')`],
    ['AL015', `exclude_dates('off', '2100-01-04', '2100-01-03')`],
    ['AL015', `exclude_dates('off', 'infinity')`],
    ['AL015', `exclude_dates('off', null)`],
    ['AL015', `exclude_range('off', '2100-01-04', '2100-01-04')`],
    ['AL015', `exclude_range('off', '2100-01-04', 'infinity')`],
    ['AL001', `exclude_recurring('off', '0 25 * * *', '1 day')`],
    ['AL015', `exclude_recurring('off', '0 0 * * *', '400 days')`],
    ['AL015', `exclude_recurring('off', '* * * * *', '1 hour')`],
    ['AL015', `exclude_recurring('off', '0 0 * * *', null)`],
    ['AL003', `exclude_recurring('off', '0 0 * * *', '1 day 2 hours')`],
    ['AL015', `exclude_recurring('off', '0 0 * * *', '32 days')`],
    ['AL015', `exclude_recurring('off', '0 * * * *', '366 days')`],
    ['AL015', `exclude_recurring('off', '0 * 24-26 12 *', '366 days')`],
    ['AL015', `exclude_recurring('off', '0 * * 1-6 *', '1 hour')`],
    ['AL015', `exclude_recurring('off', '0 * * * *', '1 hour')`],
    ['AL002', `create_calendar('y', 'Mars')`],
    ['23505', `create_calendar('off')`],
    ['AL009', `update_calendar('off', '{"colour": "red"}')`],
    ['AL009', `import_exclusions('off', 'a.ics', '{}')`],
    ['AL015', `remove_exclusion(0)`],
    ['AL012', `excluded_times('2100-01-01', '2102-01-01')`],
  ])('%s: %s', (code, call) =>
    inTransaction(db, async (client) => {
      await calendar(client)

      expect((await refusal(off(client, call))).code).toBe(code)
    }),
  )
})

describe('recurring windows', () => {
  it.each([
    ['0 0 * * *', '31 days'],
    ['0 0 1 1 *', '366 days'],
    ['0 0 * * SAT,SUN', '1 day'],
    ['0 22-23,0-5 * * *', '1 hour'],
    ['0 * * * *', '59 minutes'],
    ['0 * 24-26 12 *', '1 hour'],
  ])('%s for %s is taken', (cron, duration) =>
    inTransaction(db, async (client) => {
      await calendar(client)

      await client.query(`select almanac.exclude_recurring('off', $1, $2::interval)`, [cron, duration])
    }),
  )

  it('that start more than once a day start 240 times a day in one calendar, however they come', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      const hourly = (first: number, last: number) =>
        client.query(
          `insert into almanac.calendar_entries (calendar_id, cron_expression, duration)
            select c.id, i || ' * * * *', interval '1 minute'
            from almanac.exclusion_calendars c, generate_series($1::integer, $2) i where c.name = 'off'`,
          [first, last],
        )
      await hourly(1, 9)
      await client.query(`update almanac.calendar_entries set duration = '2 minutes'`)
      await off(client, `exclude_recurring('off', '0 0 * * *', '1 minute')`)

      expect(await refusal(hourly(10, 11))).toMatchObject({ code: 'AL015', column: 'cron_expression' })
    }))
})

describe('rights', () => {
  it('an operator changes own calendars, an admin all, a viewer none', () =>
    inTransaction(db, async (client) => {
      await calendar(client)
      const denied = async (role: string, call: string) =>
        (await refusal(asRole(client, role, (as) => off(as, call)))).code

      expect(await denied('almanac_viewer', `create_calendar('y')`)).toBe('42501')
      expect(await denied('almanac_operator', `exclude_dates('off', '2100-01-04')`)).toBe('AL011')
      expect(await denied('almanac_operator', `update_calendar('off', '{"name": "mine"}')`)).toBe('AL011')
      expect(await denied('almanac_operator', `delete_calendar('off')`)).toBe('AL011')
      await asRole(client, 'almanac_operator', async (as) => {
        await as.query(`select almanac.create_calendar('own')`)
        await as.query(`select almanac.exclude_dates('own', '2100-01-04')`)
      })
      await asRole(client, 'almanac_admin', (as) =>
        as.query(`select almanac.exclude_dates('off', '2100-01-04')`),
      )
    }))

  it('no one writes overrides but by their functions', () =>
    inTransaction(db, async (client) => {
      for (const role of ['almanac_viewer', 'almanac_operator', 'almanac_admin'])
        expect(
          (await refusal(asRole(client, role, (as) => as.query(`delete from almanac.occurrence_overrides`))))
            .code,
        ).toBe('42501')
    }))
})

it('what a calendar postpones, and was over when the schedule was created, is not upcoming in that transaction either', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.create_calendar('today')`)
    await client.query(
      `select almanac.exclude_range('today', now() - interval '2 hours', now() + interval '2 hours')`,
    )
    await client.query(
      `select almanac.schedule_cron('x', to_char(now() at time zone 'UTC' - interval '1 hour', 'MI HH24 * * *'), 'almanac:noop',
         settings => '{"calendars": ["today"], "exclusion_policy": "move"}')`,
    )

    const { rows } = await client.query<{ is_next: boolean }>(
      `select u.scheduled_for = s.next_scheduled_for as is_next
       from almanac.schedules s, almanac.upcoming('x', max_count => 1) u where s.name = 'x'`,
    )

    expect(rows).toEqual([{ is_next: true }])
  }))
