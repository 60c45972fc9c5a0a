import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CronExpressionParser } from 'cron-parser'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../tests/database/createTestDatabase.ts'
import { refusal } from './sqlError.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

function vectors<Vector>(name: string): Vector[] {
  return readFileSync(join(import.meta.dirname, 'vectors', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
}

/** The next instants after one, by next_run_at and nothing else. */
async function next(cron: string, timezone: string, after: string, count: number): Promise<string[]> {
  const rows = await db.query<{ at: string }>(
    `with recursive chain (at, position) as (
       select almanac.next_run_at($1, $2, $3), 1
       union all
       select almanac.next_run_at($1, $2, c.at), c.position + 1 from chain c where c.at is not null and c.position < $4
     )
     select to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at from chain where at is not null order by position`,
    [cron, timezone, after, count],
  )
  return rows.map((row) => row.at)
}

const valid = vectors<{ cron: string; timezone: string; after: string; next: string[]; rule: string }>(
  'cron-public.jsonl',
)
describe.each([...Map.groupBy(valid, (vector) => vector.rule)])('%s', (_, cases) => {
  it.each(cases)('$cron in $timezone after $after', async ({ cron, timezone, after, next: expected }) => {
    expect(await next(cron, timezone, after, 5)).toEqual(expected)
  })
})

describe('the first thing wrong is told with its field and position', () => {
  it.each(
    vectors<{ cron: string; field: string | null; index: number | null; why: string }>('cron-invalid.jsonl'),
  )('$why: $cron', async ({ cron, field, index }) => {
    const [checked] = await db.query(
      `select valid, field, error_position, message <> '' as message, hint <> '' as hint from almanac.check_cron($1)`,
      [cron],
    )

    expect(checked).toEqual({
      valid: false,
      field,
      error_position: index === null ? null : index + 1,
      message: true,
      hint: true,
    })
    expect((await refusal(db.query(`select almanac.next_run_at($1)`, [cron]))).code).toBe('AL001')
  })
})

describe('warnings', () => {
  const codes = async (cron: string, timezone: string | null = null) =>
    (
      await db.query<{ codes: string[] }>(
        `select array(select w ->> 'code' from jsonb_array_elements(warnings) w) as codes from almanac.check_cron($1, $2)`,
        [cron, timezone],
      )
    )[0]!.codes

  it.each([
    ['0 3 13 * FRI', ['either_day']],
    ['0 3 31 * *', ['short_months']],
    ['0 3 L * *', []],
    ['0 3 31 1 *', []],
    ['0 3 15,31 * *', ['short_months']],
    ['0 3 31W * *', ['short_months']],
    ['0 3 1-31 * *', []],
    ['0 0 30 2 *', ['never', 'short_months']],
    ['0 3 * * *', []],
  ])('%s', async (cron, expected) => {
    expect(await codes(cron)).toEqual(expected)
  })

  it('a zone adds what its clock changes do', async () => {
    expect((await codes('30 2 * * *', 'Europe/Paris')).sort()).toEqual(['gap', 'overlap'])
    expect(await codes('30 2 * * *', 'UTC')).toEqual([])
    expect(await codes('30 12 * * *', 'Europe/Paris')).toEqual([])
  })

  it('a rule of every hour is not disturbed, unless the change shifts its minutes', async () => {
    expect(await codes('*/5 * * * *', 'Europe/Paris')).toEqual([])
    expect(await codes('*/30 * * * *', 'Australia/Lord_Howe')).toEqual([])
    expect(await codes('15 * * * *', 'Australia/Lord_Howe')).toEqual(['gap'])
  })
})

describe('odd moments', () => {
  it.each([
    ['infinity', null],
    ['-infinity', null],
    [null, null],
    ['2026-01-01T02:59:59.999Z', '2026-01-01T03:00:00.000Z'],
    ['2026-01-01T03:00:00Z', '2026-01-02T03:00:00.000Z'],
    ['2026-01-01T03:00:00.000001Z', '2026-01-02T03:00:00.000Z'],
  ])('after %s', async (after, expected) => {
    const [row] = await db.query<{ at: Date | null }>(
      `select almanac.next_run_at('0 3 * * *', 'UTC', $1) as at`,
      [after],
    )

    expect(row!.at?.toISOString() ?? null).toBe(expected)
  })

  it.each([
    ['*/15 23 * * 6', 'America/Noronha', '2000-10-08T13:20:09Z', '2000-10-15T00:00:00Z'],
    ['59 1 * * 6', 'Asia/Gaza', '2054-03-28T22:17:18Z', '2054-04-03T22:59:00Z'],
    ['*/15 1 * * 6', 'Asia/Gaza', '2040-10-20T16:56:24Z', '2040-10-26T22:00:00Z'],
  ])('a zone may be back at its offset within a week: %s in %s', async (cron, timezone, after, expected) => {
    expect(await next(cron, timezone, after, 1)).toEqual([expected])
  })

  it.each(['CET', 'WET', 'UTC+3', 'Mars+3', 'europe/paris', ''])(
    'not a zone, or one that an abbreviation hides: %s',
    async (timezone) => {
      const refused = await refusal(db.query(`select almanac.next_run_at('0 3 * * *', $1)`, [timezone]))

      expect(refused).toMatchObject({ code: 'AL002', column: 'timezone' })
    },
  )

  it.each([
    ['0 0 * * FRI-MON', 'FRI-SAT,SUN-MON'],
    ['0 0 * DEC-JAN *', 'DEC-DEC,JAN-JAN'],
    ['0 22-2 * * *', '22-23,0-2'],
    ['0 0 * * 7-1', '0-1'],
  ])('the hint for a backward range is itself valid: %s', async (cron, ranges) => {
    const [checked] = await db.query<{ hint: string }>(`select hint from almanac.check_cron($1)`, [cron])

    expect(checked!.hint).toContain(`${ranges}.`)
    const written = cron.replace(/\S+-\S+/, ranges)
    expect(await db.query(`select valid from almanac.check_cron($1)`, [written])).toEqual([{ valid: true }])
  })

  it('a range without a beginning is refused', async () => {
    const listed = db.query(`select almanac.occurrences('0 3 * * *', 'UTC', '-infinity', '2026-01-01', 5)`)

    expect((await refusal(listed)).code).toBe('AL012')
  })

  it('a list longer than it may be is an error and not a cut', async () => {
    expect(
      (
        await refusal(
          db.query(
            `select count(*) from almanac.occurrences('* * * * * *', 'UTC', '2026-01-01', '2026-02-01')`,
          ),
        )
      ).code,
    ).toBe('AL012')
  })

  it.each([
    '1--100000000',
    `${'0,'.repeat(5000)}0 * * * *`,
    `${'1-59/2,'.repeat(140)}1 * * * *`,
    '@'.repeat(1024),
  ])('hostile text is answered: %.20s…', async (cron) => {
    expect(
      await db.query(`select valid is not null as answered from almanac.check_cron($1)`, [cron]),
    ).toEqual([{ answered: true }])
  })
})

const zones = [
  'UTC',
  'Europe/Paris',
  'America/New_York',
  'Australia/Lord_Howe',
  'America/Santiago',
  'Africa/Casablanca',
  'Asia/Tokyo',
  'Pacific/Apia',
  'America/Havana',
]
const fieldOf = (least: number, most: number) => {
  const value = fc.integer({ min: least, max: most })
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: value.map(String) },
    { weight: 1, arbitrary: fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: most }).map((step) => `*/${step}`) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(value, { minLength: 2, maxLength: 3 }).map((values) => values.join(',')),
    },
  )
}
const rules = fc.record({
  minute: fieldOf(0, 59),
  hour: fieldOf(0, 23),
  day: fc.oneof(
    { weight: 4, arbitrary: fc.constant('*') },
    { weight: 2, arbitrary: fieldOf(1, 28) },
    { weight: 1, arbitrary: fc.constantFrom('L', 'LW', '15W', 'L-3') },
  ),
  month: fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, { weight: 1, arbitrary: fieldOf(1, 12) }),
  weekday: fc.oneof(
    { weight: 4, arbitrary: fc.constant('*') },
    { weight: 1, arbitrary: fieldOf(0, 6) },
    { weight: 1, arbitrary: fc.constantFrom('MON#2', 'FRIL') },
  ),
})
const cases = fc.record({
  cron: rules.map((rule) => Object.values(rule).join(' ')),
  timezone: fc.constantFrom(...zones),
  // Around the changes of most of these zones as often as anywhere else.
  after: fc
    .oneof(
      fc.integer({ min: Date.UTC(2011, 0, 1) / 1000, max: Date.UTC(2031, 0, 1) / 1000 }),
      fc
        .tuple(
          fc.constantFrom(
            '2026-03-29',
            '2026-10-25',
            '2026-03-08',
            '2026-11-01',
            '2026-04-05',
            '2026-10-04',
            '2026-09-06',
            '2011-12-30',
          ),
          fc.integer({ min: -90_000, max: 90_000 }),
        )
        .map(([date, seconds]) => Date.parse(date) / 1000 + seconds),
    )
    .map((seconds) => new Date(seconds * 1000).toISOString()),
})

describe('properties', () => {
  it('occurrences of a range are the next ones, and ranges side by side add up', () =>
    fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 72 * 3600 }),
        async ({ cron, timezone, after }, cut) => {
          const [row] = await db.query<{ whole: string[]; parts: string[]; chain: string[] }>(
            `with recursive bounds as (select $3::timestamptz as low, $3::timestamptz + $4 * interval '1 second' as middle, $3::timestamptz + interval '3 days' as high),
           chain (at, position) as (
             select almanac.next_run_at($1, $2, b.low - interval '1 microsecond'), 1 from bounds b
             union all
             select almanac.next_run_at($1, $2, c.at), c.position + 1 from chain c, bounds b where c.at < b.high and c.position < 5000
           )
           select array(select o::text from bounds b, almanac.occurrences($1, $2, b.low, b.high) o) as whole,
             array(select o::text from bounds b, almanac.occurrences($1, $2, b.low, b.middle) o) || array(select o::text from bounds b, almanac.occurrences($1, $2, b.middle, b.high) o) as parts,
             array(select c.at::text from chain c, bounds b where c.at < b.high order by c.position) as chain`,
            [cron, timezone, after, cut],
          )

          expect(row!.parts).toEqual(row!.whole)
          expect(row!.chain).toEqual(row!.whole)
          expect(new Set(row!.whole).size).toBe(row!.whole.length)
        },
      ),
      { numRuns: 100 },
    ))

  /** By definition: every local minute of the days around, matched on its own, turned into instants by the rules, sorted. */
  it('next is the least instant that the definition gives', () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ cron, timezone, after }) => {
        const [row] = await db.query<{ found: boolean }>(
          `with parsed as (select (almanac_private.compile_cron($1)).*, $3::timestamptz as after, date_trunc('minute', ($3::timestamptz at time zone $2)) as here),
           minutes as (
             select p.after, p.rule_running, g.local, ($3::timestamptz) as a from parsed p, generate_series(p.here - interval '2 days', p.here + interval '2 days', interval '1 minute') g(local)
             where p.rule_hours >> extract(hour from g.local)::int & 1 = 1 and p.rule_minutes >> extract(minute from g.local)::int & 1 = 1
               and almanac_private.next_cron(p.rule_seconds, p.rule_minutes, p.rule_hours, p.rule_first_time, p.rule_weekdays, p.rule_months, p.rule_days, p.rule_running,
                 'UTC', (g.local at time zone 'UTC') - interval '1 second') = g.local at time zone 'UTC'
           ),
           instants as (
             select almanac.local_time(m.local, $2) as at, m.after from minutes m
             union
             select m.local at time zone $2, m.after from minutes m where m.rule_running
           ),
           least as (select min(i.at) as at from instants i where i.at > i.after)
           select case when l.at is null or l.at > $3::timestamptz + interval '1 day' then n.at > $3::timestamptz + interval '1 day' or n.at is null or l.at is not distinct from n.at
             else n.at = l.at end as found
           from least l, almanac.next_run_at($1, $2, $3) n(at)`,
          [cron, timezone, after],
        )

        expect(row!.found).toBe(true)
      }),
      { numRuns: 100 },
    ))

  it('session settings change nothing', () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ cron, timezone, after }) => {
        const client = await db.pool.connect()
        const at = async () =>
          (
            await client.query<{ at: string }>(
              `select extract(epoch from almanac.next_run_at($1, $2, $3))::text as at`,
              [cron, timezone, after],
            )
          ).rows[0]!.at
        const plain = await at()
        await client.query(
          `set timezone to 'Australia/Lord_Howe'; set datestyle to 'German'; set intervalstyle to 'sql_standard'`,
        )
        const other = await at()
        await client.query(`set timezone to 'UTC'; reset datestyle; reset intervalstyle`)
        client.release()

        expect(other).toBe(plain)
      }),
      { numRuns: 40 },
    ))
})

describe('cron-parser agrees where both speak the same language', () => {
  const same = fc.record({
    minute: fieldOf(0, 59),
    hour: fieldOf(0, 23),
    day: fieldOf(1, 31),
    month: fieldOf(1, 12),
    weekday: fieldOf(0, 6),
  })

  it('in UTC, where no clock changes', () =>
    fc.assert(
      fc.asyncProperty(same, async (rule) => {
        const cron = Object.values(rule).join(' ')
        const theirs: string[] = []
        try {
          const expression = CronExpressionParser.parse(cron, {
            tz: 'UTC',
            currentDate: '2026-01-01T00:00:00Z',
          })
          for (let i = 0; i < 3; i++) theirs.push(expression.next().toISOString()!.replace('.000Z', 'Z'))
        } catch {
          return // a rule that never matches, which it says by an error
        }

        expect(await next(cron, 'UTC', '2026-01-01T00:00:00Z', 3)).toEqual(theirs)
      }),
      { numRuns: 100 },
    ))
})
