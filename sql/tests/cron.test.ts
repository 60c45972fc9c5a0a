import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClientBase } from 'pg'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { fieldOf, isDayOf, momentNear, nextRuns } from './cronRules.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

function vectors<Vector>(name: string): Vector[] {
  return readFileSync(join(import.meta.dirname, 'vectors', name), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Vector)
}

const next = (cron: string, timezone: string, after: string, count: number) =>
  nextRuns(db, cron, timezone, after, count)

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

describe('odd moments', () => {
  it.each([
    ['infinity', null],
    ['-infinity', null],
    [null, null],
    ['2026-01-01T02:59:59.999Z', '2026-01-01T03:00:00.000Z'],
    ['2026-01-01T03:00:00Z', '2026-01-02T03:00:00.000Z'],
    ['2026-01-01T03:00:00.000001Z', '2026-01-02T03:00:00.000Z'],
    ['2300-01-01T02:59:59.999999Z', '2300-01-01T03:00:00.000Z'],
    ['9999-01-01T02:59:59.999999Z', '9999-01-01T03:00:00.000Z'],
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
})

it.each(['1900', '1969', '2000', '2255', '2300', '9996'])(
  'a range has what lies exactly at its start, not at its end, in every century: %s',
  async (year) => {
    for (const zone of ['UTC', 'Europe/Paris'])
      for (const more of ['', ` + interval '1 microsecond'`, ` - interval '1 microsecond'`]) {
        const range = `('${year}-01-01 00:00'::timestamp at time zone '${zone}')${more}, ('${Number(year) + 4}-01-01 00:00'::timestamp at time zone '${zone}')${more}`
        const [row] = await db.query<{ count: number }>(
          `select count(*)::int from almanac.occurrences('@yearly', '${zone}', ${range})`,
        )
        expect({ zone, more, ...row }).toEqual({ zone, more, count: 4 })
      }
  },
)

describe('hostile text is refused at once', () => {
  it.each<[string, string]>([
    ['a range of ranges', '1--100000000 * * * *'],
    ['a range without end', '0-99999999999999999999 * * * *'],
    ['a step of nothing', '*/0 * * * *'],
    ['a step beyond all numbers', `*/${'9'.repeat(900)} * * * *`],
    ['10,000 characters', `${'0,'.repeat(4996)}0 * * * *`],
    ['a million spaces', ' '.repeat(1_000_000)],
    ['a list of nothing', `${','.repeat(900)} * * * *`],
    ['ranges in ranges', `${'1-'.repeat(450)}2 * * * *`],
    ['steps in steps', `*${'/2'.repeat(450)} * * * *`],
    ['500 fields', '* '.repeat(500)],
    ['a long word', `${'M'.repeat(900)} * * * *`],
    ['a long macro', '@'.repeat(1024)],
    ['nothing but #', `* * * * ${'#'.repeat(900)}`],
    ['days before the last beyond all numbers', `0 0 L-${'9'.repeat(900)} * *`],
    ['what would be a pattern', '(.*)*(.*)*(.*)*(.*)* * * * *'],
    ['what would be SQL', `0 0 1 1 * '); drop schema almanac; --`],
    ['Arabic digits', '٣ * * * *'],
    ['full-width digits', '３ * * * *'],
    ['a full-width star', '＊ * * * *'],
    ['a superscript', '² * * * *'],
    ['a no-break space', '0\u00a03 * * * *'],
    ['an ideographic space', '0 3 * * *\u3000'],
    ['a form feed', '0 3 * *\f*'],
    ['a line separator', '0 3 * *\u2028*'],
    ['a mark of byte order', '\ufeff0 3 * * *'],
    ['a long s, which is S in capitals', '0 3 * * ſun'],
    ['a dotless i, which is I in capitals', '0 3 * * frı'],
    ['a minus that is not a hyphen', '0 1−5 * * *'],
    ['a lone character beyond the basic plane', '😀'],
  ])('%s', async (_, cron) => {
    const refused = await quickly(async (client) => {
      const { rows } = await client.query<{ valid: boolean; short: boolean }>(
        `select valid, length(message) <= 1200 as short from almanac.check_cron($1, 'Europe/Paris')`,
        [cron],
      )
      expect(rows).toEqual([{ valid: false, short: true }])
      return await refusal(client.query(`select almanac.next_run_at($1)`, [cron]))
    })

    expect(refused.code).toBe('AL001')
  })

  it.each([
    `${'1-59/2,'.repeat(140)}1 * * * *`,
    `0 0 ${'1W,'.repeat(300)}LW * *`,
    `0 0 * * ${'MON#5,'.repeat(160)}FRIL`,
    `${'* '.repeat(4)}${' '.repeat(1000)}*`,
  ])('the longest that is valid is answered at once: %.20s…', async (cron) => {
    const { rows } = await quickly((client) =>
      client.query(`select valid from almanac.check_cron($1, 'Europe/Paris')`, [cron]),
    )

    expect(rows).toEqual([{ valid: true }])
  })
})

/** Runs a function in a transaction whose statements may each take two seconds, however slow the machine. */
const quickly = <Result>(fn: (client: ClientBase) => Promise<Result>) =>
  inTransaction(db, async (client) => {
    await client.query(`set local statement_timeout to '2s'`)
    return await fn(client)
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
  after: momentNear([
    '2026-03-29',
    '2026-10-25',
    '2026-03-08',
    '2026-11-01',
    '2026-04-05',
    '2026-10-04',
    '2026-09-06',
    '2011-12-30',
  ]),
})

describe('properties', () => {
  it('occurrences of a range are the next ones, and ranges side by side add up', () =>
    fc.assert(
      fc.asyncProperty(
        cases,
        fc.integer({ min: 1, max: 72 * 3600 }),
        async ({ cron, timezone, after }, cut) => {
          const [row] = await db.query<{
            whole: string[]
            parts: string[]
            chain: string[]
            ordered: boolean
          }>(
            `with recursive bounds as (select $3::timestamptz as low, $3::timestamptz + $4 * interval '1 second' as middle, $3::timestamptz + interval '3 days' as high),
           chain (at, position) as (
             select almanac.next_run_at($1, $2, b.low - interval '1 microsecond'), 1 from bounds b
             union all
             select almanac.next_run_at($1, $2, c.at), c.position + 1 from chain c, bounds b where c.at < b.high and c.position < 5000
           )
           select array(select o::text from bounds b, almanac.occurrences($1, $2, b.low, b.high) o) as whole,
             array(select o::text from bounds b, almanac.occurrences($1, $2, b.low, b.middle) o) || array(select o::text from bounds b, almanac.occurrences($1, $2, b.middle, b.high) o) as parts,
             array(select c.at::text from chain c, bounds b where c.at < b.high order by c.position) as chain,
             (select coalesce(bool_and(o.at >= b.low and o.at < b.high and o.at > o.previous is not false), true)
              from (select at, lag(at) over (order by position) as previous from bounds b, almanac.occurrences($1, $2, b.low, b.high) with ordinality x(at, position)) o, bounds b) as ordered`,
            [cron, timezone, after, cut],
          )

          expect(row!.parts).toEqual(row!.whole)
          expect(row!.chain).toEqual(row!.whole)
          expect(row!.ordered).toBe(true)
        },
      ),
      { numRuns: 100 },
    ))

  /** By definition: every local minute of the days around, matched on its own, turned into instants by the rules, sorted. */
  it('next is the least instant that the definition gives', () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ cron, timezone, after }) => {
        const [row] = await db.query<{ found: boolean }>(
          `with parsed as (select almanac_private.compile_cron($1) as rule, $3::timestamptz as after, date_trunc('minute', ($3::timestamptz at time zone $2)) as here),
           minutes as (
             select p.after, (p.rule).running as is_running, g.local, ($3::timestamptz) as a from parsed p, generate_series(p.here - interval '2 days', p.here + interval '2 days', interval '1 minute') g(local)
             where (p.rule).hours >> extract(hour from g.local)::int & 1 = 1 and (p.rule).minutes >> extract(minute from g.local)::int & 1 = 1
               and almanac_private.next_cron(p.rule, 'UTC', (g.local at time zone 'UTC') - interval '1 second') = g.local at time zone 'UTC'
           ),
           instants as (
             select almanac.local_time(m.local, $2) as at, m.after from minutes m
             union
             select m.local at time zone $2, m.after from minutes m where m.is_running
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

  it('the days are those of a plain reading of the fields', () =>
    fc.assert(
      fc.asyncProperty(rules, fc.integer({ min: 1960, max: 2060 }), async ({ day, month, weekday }, year) => {
        const rows = await db.query<{ day: string }>(
          `select to_char(o at time zone 'UTC', 'YYYY-MM-DD') as day from almanac.occurrences($1, 'UTC', $2, $3) o`,
          [`0 0 ${day} ${month} ${weekday}`, `${year}-01-01T00:00Z`, `${year + 1}-01-01T00:00Z`],
        )

        const expected: string[] = []
        for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 86_400_000) {
          if (isDayOf({ day, month, weekday }, new Date(at)))
            expected.push(new Date(at).toISOString().slice(0, 10))
        }
        expect(rows.map((row) => row.day)).toEqual(expected)
      }),
      { numRuns: 100 },
    ))

  it('session settings change nothing', () =>
    fc.assert(
      fc.asyncProperty(cases, ({ cron, timezone, after }) =>
        inTransaction(db, async (client) => {
          const answer = async () =>
            (
              await client.query<Record<string, unknown>>(
                `select extract(epoch from almanac.next_run_at($1, $2, $3))::text as next,
                   array(select extract(epoch from o)::text from almanac.occurrences($1, $2, $3, $3::timestamptz + interval '72 hours', 200) o) as listed,
                   almanac_private.clock_change_warnings(almanac_private.compile_cron($1), $2, $3) as warnings,
                   extract(epoch from almanac.local_time($3::timestamptz at time zone 'UTC', $2))::text as instant`,
                [cron, timezone, after],
              )
            ).rows
          const plain = await answer()
          await client.query(
            `set local timezone to 'Australia/Lord_Howe'; set local datestyle to 'German'; set local intervalstyle to 'sql_standard'; set local standard_conforming_strings to off`,
          )

          expect(await answer()).toEqual(plain)
        }),
      ),
      { numRuns: 60 },
    ))
})
