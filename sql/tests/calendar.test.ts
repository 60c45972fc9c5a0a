import type { ClientBase } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'
import { refusal } from './sqlError.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

const DAY = ['2100-03-01T00:00:00Z', '2100-03-02T00:00:00Z'] as const
async function calendar(client: ClientBase, settings = '', [start, end]: readonly [string, string] = DAY) {
  const { rows } = await client.query<{
    item: string
    name: string
    at: string
    total: number
    upcoming: number
  }>(
    `select item, schedule_name as name, to_char(starts_at at time zone 'UTC', 'DD HH24:MI') as at, total::int, upcoming::int
     from almanac.calendar($1, $2 ${settings}) order by starts_at, schedule_name`,
    [start, end],
  )
  return rows.map((row) => [row.item, row.name, row.at, row.total, row.upcoming])
}

it('the future of a schedule is its occurrences', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '30 6,18 * * *', 'almanac:noop')`)

    expect(await calendar(client)).toEqual([
      ['occurrence', 'x', '01 06:30', 1, 1],
      ['occurrence', 'x', '01 18:30', 1, 1],
    ])
  }))

it('a schedule with many a day comes as counts per bucket', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '*/15 * * * *', 'almanac:noop')`)

    const items = await calendar(client, `, bucket => '6 hours'`)

    expect(items).toEqual(
      [0, 6, 12, 18].map((hour) => ['bucket', 'x', `01 ${String(hour).padStart(2, '0')}:00`, 24, 24]),
    )
  }))

it('days are those of the zone asked for', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '0 * * * *', 'almanac:noop')`)

    const items = await calendar(client, `, timezone => 'Asia/Tokyo', bucket => '1 day'`)

    expect(items[0]).toEqual(['bucket', 'x', '28 15:00', 15, 15])
    expect(items.slice(1).map((item) => item[0])).toEqual(Array<string>(9).fill('occurrence'))
  }))

it('runs and omissions are shown where they happened', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_every('x', '1 hour', 'almanac:noop', settings => '{"starts_at": "2100-03-01T00:00:00Z", "missed_run_policy": "run_latest"}')`,
    )
    await client.query(`select almanac_private.fire_due('2100-03-01T03:00:30Z')`)

    expect(await calendar(client, '', [DAY[0], '2100-03-01T06:00:00Z'])).toEqual([
      ['omission', 'x', '01 00:00', 3, 0],
      ['run', 'x', '01 03:00', 1, 0],
      ['occurrence', 'x', '01 04:00', 1, 1],
      ['occurrence', 'x', '01 05:00', 1, 1],
    ])
  }))

it('a paused schedule shows the occurrences it would have', () =>
  inTransaction(db, async (client) => {
    await client.query(`select almanac.schedule_cron('x', '30 6 * * *', 'almanac:noop')`)
    await client.query(`select almanac.pause('x')`)

    expect(await calendar(client)).toEqual([['occurrence', 'x', '01 06:30', 1, 1]])
  }))

it('what is left out is counted', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x' || i, '30 6 * * *', 'almanac:noop') from generate_series(1, 5) i`,
    )

    expect((await calendar(client, ', max_count => 3')).find(([item]) => item === 'left_out')).toEqual([
      'left_out',
      null,
      '01 00:00',
      2,
      2,
    ])
  }))

it.each([
  ['AL012', `'2100-01-02', '2100-01-01'`],
  ['AL012', `'2100-01-01', '2105-01-01'`],
  ['AL012', `'2100-01-01', '2100-01-02', bucket => '1 month'`],
  ['AL012', `'2100-01-01', '2100-01-02', max_count => 0`],
  ['AL002', `'2100-01-01', '2100-01-02', timezone => 'Nowhere'`],
])('%s: calendar(%s) is refused', async (code, range) => {
  expect(await refusal(db.query(`select * from almanac.calendar(${range})`))).toMatchObject({ code })
})

it.each([
  `almanac.schedule_cron('x', '*/7 * * * *', 'almanac:noop', timezone => 'Europe/Paris')`,
  `almanac.schedule_cron('x', '*/20 6-9 * * MON', 'almanac:noop', timezone => 'Australia/Lord_Howe')`,
  `almanac.schedule_every('x', '95 minutes', 'almanac:noop', settings => '{"starts_at": "2100-03-27T10:00:00Z", "ends_at": "2100-04-01T00:00:00Z"}')`,
  `almanac.schedule_every('x', '1 day', 'almanac:noop', timezone => 'Europe/Paris', settings => '{"starts_at": "2100-03-20T01:30:00Z", "max_runs": 5}')`,
])('what the calendar lists is what fires, one after the other: %s', (call) =>
  inTransaction(db, async (client) => {
    await client.query(`select ${call}`)

    const { rows } = await client.query<{ listed: string[]; fired: string[] }>(
      `with recursive s as (select * from almanac.schedules where name = 'x'),
       chain (at, position) as (
         select almanac_private.next_occurrence(s::almanac.schedules, '2100-03-26T00:00:00Z'), 1 from s
         union all
         select almanac_private.next_occurrence(s::almanac.schedules, c.at), c.position + 1 from chain c, s
         where c.at < '2100-04-05T00:00:00Z' and c.position < coalesce(s.max_runs, 5000)
       )
       select array(select o::text from s, almanac_private.occurrences_between(s::almanac.schedules, '2100-03-26T00:00:00.000001Z', '2100-04-05T00:00:00Z', 5000) o) as listed,
         array(select c.at::text from chain c where c.at < '2100-04-05T00:00:00Z' order by c.position) as fired`,
    )

    expect(rows[0]!.listed).toEqual(rows[0]!.fired)
    expect(rows[0]!.fired.length).toBeGreaterThan(0)
  }),
)
