import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

const daily = (client: ClientBase) =>
  client.query(
    `select almanac.schedule_cron('x', '0 3 * * *', 'almanac:noop', settings => '{"starts_at": "2100-01-04T00:00:00Z"}')`,
  )
/** "moved 04 03:00 → 04 04:30", "added → 05 12:00", "removed 05 03:00 →", by due time. */
async function changes(
  client: ClientBase,
  change: unknown,
  more = '',
  end = '2100-01-07',
): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(
    `select concat_ws(' ', change, to_char(was_due_at at time zone 'UTC', 'DD HH24:MI'), case when count = 1 then '→' else count::text end,
       to_char(due_at at time zone 'UTC', 'DD HH24:MI')) as text
     from almanac.preview_change('x', $1, '2100-01-01', $2 ${more})`,
    [change, end],
  )
  return rows.map((row) => row.text)
}

it.each([
  [
    'another time of day moves each',
    { cron_expression: '30 4 * * *' },
    ['moved 04 03:00 → 04 04:30', 'moved 05 03:00 → 05 04:30', 'moved 06 03:00 → 06 04:30'],
  ],
  [
    'more a day adds some',
    { cron_expression: '0 3,15 * * *', ends_at: '2100-01-05' },
    ['added → 04 15:00', 'removed 05 03:00 →', 'removed 06 03:00 →'],
  ],
  ['fewer days remove some', { cron_expression: '0 3 5 * *' }, ['removed 04 03:00 →', 'removed 06 03:00 →']],
  [
    'another zone moves each',
    { timezone: 'Europe/Paris' },
    ['moved 04 03:00 → 04 02:00', 'moved 05 03:00 → 05 02:00', 'moved 06 03:00 → 06 02:00'],
  ],
  ['a limit removes what is beyond it', { max_runs: 2 }, ['removed 06 03:00 →']],
  [
    'a pause removes all',
    { status: 'paused' },
    ['removed 04 03:00 →', 'removed 05 03:00 →', 'removed 06 03:00 →'],
  ],
  ['what is not of the rule changes nothing', { max_attempts: 7 }, []],
])('%s', (_, change, expected) =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect(await changes(client, change)).toEqual(expected)
    const { rows } = await client.query(`select cron_expression from almanac.schedules`)
    expect(rows).toEqual([{ cron_expression: '0 3 * * *' }])
  }),
)

it('calendars move what they hold back and remove what they leave out', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await client.query(`select almanac.create_calendar('off')`)
    await client.query(`select almanac.exclude_range('off', '2100-01-05 02:00Z', '2100-01-05 08:00Z')`)

    expect(await changes(client, { calendars: ['off'] })).toEqual(['removed 05 03:00 →'])
    expect(await changes(client, { calendars: ['off'], exclusion_policy: 'move' })).toEqual([
      'moved 05 03:00 → 05 08:00',
    ])
  }))

it('where more come on a day than go, none is said to have moved', () =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect(await changes(client, { cron_expression: '30 1,13 * * *' }, '', '2100-01-05')).toEqual([
      'added → 04 01:30',
      'removed 04 03:00 →',
      'added → 04 13:30',
    ])
  }))

it('what is due at the same time by another nominal one has not changed', () =>
  inTransaction(db, async (client) => {
    await daily(client)
    await client.query(`select almanac.create_calendar('off')`)
    await client.query(`select almanac.exclude_range('off', '2100-01-04 00:00Z', '2100-01-04 08:00Z')`)
    await client.query(
      `update almanac.schedules set calendars = '{off}', exclusion_policy = 'move', ends_at = '2100-01-05'`,
    )

    expect(await changes(client, { cron_expression: '0 4 * * *' })).toEqual([])
  }))

it('what is not listed is counted', () =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect(await changes(client, { cron_expression: '0 4 * * *' }, ', 1', '2100-01-09')).toEqual([
      'moved 04 03:00 → 04 04:00',
      'moved, not listed 4',
    ])
  }))

it.each([
  ['AL001', { cron_expression: '0 25 * * *' }],
  ['AL009', { colour: 'red' }],
  ['AL010', { kind: 'interval' }],
])('%s: it refuses what saving refuses', (code, change) =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect((await refusal(changes(client, change))).code).toBe(code)
  }),
)

it('a range without an end, or past, is refused', () =>
  inTransaction(db, async (client) => {
    await daily(client)

    expect((await refusal(changes(client, {}, '', '2000-01-01'))).code).toBe('AL012')
  }))
