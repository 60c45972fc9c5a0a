import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { momentNear } from './cronRules.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

async function chain(
  every: string,
  anchor: string,
  timezone: string,
  after: string,
  count: number,
): Promise<string[]> {
  const rows = await db.query<{ at: Date }>(
    `with recursive chain (at, position) as (
       select almanac_private.next_interval($1, $2, $3, $4), 1
       union all
       select almanac_private.next_interval($1, $2, $3, c.at), c.position + 1 from chain c where c.position < $5
     ) select at from chain order by position`,
    [every, anchor, timezone, after, count],
  )
  return rows.map((row) => row.at.toISOString().replace('.000Z', 'Z'))
}

describe('an interval', () => {
  it('of time counts elapsed time, whatever the clocks do', async () => {
    expect(
      await chain('90 minutes', '2026-03-29T00:00:00Z', 'Europe/Paris', '2026-03-29T00:00:00Z', 3),
    ).toEqual(['2026-03-29T01:30:00Z', '2026-03-29T03:00:00Z', '2026-03-29T04:30:00Z'])
  })

  it('of days keeps the local time of day', async () => {
    expect(await chain('1 day', '2026-03-27T08:00:00Z', 'Europe/Paris', '2026-03-27T08:00:00Z', 3)).toEqual([
      '2026-03-28T08:00:00Z',
      '2026-03-29T07:00:00Z',
      '2026-03-30T07:00:00Z',
    ])
  })

  it('of days moves a skipped time forward by the gap, and takes the first of a repeated one', async () => {
    expect(await chain('1 day', '2026-03-28T01:30:00Z', 'Europe/Paris', '2026-03-28T01:30:00Z', 2)).toEqual([
      '2026-03-29T01:30:00Z',
      '2026-03-30T00:30:00Z',
    ])
    expect(await chain('1 day', '2026-10-24T00:30:00Z', 'Europe/Paris', '2026-10-24T00:30:00Z', 2)).toEqual([
      '2026-10-25T00:30:00Z',
      '2026-10-26T01:30:00Z',
    ])
  })

  it('of months is cut to the last day without drifting', async () => {
    expect(await chain('1 month', '2026-01-31T12:00:00Z', 'UTC', '2026-01-31T12:00:00Z', 4)).toEqual([
      '2026-02-28T12:00:00Z',
      '2026-03-31T12:00:00Z',
      '2026-04-30T12:00:00Z',
      '2026-05-31T12:00:00Z',
    ])
  })

  it('begins with its anchor', async () => {
    expect(await chain('2 weeks', '2026-05-01T12:00:00.5Z', 'UTC', '2020-01-01T00:00:00Z', 2)).toEqual([
      '2026-05-01T12:00:00.500Z',
      '2026-05-15T12:00:00.500Z',
    ])
  })

  it('keeps its phase however far on', async () => {
    expect(
      await chain('7 hours', '1999-12-31T23:00:00Z', 'America/New_York', '2026-05-01T00:00:00Z', 1),
    ).toEqual(['2026-05-01T02:00:00Z'])
    expect(await chain('5 months', '1999-08-31T00:00:00Z', 'UTC', '2026-05-01T00:00:00Z', 1)).toEqual([
      '2026-09-30T00:00:00Z',
    ])
  })
})

it.each([1970, 2255, 2300, 9999])('an interval is exact to the microsecond in the year %i', async (year) => {
  const [row] = await db.query(
    `select bool_and(almanac_private.next_interval(every, anchor, 'UTC', anchor + n * every - interval '1 microsecond') = anchor + n * every) as before,
       bool_and(almanac_private.next_interval(every, anchor, 'UTC', anchor + n * every) = anchor + (n + 1) * every) as after
     from (values (interval '1 second'), (interval '7 minutes'), (interval '25 hours')) e(every),
       (values (make_timestamptz($1, 3, 1, 10, 0, 0, 'UTC')), (make_timestamptz($1, 3, 1, 10, 0, 0.000001, 'UTC')), ('1955-06-01T00:00:00.123457Z')) a(anchor),
       generate_series(1, 2000, 37) n`,
    [year],
  )

  expect(row).toEqual({ before: true, after: true })
})

describe('properties', () => {
  const moments = momentNear([
    '2026-03-29',
    '2026-10-25',
    '2026-04-05',
    '2026-10-04',
    '2024-03-31',
    '2024-02-29',
    '2011-12-30',
  ])
  const cases = fc.record({
    every: fc
      .tuple(fc.integer({ min: 1, max: 40 }), fc.constantFrom('months', 'days', 'hours', 'minutes'))
      .map(([count, unit]) => `${count} ${unit}`),
    anchor: moments,
    timezone: fc.constantFrom(
      'UTC',
      'Europe/Paris',
      'Australia/Lord_Howe',
      'America/Nuuk',
      'Pacific/Apia',
      'America/Havana',
    ),
    after: moments,
  })

  it('the next is the first of all occurrences, counted from the anchor, that is later', () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ every, anchor, timezone, after }) => {
        const [row] = await db.query<{ next: string; first: string }>(
          `select almanac_private.next_interval($1, $2, $3, $4)::text as next, o.first::text as first
           from (
             -- From a few before to a few behind where it can be.
             select min(at) filter (where at > $4) as first
             from (select greatest(0, floor(extract(epoch from $4::timestamptz - $2::timestamptz) / extract(epoch from $1::interval))::bigint) as k) about,
               generate_series(greatest(0, k - 25), k + 25) n, almanac_private.interval_occurrence($1, $2, $3, n) at
           ) o`,
          [every, anchor, timezone, after],
        )

        expect(row!.next).toBe(row!.first)
      }),
      { numRuns: 200 },
    ))

  it('of days and months each keeps the time of day, but for what the clock skips', () =>
    fc.assert(
      fc.asyncProperty(cases, fc.integer({ min: 0, max: 200 }), async ({ every, anchor, timezone }, k) => {
        fc.pre(/days|months/.test(every))
        const [row] = await db.query<{ same: boolean; later: boolean }>(
          `select r.shown::time = a.shown::time as same, r.after_gap as later
           from almanac_private.local_reading($2, $3) a,
             almanac_private.local_reading(almanac_private.interval_occurrence($1, $2, $3, $4), $3) r`,
          [every, anchor, timezone, k],
        )

        expect(row!.same || row!.later).toBe(true)
      }),
      { numRuns: 150 },
    ))

  it('session settings change nothing', () =>
    fc.assert(
      fc.asyncProperty(cases, ({ every, anchor, timezone, after }) =>
        inTransaction(db, async (client) => {
          const answer = async () =>
            (
              await client.query<Record<string, unknown>>(
                `select extract(epoch from almanac_private.next_interval($1, $2, $3, $4))::text as next,
                   extract(epoch from almanac_private.interval_occurrence($1, $2, $3, 3))::text as third`,
                [every, anchor, timezone, after],
              )
            ).rows
          const plain = await answer()
          await client.query(
            `set local timezone to 'Pacific/Apia'; set local datestyle to 'SQL, DMY'; set local intervalstyle to 'iso_8601'`,
          )

          expect(await answer()).toEqual(plain)
        }),
      ),
      { numRuns: 60 },
    ))
})

it.each([
  '0',
  '-1 hour',
  '0.5 seconds',
  '1.5 seconds',
  '1 day 1 hour',
  '1 day -1 hour',
  '1.5 days',
  '1 month 1 day',
  '10001 years',
  '100000000 years',
])('not an interval to run at: %s', async (every) => {
  expect(await refusal(db.query(`select almanac_private.check_interval($1)`, [every]))).toMatchObject({
    code: 'AL003',
    column: 'every',
  })
})

it('an infinite interval is refused, where PostgreSQL has one', async () => {
  const [{ version } = { version: 0 }] = await db.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  )
  const refused = await refusal(db.query(`select almanac_private.check_interval('infinity')`))

  expect(refused.code).toBe(version >= 170_000 ? 'AL003' : '22007')
})

describe('a local time', () => {
  it('without an end stays without one', async () => {
    expect(
      await db.query(`select almanac.local_time('infinity', 'Europe/Paris') = 'infinity' as same`),
    ).toEqual([{ same: true }])
  })

  it.each([
    ['2026-03-29 02:30', 'Europe/Paris', '2026-03-29T01:30:00.000Z'],
    ['2026-10-25 02:30', 'Europe/Paris', '2026-10-25T00:30:00.000Z'],
    ['2026-10-04 02:15', 'Australia/Lord_Howe', '2026-10-03T15:45:00.000Z'],
    ['2026-04-05 01:45', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z'],
    ['2011-12-30 12:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z'],
    ['2024-03-30 23:30', 'America/Nuuk', '2024-03-31T01:30:00.000Z'],
  ])('%s in %s, whatever the session has', async (local, timezone, expected) => {
    await inTransaction(db, async (client) => {
      for (const session of ['UTC', 'Australia/Lord_Howe', timezone]) {
        await client.query(`select set_config('timezone', $1, true)`, [session])
        const { rows } = await client.query<{ at: Date }>(`select almanac.local_time($1, $2) as at`, [
          local,
          timezone,
        ])

        expect(rows[0]!.at.toISOString()).toBe(expected)
      }
    })
  })
})
