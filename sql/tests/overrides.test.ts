import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** A schedule at nine every day in UTC from Monday 4 January 2100. */
const daily = (client: ClientBase, settings: Record<string, unknown> = {}) =>
  client.query(`select almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop', settings => $1)`, [
    { starts_at: '2100-01-04T00:00:00Z', late_tolerance: '1 second', overlap_policy: 'allow', ...settings },
  ])
const at = (day: number, time = '09:00') => `2100-01-${String(day).padStart(2, '0')}T${time}:00Z`
const move = (client: ClientBase, day: number, to: string) =>
  client.query(`select almanac.move_occurrence('x', $1, $2)`, [at(day), to])
const skip = (client: ClientBase, day: number, reason: string | null = null) =>
  client.query(`select almanac.skip_occurrence('x', $1, $2)`, [at(day), reason])
const restore = (client: ClientBase, day: number) =>
  client.query(`select almanac.restore_occurrence('x', $1)`, [at(day)])
const fire = (client: ClientBase, asOf: string) => client.query(`select almanac_private.fire_due($1)`, [asOf])

/** The code by which a call is refused; what came before it stays. */
const code = async (client: ClientBase, call: (as: ClientBase) => Promise<unknown>) =>
  (await refusal(asRole(client, 'almanac_test_owner', call))).code

async function upcoming(client: ClientBase, count = 3): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI')
       || case when due_at <> scheduled_for then to_char(due_at at time zone 'UTC', ' → DD HH24:MI') else '' end as text
     from almanac.upcoming('x', '2100-01-01', $1)`,
    [count],
  )
  return rows.map((row) => row.text)
}
async function outcomes(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select text from (
       select scheduled_for as at, to_char(scheduled_for at time zone 'UTC', 'DD ') || status || coalesce(' ' || reason, '')
         || case when due_at <> scheduled_for then to_char(due_at at time zone 'UTC', ' → DD HH24:MI') else '' end as text from almanac.runs
       union all
       select lower(during), to_char(lower(during) at time zone 'UTC', 'DD-') || to_char(upper(during) at time zone 'UTC', 'DD ') || reason || ' ' || count
       from almanac.omissions
     ) o order by at`,
  )
  return rows.map((row) => row.text)
}

describe('a moved occurrence', () => {
  it('runs at its new time, the rest of the series as before', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await move(client, 5, at(5, '14:30'))

      expect(await upcoming(client)).toEqual(['04 09:00', '05 09:00 → 05 14:30', '06 09:00'])
      for (const time of [at(4), at(5, '14:30'), at(6)]) await fire(client, time)
      expect(await outcomes(client)).toEqual(['04 queued', '05 queued → 05 14:30', '06 queued'])
    }))

  it.each([
    ['to before its nominal time', 5, at(4, '10:00'), ['04 09:00', '05 09:00 → 04 10:00', '06 09:00']],
    ['to behind the next one', 4, at(6, '12:00'), ['05 09:00', '06 09:00', '04 09:00 → 06 12:00']],
    ['onto another one', 4, at(5), ['04 09:00 → 05 09:00', '05 09:00', '06 09:00']],
    ['far away', 30, at(4, '08:00'), ['30 09:00 → 04 08:00', '04 09:00', '05 09:00']],
  ])('%s', (_, day, to, expected) =>
    inTransaction(db, async (client) => {
      await daily(client)
      await move(client, day, to)

      expect(await upcoming(client)).toEqual(expected)
      for (let time = 4; time <= 31; time++)
        for (const hour of ['08:00', '09:00', '10:00', '12:00']) await fire(client, at(time, hour))
      const fired = await outcomes(client)
      expect(fired).toHaveLength(28)
      expect(fired.filter((text) => text.includes('→'))).toHaveLength(to === at(day) ? 0 : 1)
    }),
  )

  it('beats calendars, and takes no jitter', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_dates('off', '2100-01-05')`)
      await daily(client, { calendars: ['off'], jitter: '1 hour' })
      await move(client, 5, at(5, '15:00'))

      expect((await upcoming(client)).filter((text) => text.startsWith('05'))).toEqual([
        '05 09:00 → 05 15:00',
      ])
    }))

  it('can be moved again, skipped, and restored', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await move(client, 5, at(5, '14:30'))
      await move(client, 5, at(5, '16:00'))
      expect(await upcoming(client, 2)).toEqual(['04 09:00', '05 09:00 → 05 16:00'])

      await skip(client, 5)
      expect(await upcoming(client, 2)).toEqual(['04 09:00', '06 09:00'])

      await restore(client, 5)
      expect(await upcoming(client, 2)).toEqual(['04 09:00', '05 09:00'])
    }))

  it('splits a range of missed ones around it', () =>
    inTransaction(db, async (client) => {
      await daily(client, { missed_run_policy: 'skip' })
      await move(client, 5, at(12, '09:00'))

      await fire(client, at(7, '12:00'))
      expect(await outcomes(client)).toEqual(['04-04 missed 1', '06-07 missed 2'])

      await fire(client, at(12))
      expect(await outcomes(client)).toEqual([
        '04-04 missed 1',
        '05 queued → 12 09:00',
        '06-11 missed 6',
        '12 queued',
      ])
    }))

  it('runs although its rule has changed since its nominal time', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_every('x', '1 minute', 'almanac:noop', settings => '{"late_tolerance": "1 second"}')`,
      )
      await client.query(`set local almanac.engine to 'on'`)
      await client.query(
        `update almanac.schedules set created_at = date_trunc('minute', now()) - interval '1 hour', cursor_at = date_trunc('minute', now()) - interval '1 minute',
           next_scheduled_for = date_trunc('minute', now()), next_run_at = date_trunc('minute', now()) + interval '2 minutes', has_overrides = true`,
      )
      await client.query(
        `insert into almanac.occurrence_overrides (schedule_id, scheduled_for, action, moved_to, created_by)
         select id, date_trunc('minute', now()), 'move', date_trunc('minute', now()) + interval '2 minutes', 'me' from almanac.schedules`,
      )
      await client.query(`set local almanac.engine to 'off'`)

      await client.query(`select almanac.schedule_every('x', '1 hour', 'almanac:noop')`)

      const { rows } = await client.query(
        `select next_run_at = date_trunc('minute', now()) + interval '2 minutes' as next, (select is_owed from almanac.occurrence_overrides) as owed from almanac.schedules`,
      )
      expect(rows).toEqual([{ next: true, owed: true }])
    }))

  it('that its new rule does not name any more does not run', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await move(client, 6, at(5, '12:00'))
      await client.query(`update almanac.schedules set cron_expression = '0 10,15 * * *'`)

      expect(await upcoming(client)).toEqual(['04 10:00', '04 15:00', '05 10:00'])
    }))

  it('keeps its place through a pause', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await move(client, 5, at(5, '14:30'))
      await client.query(`select almanac.pause('x')`)
      await client.query(`select almanac.resume('x')`)

      expect(await upcoming(client, 2)).toEqual(['04 09:00', '05 09:00 → 05 14:30'])
    }))
})

it('one that is not the next leaves the plan as it is, however many there are', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await skip(client, 20)
    const written = async () =>
      (await client.query<object>(`select ctid::text, next_run_at from almanac.schedules where name = 'x'`))
        .rows
    const before = await written()

    await skip(client, 21)
    await skip(client, 5)
    await move(client, 22, at(23, '10:00'))

    expect(await written()).toEqual(before)
    await move(client, 24, at(3, '10:00'))
    expect(await upcoming(client, 3)).toEqual(['24 09:00 → 03 10:00', '04 09:00', '06 09:00'])
    await skip(client, 4)
    await restore(client, 24)
    expect(await upcoming(client, 1)).toEqual(['06 09:00'])
  }))

describe('a skipped occurrence', () => {
  it('does not run; the ledger says who left it out and why', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await skip(client, 5, 'stock-taking')

      expect(await upcoming(client, 2)).toEqual(['04 09:00', '06 09:00'])
      await fire(client, at(4))
      await fire(client, at(6))
      expect(await outcomes(client)).toEqual([
        '04 queued',
        '05 skipped skipped by almanac_test_owner: stock-taking',
        '06 queued',
      ])
    }))

  it('does not hold a merge back: what is moved or skipped counts for nothing there', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_dates('off', '2100-01-04', '2100-01-06')`)
      await daily(client, { calendars: ['off'], exclusion_policy: 'move' })
      await skip(client, 6)

      expect(await upcoming(client, 2)).toEqual(['05 09:00 → 07 00:00', '07 09:00'])
    }))

  it('counts for nothing in max_runs', () =>
    inTransaction(db, async (client) => {
      await daily(client, { max_runs: 2 })
      await skip(client, 5)

      expect(await upcoming(client, 5)).toEqual(['04 09:00', '06 09:00'])
    }))
})

describe('undo_override', () => {
  const madeAt = async (client: ClientBase, day: number) => {
    const { rows } = await client.query<{ at: string }>(
      `select created_at::text as at from almanac.occurrence_overrides where scheduled_for = $1`,
      [at(day)],
    )
    return rows[0]?.at ?? null
  }
  const undo = (
    client: ClientBase,
    day: number,
    made: string | null,
    before: [string, string | null] | null = null,
  ) =>
    client.query(`select almanac.undo_override('x', $1, $2, $3, $4)`, [
      at(day),
      made,
      before?.[0] ?? null,
      before?.[1] ?? null,
    ])

  it('puts an occurrence back to what it was: upcoming, moved, skipped', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await skip(client, 5)
      await undo(client, 5, await madeAt(client, 5))
      expect(await upcoming(client, 2)).toEqual(['04 09:00', '05 09:00'])

      await move(client, 5, at(5, '11:00'))
      await skip(client, 5)
      await undo(client, 5, await madeAt(client, 5), ['move', at(5, '11:00')])
      expect(await upcoming(client, 2)).toEqual(['04 09:00', '05 09:00 → 05 11:00'])

      await restore(client, 5)
      await undo(client, 5, null, ['skip', null])
      expect(await upcoming(client, 2)).toEqual(['04 09:00', '06 09:00'])
    }))

  it.each([
    [
      'moved it',
      `select almanac.move_occurrence('x', $1, '2100-01-05T20:00Z')`,
      /^almanac_test_owner moved the occurrence to Tue 05 Jan 2100 20:00:00 \(UTC\), on .*\.$/,
    ],
    [
      'skipped it',
      `select almanac.skip_occurrence('x', $1)`,
      /^almanac_test_owner skipped the occurrence on/,
    ],
    [
      'restored it',
      `select almanac.restore_occurrence('x', $1)`,
      /^Someone has restored the occurrence since\.$/,
    ],
  ])('is refused, and says who did what, where someone has %s since', (_, change, message) =>
    inTransaction(db, async (client) => {
      await daily(client)
      await move(client, 5, at(5, '11:00'))
      const made = await madeAt(client, 5)
      await client.query(change, [at(5)])

      const refused = await refusal(undo(client, 5, made))

      expect(refused).toMatchObject({ code: 'AL029' })
      expect(refused.message).toMatch(message)
    }),
  )

  it('is refused where someone has moved a restored one since', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await skip(client, 5)
      await restore(client, 5)
      await move(client, 5, at(5, '11:00'))

      expect(await code(client, (as) => undo(as, 5, null, ['skip', null]))).toBe('AL029')
    }))
})

describe('refused', () => {
  it.each([
    [
      'a time that is not an occurrence',
      `move_occurrence('x', '${at(5, '09:01')}', '${at(5, '12:00')}')`,
      'AL016',
    ],
    ['nothing', `skip_occurrence('x', null)`, 'AL016'],
    ['a time before the schedule begins', `skip_occurrence('x', '2100-01-03 09:00Z')`, 'AL016'],
    ['a move to the past', `move_occurrence('x', '${at(5)}', '2020-01-01')`, 'AL016'],
    ['a move to nowhere', `move_occurrence('x', '${at(5)}', null)`, 'AL016'],
    ['a move to the end of time', `move_occurrence('x', '${at(5)}', 'infinity')`, 'AL016'],
    ['restoring what was left alone', `restore_occurrence('x', '${at(5)}')`, 'AL016'],
    ['a schedule that is not there', `skip_occurrence('nobody', '${at(5)}')`, 'AL007'],
  ])('%s', (_, call, code) =>
    inTransaction(db, async (client) => {
      await daily(client)

      expect((await refusal(client.query(`select almanac.${call}`))).code).toBe(code)
    }),
  )

  it('what has its outcome, and what is disabled', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await fire(client, at(4))
      expect(await code(client, (as) => skip(as, 4))).toBe('AL016')

      await move(client, 5, at(4, '10:00'))
      await fire(client, at(4, '10:00'))
      expect(await code(client, (as) => restore(as, 5))).toBe('AL016')
      expect(await code(client, (as) => move(as, 5, at(9)))).toBe('AL016')

      await client.query(`update almanac.schedules set status = 'disabled'`)
      expect(await code(client, (as) => skip(as, 6))).toBe('AL013')
    }))

  it("someone else's schedule, and a viewer", () =>
    inTransaction(db, async (client) => {
      await daily(client)
      const denied = async (role: string) => (await refusal(asRole(client, role, (as) => skip(as, 5)))).code

      expect(await denied('almanac_operator')).toBe('AL011')
      expect(await denied('almanac_viewer')).toBe('42501')
      await asRole(client, 'almanac_admin', (as) => skip(as, 5))
    }))
})
