import type { ClientBase } from 'pg'
import { describe, expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const at = (day: number, time = '09:00') => `2100-01-${String(day).padStart(2, '0')}T${time}:00Z`
/** At nine every day from Monday 4 January 2100; Tuesday is moved to 11:00, Thursday skipped. */
async function daily(client: ClientBase, cron = '0 9 * * *') {
  await client.query(
    `select almanac.schedule_cron('x', $1, 'almanac:noop', settings => '{"starts_at": "2100-01-04T00:00:00Z"}')`,
    [cron],
  )
  await client.query(`select almanac.move_occurrence('x', $1, $2, 'audit')`, [at(5), at(5, '11:00')])
  await client.query(`select almanac.skip_occurrence('x', $1, 'strike')`, [at(7)])
}
const upcoming = async (client: ClientBase, end = at(9, '00:00')) =>
  (
    await client.query<{ due: string }>(
      `select to_char(due_at at time zone 'UTC', 'DD HH24:MI') as due
       from almanac.upcoming('x', '2100-01-01', 200) where due_at < $1 order by due_at, scheduled_for`,
      [end],
    )
  ).rows.map(({ due }) => due)
const foreseen = async (client: ClientBase, changes: object) =>
  (
    await client.query<{ text: string }>(
      `select concat_ws(' ', to_char(scheduled_for at time zone 'UTC', 'DD HH24:MI'), action,
         to_char(was_moved_to at time zone 'UTC', 'DD HH24:MI'),
         coalesce(to_char(new_scheduled_for at time zone 'UTC', '"as" DD HH24:MI'), 'lost')) as text
       from almanac.overrides_for_change('x', $1)`,
      [changes],
    )
  ).rows.map(({ text }) => text)
const warningsOf = (client: ClientBase) => {
  const warnings: string[] = []
  client.on('notice', ({ code, detail }) => warnings.push(`${code}: ${detail}`))
  return warnings
}
const change = (client: ClientBase, changes: object) =>
  client.query(`select almanac.update_schedule(id, $1) from almanac.schedules where name = 'x'`, [changes])

describe('a changed rule', () => {
  it.each<[string, object, string[], string[]]>([
    [
      'of another time of day keeps each with what takes its place',
      { cron_expression: '0 10 * * *' },
      ['05 09:00 move 05 11:00 as 05 10:00', '07 09:00 skip as 07 10:00'],
      ['04 10:00', '05 11:00', '06 10:00', '08 10:00'],
    ],
    [
      'of another zone as well',
      { timezone: 'Asia/Kathmandu' },
      ['05 09:00 move 05 11:00 as 05 03:15', '07 09:00 skip as 07 03:15'],
      ['04 03:15', '05 11:00', '06 03:15', '08 03:15'],
    ],
    [
      'of another kind as well',
      { kind: 'interval', every: '24 hours', cron_expression: null, starts_at: at(4, '08:30') },
      ['05 09:00 move 05 11:00 as 05 08:30', '07 09:00 skip as 07 08:30'],
      ['04 08:30', '05 11:00', '06 08:30', '08 08:30'],
    ],
    [
      'that names more still names them',
      { cron_expression: '0 9,15 * * *' },
      ['05 09:00 move 05 11:00 as 05 09:00', '07 09:00 skip as 07 09:00'],
      [
        '04 09:00',
        '04 15:00',
        '05 11:00',
        '05 15:00',
        '06 09:00',
        '06 15:00',
        '07 15:00',
        '08 09:00',
        '08 15:00',
      ],
    ],
    [
      'that names more at other times keeps none',
      { cron_expression: '0 10,15 * * *', ends_at: at(6, '00:00') },
      ['05 09:00 move 05 11:00 lost', '07 09:00 skip lost'],
      ['04 10:00', '04 15:00', '05 10:00', '05 15:00'],
    ],
    [
      'of other days keeps what is left',
      { cron_expression: '30 8 * * 2' },
      ['05 09:00 move 05 11:00 as 05 08:30', '07 09:00 skip lost'],
      ['05 11:00'],
    ],
    [
      'of bounds keeps what is within',
      { ends_at: at(6, '00:00') },
      ['05 09:00 move 05 11:00 as 05 09:00', '07 09:00 skip lost'],
      ['04 09:00', '05 11:00'],
    ],
    [
      'that becomes a single run keeps none',
      { kind: 'once', cron_expression: null, run_at: at(5, '10:00') },
      ['05 09:00 move 05 11:00 lost', '07 09:00 skip lost'],
      ['05 10:00'],
    ],
  ])('%s', (_, changes, expected, due) =>
    inTransaction(db, async (client) => {
      await daily(client)
      const warnings = warningsOf(client)

      expect(await foreseen(client, changes)).toEqual(expected)
      const before = await upcoming(client)
      const preview = await client.query<{ was: string | null; due: string | null }>(
        `select to_char(was_due_at at time zone 'UTC', 'DD HH24:MI') as was, to_char(due_at at time zone 'UTC', 'DD HH24:MI') as due
         from almanac.preview_change('x', $1, '2100-01-01', $2)`,
        [changes, at(9, '00:00')],
      )
      await change(client, changes)

      expect(await upcoming(client)).toEqual(due)
      // What was foreseen is what it became.
      const gone = preview.rows.map(({ was }) => was)
      const come = preview.rows.flatMap(({ due }) => (due === null ? [] : [due]))
      expect([...before.filter((each) => !gone.includes(each)), ...come].toSorted()).toEqual(due.toSorted())
      const lost = expected.filter((each) => each.endsWith('lost')).length
      expect(warnings.map((text) => text.match(/ 2100 /g)?.length)).toEqual(lost === 0 ? [] : [lost])
      expect(warnings.every((text) => text.startsWith('AL030: '))).toBe(true)
    }),
  )

  it('by a plain update, or by naming it again, does the same', () =>
    inTransaction(db, async (client) => {
      await daily(client)

      await client.query(`update almanac.schedules set cron_expression = '0 10 * * *' where name = 'x'`)
      expect(await upcoming(client)).toEqual(['04 10:00', '05 11:00', '06 10:00', '08 10:00'])
      await client.query(`select almanac.schedule_cron('x', '30 8 * * *', 'almanac:noop')`)
      expect(await upcoming(client)).toEqual(['04 08:30', '05 11:00', '06 08:30', '08 08:30'])

      const { rows } = await client.query(
        `select scheduled_for, action, reason, created_by from almanac.occurrence_overrides order by 1`,
      )
      expect(rows).toEqual([
        {
          scheduled_for: new Date(at(5, '08:30')),
          action: 'move',
          reason: 'audit',
          created_by: 'almanac_test_owner',
        },
        {
          scheduled_for: new Date(at(7, '08:30')),
          action: 'skip',
          reason: 'strike',
          created_by: 'almanac_test_owner',
        },
      ])
    }))

  it('that was lost is back when the rule is', () =>
    inTransaction(db, async (client) => {
      await daily(client)

      await change(client, { cron_expression: '0 10,15 * * *' })
      await change(client, { cron_expression: '0 9 * * *' })

      expect(await upcoming(client)).toEqual(['04 09:00', '05 11:00', '06 09:00', '08 09:00'])
    }))

  it('gives way to what was done since, where it was lost and its place is taken again', () =>
    inTransaction(db, async (client) => {
      await daily(client)
      await change(client, { cron_expression: '0 10,15 * * *' })
      await change(client, { cron_expression: '0 10 * * *' })
      await client.query(`select almanac.skip_occurrence('x', $1)`, [at(5, '10:00')])

      await change(client, { cron_expression: '0 9 * * *' })

      expect(await upcoming(client)).toEqual(['04 09:00', '06 09:00', '08 09:00'])
    }))

  it('keeps what is paused, and what its zone skips or repeats', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '15 2 * * *', 'almanac:noop', timezone => 'Europe/Paris',
           settings => '{"starts_at": "2027-03-27T00:00:00Z"}')`,
      )
      // 02:15 does not exist that day, and is 03:15.
      await client.query(`select almanac.skip_occurrence('x', '2027-03-28T01:15:00Z')`)
      await client.query(`select almanac.pause('x')`)

      expect(await foreseen(client, { cron_expression: '45 1 * * *' })).toEqual(['28 01:15 skip as 28 00:45'])
      await change(client, { cron_expression: '45 1 * * *' })
      await client.query(`select almanac.resume('x')`)

      const { rows } = await client.query<{ due: string }>(
        `select to_char(due_at at time zone 'UTC', 'DD HH24:MI') as due from almanac.upcoming('x', max_count => 3)`,
      )
      expect(rows.map(({ due }) => due)).toEqual(['27 00:45', '28 23:45', '29 23:45'])
    }))

  it('of a rule of seconds compares no day of it', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '* * * * * *', 'almanac:noop', settings => '{"starts_at": "2100-01-04T00:00:00Z"}')`,
      )
      await client.query(`select almanac.skip_occurrence('x', $1)`, [at(5)])

      expect(await foreseen(client, { starts_at: at(5, '09:30') })).toEqual(['05 09:00 skip lost'])
    }))

  it('is foreseen by a viewer, and refused as saving would refuse', () =>
    inTransaction(db, async (client) => {
      await daily(client)

      await asRole(client, 'almanac_viewer', async (viewer) => {
        expect(await foreseen(viewer, { cron_expression: '0 10 * * *' })).toHaveLength(2)
      })
      const refused = await refusal(foreseen(client, { cron_expression: 'nope' }))
      expect(refused.code).toBe('AL001')
    }))
})
