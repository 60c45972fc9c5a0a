import { Client, type ClientBase } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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

describe('what is left out', () => {
  const crowd = (client: ClientBase) =>
    client.query(
      `select almanac.schedule_cron('x' || i, '30 ' || i || ' * * *', 'almanac:noop') from generate_series(1, 5) i`,
    )

  it('is counted where it would be, and nothing is counted twice', () =>
    inTransaction(db, async (client) => {
      await crowd(client)

      expect(await calendar(client, `, max_count => 3, bucket => '12 hours'`)).toEqual([
        ['left_out', null, '01 00:00', 2, 2],
        ['occurrence', 'x1', '01 01:30', 1, 1],
        ['occurrence', 'x2', '01 02:30', 1, 1],
        ['occurrence', 'x3', '01 03:30', 1, 1],
      ])
    }))

  it('is everything with a count of zero: the density of all schedules', () =>
    inTransaction(db, async (client) => {
      await crowd(client)

      expect(await calendar(client, `, max_count => 0, bucket => '2 hours'`)).toEqual([
        ['left_out', null, '01 00:00', 1, 1],
        ['left_out', null, '01 02:00', 2, 2],
        ['left_out', null, '01 04:00', 2, 2],
      ])
    }))

  it('is counted by day where the buckets would be more than 1,000', () =>
    inTransaction(db, async (client) => {
      await crowd(client)

      const items = await calendar(client, `, max_count => 0, bucket => '1 minute'`, [
        DAY[0],
        '2100-03-03T00:00:00Z',
      ])

      expect(items).toEqual([
        ['left_out', null, '01 00:00', 5, 5],
        ['left_out', null, '02 00:00', 5, 5],
      ])
    }))
})

describe('a filter', () => {
  it.each([
    [`schedules => array['a', 'c']`, ['a', 'c']],
    [`tags => array['red']`, ['a', 'b']],
    [`task => 'other'`, ['c']],
    [`tags => array['red'], schedules => array['b', 'c']`, ['b']],
    [`schedules => '{}'`, []],
  ])('%s', (filter, expected) =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.register_task('other')`)
      await client.query(
        `select almanac.schedule_cron('a', '0 6 * * *', 'almanac:noop', settings => '{"tags": ["red"]}'),
           almanac.schedule_cron('b', '0 7 * * *', 'almanac:noop', settings => '{"tags": ["red", "blue"], "starts_at": "2100-03-01T00:00:00Z", "jitter": "1 minute"}'),
           almanac.schedule_cron('c', '0 8 * * *', 'other')`,
      )

      expect((await calendar(client, `, ${filter}`)).map(([, name]) => name)).toEqual(expected)
    }),
  )
})

describe('what is not due at its nominal time', () => {
  it('is shown where it is due; what will not run is shown as omitted', () =>
    inTransaction(db, async (client) => {
      await client.query(`select almanac.create_calendar('off')`)
      await client.query(`select almanac.exclude_range('off', '2100-03-01 04:00Z', '2100-03-01 06:15Z')`)
      await client.query(
        `select almanac.schedule_cron('x', '0 */2 * * *', 'almanac:noop', settings => '{"calendars": ["off"], "exclusion_policy": "move", "ends_at": "2100-03-01T15:00:00Z"}')`,
      )
      await client.query(`select almanac.move_occurrence('x', '2100-03-01 10:00Z', '2100-03-01 10:40Z')`)
      await client.query(`select almanac.skip_occurrence('x', '2100-03-01 12:00Z')`)

      const { rows } = await client.query<{ text: string }>(
        `select item || to_char(scheduled_for at time zone 'UTC', ' HH24:MI') || to_char(starts_at at time zone 'UTC', ' HH24:MI') || coalesce(' ' || reason, '') as text
         from almanac.calendar($1, $2) order by starts_at`,
        [...DAY],
      )
      expect(rows.map((row) => row.text)).toEqual([
        'occurrence 00:00 00:00',
        'occurrence 02:00 02:00',
        'omitted 04:00 04:00 merged',
        'occurrence 06:00 06:15',
        'occurrence 08:00 08:00',
        'occurrence 10:00 10:40 moved',
        'omitted 12:00 12:00 skipped',
        'occurrence 14:00 14:00',
      ])
    }))

  it('is found by when it is due, however far that is from its nominal time, before and after it ran', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '0 6 1 4 *', 'almanac:noop', settings => '{"starts_at": "2100-01-01T00:00:00Z", "ends_at": "2101-01-01T00:00:00Z"}')`,
      )
      await client.query(`select almanac.move_occurrence('x', '2100-04-01 06:00Z', '2100-03-01 08:00Z')`)
      expect(await calendar(client)).toEqual([['occurrence', 'x', '01 08:00', 1, 1]])

      await client.query(`select almanac_private.fire_due('2100-03-01 08:00Z')`)

      expect(await calendar(client)).toEqual([['run', 'x', '01 08:00', 1, 0]])
      expect(await calendar(client, '', ['2100-04-01T00:00:00Z', '2100-04-02T00:00:00Z'])).toEqual([])
    }))

  it('runs that max_runs leaves are counted from now, wherever the range begins', () =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.schedule_cron('x', '0 6 * * *', 'almanac:noop', settings => '{"starts_at": "2100-02-27T00:00:00Z", "max_runs": 3}')`,
      )

      expect(await calendar(client)).toEqual([['occurrence', 'x', '01 06:00', 1, 1]])
      expect(await calendar(client, '', ['2100-03-02T00:00:00Z', '2100-03-09T00:00:00Z'])).toEqual([])
    }))
})

it.each([
  ['AL012', `'2100-01-02', '2100-01-01'`],
  ['AL012', `'2100-01-01', '2105-01-01'`],
  ['AL012', `'2100-01-01', '2100-01-02', bucket => '1 month'`],
  ['AL012', `'2100-01-01', '2100-01-02', max_count => -1`],
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

it('a schedule with exclusions and skipped occurrences is listed as a whole, not step by step', async () => {
  const admin = new Client({ connectionString: db.adminConnectionString })
  await admin.connect()
  try {
    await admin.query(`begin; set local track_functions = 'pl'`)
    await admin.query(
      `select almanac.create_calendar('nights'), almanac.exclude_recurring('nights', '0 22 * * *', '2 hours')`,
    )
    await admin.query(
      `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => '{"calendars": ["nights"], "jitter": "20 seconds"}')`,
    )
    await admin.query(`select almanac.skip_occurrence('x', '2100-03-02T12:00:00Z')`)
    const calls = async () =>
      (
        await admin.query<{ calls: number }>(
          `select coalesce(sum(pg_stat_get_xact_function_calls(p.oid)), 0)::int as calls from pg_proc p
           where p.pronamespace = 'almanac_private'::regnamespace and p.proname in ('planned_occurrences', 'next_cron', 'search_cron')`,
        )
      ).rows[0]!.calls
    const before = await calls()

    const [day] = (
      await admin.query<{ total: number; skipped: number; upcoming: number }>(
        `select sum(total)::int as total, sum(skipped)::int as skipped, sum(upcoming)::int as upcoming
         from almanac.calendar('2100-03-01T00:00:00Z', '2100-03-08T00:00:00Z', schedules => '{x}')`,
      )
    ).rows

    expect(day).toEqual({ total: 7 * 1440, skipped: 7 * 120 + 1, upcoming: 7 * 1320 - 1 })
    expect((await calls()) - before).toBeLessThan(100)
  } finally {
    await admin.end()
  }
})

it.each(['{}', '{nights}'])(
  'jitter is the same wherever a range begins or ends, with calendars %s',
  (calendars) =>
    inTransaction(db, async (client) => {
      await client.query(
        `select almanac.create_calendar('nights'), almanac.exclude_recurring('nights', '7 * * * *', '9 minutes')`,
      )
      await client.query(
        `select almanac.schedule_cron('x', '* * * * *', 'almanac:noop', settings => jsonb_build_object('calendars', $1::text[], 'jitter', '5 minutes'))`,
        [calendars],
      )

      const { rows } = await client.query<{ whole: string; parts: string }>(
        `with s as (select s from almanac.schedules s where name = 'x'),
       whole as (select c.* from s, almanac_private.coming_occurrences(s.s, '2100-03-01Z', '2100-03-01T06:00:00Z', null, true) c),
       parts as (
         select c.* from s, generate_series('2100-03-01Z'::timestamptz, '2100-03-01T05:57:00Z', '3 minutes') g(at),
           almanac_private.coming_occurrences(s.s, g.at, g.at + interval '3 minutes', null, true) c
       )
       select (select string_agg(w::text, ' ' order by w.due_at, w.scheduled_for) from whole w) as whole,
         (select string_agg(p::text, ' ' order by p.due_at, p.scheduled_for) from parts p) as parts`,
      )

      expect(rows[0]!.parts).toBe(rows[0]!.whole)
    }),
)
