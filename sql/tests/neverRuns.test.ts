import { describe, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

describe('a schedule that can never run', () => {
  const save = async (client: ClientBase, definition: object) => {
    const told: string[] = []
    const note = (notice: { message?: string | undefined; code?: string | undefined }) =>
      void told.push(`${notice.code}: ${notice.message}`)
    client.on('notice', note)
    await client.query(`select almanac.create_schedule($1)`, [
      { name: 'x', task_identifier: 'almanac:noop', ...definition },
    ])
    client.removeListener('notice', note)
    const { rows } = await client.query<{ warning: string | null; status: string }>(
      `select almanac.schedules_warning(s) as warning, s.status from almanac.schedules s where name = 'x'`,
    )
    return { told, ...rows[0]! }
  }

  it.each([
    ['No date ever matches its rule, 0 0 30 2 *.', { kind: 'cron', cron_expression: '0 0 30 2 *' }],
    [
      'Its rule names no time from Fri 01 Jan 2100 00:00:00 (UTC) to its end, Wed 01 Dec 2100 00:00:00 (UTC).',
      { kind: 'cron', cron_expression: '0 0 25 12 *', starts_at: '2100-01-01', ends_at: '2100-12-01' },
    ],
    [
      'It ended on Thu 01 Jan 2015 00:00:00 (UTC).',
      { kind: 'interval', every: '1 day', ends_at: '2015-01-01' },
    ],
    [
      'Its time, Fri 01 Jan 2100 00:00:00 (UTC), lies outside its bounds.',
      { kind: 'once', run_at: '2100-01-01', starts_at: '2100-01-02' },
    ],
    [
      'Its calendars (off) exclude every time that its rule names until …; later times are checked then.',
      { kind: 'cron', cron_expression: '0 9 * * SAT', calendars: ['off'] },
    ],
    [
      'Its calendars (off) exclude every time that its rule names.',
      { kind: 'cron', cron_expression: '0 9 * * SAT', calendars: ['off'], ends_at: '2100-01-01' },
    ],
  ])('is saved, and warned of: %s', (warning, definition) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_business_days('off', 'UTC')`)

      const saved = await save(client, definition)

      // How far ahead it looked depends on the day.
      const undated = (text: string | null) =>
        text?.replace(/until \w{3} \d\d \w{3} \d{4} [\d:]+ \(UTC\);/, 'until …;')
      expect(saved.told.map(undated)).toEqual([`AL020: Schedule x is saved, but will never run: ${warning}`])
      expect(undated(saved.warning)).toBe(warning)
    }),
  )

  it.each([
    ['one that will run', { kind: 'cron', cron_expression: '0 0 29 2 *' }],
    [
      'one with calendars that leave something',
      { kind: 'cron', cron_expression: '0 9 * * FRI,SAT', calendars: ['off'] },
    ],
    ['one that is run manually', { kind: 'manual' }],
    ['one that is disabled', { kind: 'cron', cron_expression: '0 0 30 2 *', status: 'disabled' }],
    ['a single time', { kind: 'once', run_at: '2100-01-01' }],
  ])('is none: %s', (_, definition) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_business_days('off', 'UTC')`)

      expect(await save(client, definition)).toMatchObject({ told: [], warning: null })
    }),
  )

  it('is none that has run and is done', () =>
    inTransaction(db, async (client) => {
      await save(client, { kind: 'once', run_at: '2100-01-01T00:00:00Z' })
      await client.query(`select almanac_private.fire_due('2100-01-01T00:00:00Z')`)

      const { rows } = await client.query(
        `select status, almanac.schedules_warning(s) as warning from almanac.schedules s`,
      )
      expect(rows).toEqual([{ status: 'completed', warning: null }])
    }))
})
