import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { fieldOf } from './cronRules.ts'

const db = useTestDatabase()

interface Warning {
  readonly code: string
  readonly message: string
}

async function warnings(cron: string, timezone: string | null = null): Promise<Warning[]> {
  const [checked] = await db.query<{ warnings: Warning[] }>(
    `select warnings from almanac.check_cron($1, $2)`,
    [cron, timezone],
  )
  return checked!.warnings
}
const codes = async (cron: string, timezone: string | null = null) =>
  (await warnings(cron, timezone)).map((warning) => warning.code)

it.each([
  ['0 3 * * *', []],
  ['0 3 13 * FRI', ['either_day']],
  ['0 3 ? * FRI', []],
  ['@weekly', []],
  ['0 3 31 * *', ['short_months']],
  ['0 3 15,31 * *', ['short_months']],
  ['0 3 31W * *', ['short_months']],
  ['0 3 L-30 * *', ['short_months']],
  ['0 3 L * *', []],
  ['0 3 LW * *', []],
  ['0 3 31 1 *', []],
  ['0 3 29 3-12 *', []],
  ['0 3 1-31 * *', []],
  ['0 3 28-31 * *', []],
  ['0 0 30 2 *', ['never', 'short_months']],
  ['0 0 30 2 FRI', ['either_day', 'short_months']],
])('%s warns of %j', async (cron, expected) => {
  expect(await codes(cron)).toEqual(expected)
})

describe('two day fields', () => {
  const either = 'Day of month and day of week are both given: a day that matches either one counts.'
  const both = `${either} Vixie cron, cronie and pg_cron treat a day field that begins with * as unrestricted: there a day must match both.`

  it.each([
    ['0 3 13 * FRI', either],
    ['0 3 1-31/2 * FRI', either],
    ['0 3 */2 * MON', both],
    ['0 3 13 * */2', both],
    [' 0 0 3\t*,13 * MON\n', both],
  ])('%s', async (cron, message) => {
    expect((await warnings(cron))[0]).toEqual({ code: 'either_day', message })
  })
})

describe('months that are too short', () => {
  it.each([
    ['0 3 31 * *', 'February, April, June, September and November have no day 31'],
    ['0 3 31 4 *', 'April has no day 31'],
    ['0 3 L-30 2,4 *', 'February and April have no day 31'],
    ['0 3 30W * *', 'February has no day 30'],
    ['0 3 29 * *', 'February has a day 29 only in leap years'],
    ['0 3 29,30 1-3 *', 'February has no day 30; February has a day 29 only in leap years'],
  ])('%s', async (cron, months) => {
    expect((await warnings(cron)).find((warning) => warning.code === 'short_months')!.message).toBe(
      `${months}. Where the day is missing, it is skipped. L is the last day of every month.`,
    )
  })
})

it('a zone adds what its clock changes do, and a zone without any adds nothing', async () => {
  expect((await codes('30 2 * * *', 'Europe/Paris')).sort()).toEqual(['gap', 'overlap'])
  expect(await codes('30 2 * * *', 'UTC')).toEqual([])
  expect(await codes('30 12 * * *', 'Europe/Paris')).toEqual([])
  expect(await codes('0 0 30 2 *', 'Europe/Paris')).toEqual(['never', 'short_months'])
})

async function changes(cron: string, timezone: string, asOf: string): Promise<string[]> {
  const [row] = await db.query<{ messages: string[] }>(
    `select array(select w ->> 'message' from jsonb_array_elements(
       almanac_private.clock_change_warnings(almanac_private.compile_cron($1), $2, $3)) w) as messages`,
    [cron, timezone, asOf],
  )
  return row!.messages
}

/** The runs from one local midnight to another, each as the clock shows it, with its offset. */
async function runs(cron: string, timezone: string, from: string, to: string): Promise<string[]> {
  const rows = await db.query<{ shown: string }>(
    `select to_char(r.shown, 'DD HH24:MI') || r.utc_offset as shown
     from almanac.occurrences($1, $2, almanac.local_time($3, $2), almanac.local_time($4, $2)) o(at),
       almanac_private.local_reading(o.at, $2) r order by o.at`,
    [cron, timezone, from, to],
  )
  return rows.map((row) => row.shown)
}

describe('what a clock change does is told as it happens', () => {
  it.each<[string, string, string, string, string, string[], string]>([
    [
      '30 2 * * *',
      'Europe/Paris',
      '2026-01-01',
      '2026-03-29',
      '2026-03-30',
      ['29 03:30+02:00'],
      'On 2026-03-29 clocks go from 02:00 to 03:00: the run of 02:30 is at 03:30.',
    ],
    [
      '0 2,3 * * *',
      'Europe/Paris',
      '2026-01-01',
      '2026-03-29',
      '2026-03-30',
      ['29 03:00+02:00'],
      'On 2026-03-29 clocks go from 02:00 to 03:00: the run of 02:00 falls together with that of 03:00.',
    ],
    [
      '0,30 2 * * *',
      'Europe/Paris',
      '2026-06-01',
      '2026-10-25',
      '2026-10-26',
      ['25 02:00+02:00', '25 02:30+02:00'],
      'On 2026-10-25 clocks show 02:00 to 03:00 twice: the 2 runs of 02:00 and 02:30 come in the first pass only.',
    ],
    [
      '0 */2 * * *',
      'Europe/Paris',
      '2026-06-01',
      '2026-10-25',
      '2026-10-25 05:00',
      ['25 00:00+02:00', '25 02:00+02:00', '25 02:00+01:00', '25 04:00+01:00'],
      'On 2026-10-25 clocks show 02:00 to 03:00 twice: the run of 02:00 comes in both passes.',
    ],
    [
      '0 0-23 * * *',
      'Europe/Paris',
      '2026-06-01',
      '2026-10-25 01:00',
      '2026-10-25 04:00',
      ['25 01:00+02:00', '25 02:00+02:00', '25 03:00+01:00'],
      'On 2026-10-25 clocks show 02:00 to 03:00 twice: the run of 02:00 comes in the first pass only.',
    ],
    [
      '*/20 2 * * *',
      'Europe/Paris',
      '2026-06-01',
      '2026-10-25',
      '2026-10-26',
      [
        '25 02:00+02:00',
        '25 02:20+02:00',
        '25 02:40+02:00',
        '25 02:00+01:00',
        '25 02:20+01:00',
        '25 02:40+01:00',
      ],
      'On 2026-10-25 clocks show 02:00 to 03:00 twice: the 3 runs of 02:00 to 02:40 come in both passes, 6 in all.',
    ],
    [
      '15 * * * *',
      'Australia/Lord_Howe',
      '2026-06-01',
      '2026-10-04 01:00',
      '2026-10-04 04:00',
      ['04 01:15+10:30', '04 02:45+11:00', '04 03:15+11:00'],
      'On 2026-10-04 clocks go from 02:00 to 02:30: the run of 02:15 is at 02:45.',
    ],
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-01-01',
      '2026-04-05',
      '2026-04-06',
      ['05 01:45+11:00'],
      'On 2026-04-05 clocks show 01:30 to 02:00 twice: the run of 01:45 comes in the first pass only.',
    ],
    [
      '30 23 * * *',
      'America/Nuuk',
      '2024-01-01',
      '2024-03-30',
      '2024-04-01',
      ['31 00:30-01:00', '31 23:30-01:00'],
      'On 2024-03-30 clocks go from 23:00 to 2024-03-31 00:00: the run of 23:30 is at 2024-03-31 00:30.',
    ],
    [
      '0 * * * SAT',
      'America/Nuuk',
      '2024-01-01',
      '2024-03-30 21:00',
      '2024-04-01',
      ['30 21:00-02:00', '30 22:00-02:00', '31 00:00-01:00'],
      'On 2024-03-30 clocks go from 23:00 to 2024-03-31 00:00: the run of 23:00 is at 2024-03-31 00:00.',
    ],
    [
      '30 23 * * *',
      'America/Santiago',
      '2026-01-01',
      '2026-04-04',
      '2026-04-05',
      ['04 23:30-03:00'],
      'On 2026-04-04 clocks show 23:00 to 2026-04-05 00:00 twice: the run of 23:30 comes in the first pass only.',
    ],
    [
      '0 0 * * *',
      'America/Santiago',
      '2026-06-01',
      '2026-09-06',
      '2026-09-07',
      ['06 01:00-03:00'],
      'On 2026-09-06 clocks go from 00:00 to 01:00: the run of 00:00 is at 01:00.',
    ],
    [
      '*/30 0,23 * * *',
      'America/St_Johns',
      '2009-06-01',
      '2009-10-31 23:00',
      '2009-11-01 12:00',
      [
        '31 23:00-02:30',
        '31 23:30-02:30',
        '01 00:00-02:30',
        '31 23:30-03:30',
        '01 00:00-03:30',
        '01 00:30-03:30',
      ],
      'On 2009-10-31 clocks show 23:01 to 2009-11-01 00:01 twice: the 2 runs of 23:30 and 2009-11-01 00:00 come in both passes, 4 in all.',
    ],
    [
      '0 12 30 12 *',
      'Pacific/Apia',
      '2011-06-01',
      '2011-12-29',
      '2012-01-02',
      ['31 12:00+14:00'],
      'On 2011-12-30 clocks go from 00:00 to 2011-12-31 00:00: the run of 12:00 is at 2011-12-31 12:00.',
    ],
    [
      '0 12 * * *',
      'Pacific/Apia',
      '2011-11-01',
      '2011-12-29',
      '2012-01-01',
      ['29 12:00-10:00', '31 12:00+14:00'],
      'On 2011-12-30 clocks go from 00:00 to 2011-12-31 00:00: the run of 12:00 falls together with that of 2011-12-31 12:00.',
    ],
    [
      '*/30 1-3 * * *',
      'Antarctica/Troll',
      '2026-01-01',
      '2026-03-29',
      '2026-03-30',
      ['29 03:00+02:00', '29 03:30+02:00', '29 04:00+02:00', '29 04:30+02:00'],
      'On 2026-03-29 clocks go from 01:00 to 03:00: the 4 runs of 01:00 to 02:30 are at 03:00 to 04:30, where 2 of them fall together with others.',
    ],
    [
      '5,40 30 2 * * *',
      'Africa/Casablanca',
      '2026-03-01',
      '2026-03-22',
      '2026-03-23',
      ['22 03:30+01:00', '22 03:30+01:00'],
      'On 2026-03-22 clocks go from 02:00 to 03:00: the 2 runs of 02:30:05 and 02:30:40 are at 03:30:05 and 03:30:40.',
    ],
  ])('%s in %s, as of %s', async (cron, timezone, asOf, from, to, shown, message) => {
    expect(await runs(cron, timezone, from, to)).toEqual(shown)
    expect(await changes(cron, timezone, asOf)).toContain(message)
  })

  it('the changes of the coming year are told, by date, and those that are past are not', async () => {
    const asOf = async (at: string) =>
      (await changes('30 2 * * *', 'Africa/Casablanca', at)).map((message) => message.slice(3, 13))

    expect(await asOf('2025-12-01')).toEqual(['2026-02-15', '2026-03-22'])
    expect(await asOf('2026-02-15T01:59:59Z')).toEqual(['2026-02-15', '2026-03-22', '2027-02-07'])
    expect(await asOf('2026-02-15T02:00:00Z')).toEqual(['2026-03-22', '2027-02-07'])
  })

  it('of many changes the first four are told', async () => {
    const told = await changes('30 2 * * *', 'Africa/Casablanca', '2013-04-01')

    expect(told.map((message) => message.slice(3, 13))).toEqual([
      '2013-04-28',
      '2013-07-07',
      '2013-08-10',
      '2013-10-27',
    ])
    expect(await changes('30 2 * * *', 'Africa/Casablanca', '2013-12-01')).toContainEqual(
      expect.stringContaining('2014-03-30'),
    )
  })

  it('no change is told that the rule does not notice', async () => {
    const none = async (cron: string, timezone: string) =>
      expect(await changes(cron, timezone, '2026-01-01')).toEqual([])

    await none('*/5 * * * *', 'Europe/Paris')
    await none('* * * * * *', 'Europe/Paris')
    await none('*/30 * * * *', 'Australia/Lord_Howe')
    await none('30 2 * * MON', 'Europe/Paris')
    await none('30 2 1 * *', 'Europe/Paris')
    await none('0 3 * * *', 'Europe/Paris')
    await none('30 1 * * *', 'Europe/Paris')
  })
})

describe('properties', () => {
  const rules = fc
    .tuple(
      fc.oneof({ weight: 5, arbitrary: fc.constant('0') }, fieldOf(0, 59)),
      fieldOf(0, 59),
      fc.oneof(fieldOf(0, 3), fieldOf(0, 23), fc.constantFrom('23', '0-23', '*')),
      fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, fieldOf(1, 31)),
      fc.constant('*'),
      fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, fc.constantFrom('SAT', 'SUN')),
    )
    .map((fields) => fields.join(' '))
  const years = fc.constantFrom<[string, string]>(
    ['Europe/Paris', '2026-01-01'],
    ['Australia/Lord_Howe', '2026-01-01'],
    ['America/Nuuk', '2026-01-01'],
    ['America/Havana', '2026-01-01'],
    ['America/St_Johns', '2009-01-01'],
    ['Antarctica/Troll', '2026-01-01'],
    ['Africa/Casablanca', '2026-01-01'],
    ['Pacific/Apia', '2011-10-01'],
  )
  /** The local times of a text, each with its day: that named last before it. */
  const times = (text: string, day: string) =>
    [...text.matchAll(/\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\d)?/g)].flatMap(([word]) => {
      if (word.includes(':')) return [`${day} ${word}`]
      day = word
      return []
    })

  it('the runs that a warning counts are those that the rule names there, and they run as it says', () =>
    fc.assert(
      fc.asyncProperty(rules, years, async (cron, [timezone, asOf]) => {
        for (const message of await changes(cron, timezone, asOf)) {
          const [clocks = '', what = ''] = message.split(': the ')
          const [start, end] = times(clocks, '')
          const told = Number(/^(\d+) runs/.exec(what)?.[1] ?? 1)
          const toldTogether = what.includes('where')
            ? Number(/where (\d+)/.exec(what)?.[1] ?? 1)
            : /falls? together/.test(what)
              ? told
              : 0
          const isGap = clocks.includes('clocks go')

          const [row] = await db.query<{
            named: number
            first: string
            together: number
            before: number
            behind: number
          }>(
            `with clocks as (
               select $3::timestamp as low, $4::timestamp as high, $4::timestamp - $3::timestamp as shift,
                 almanac.local_time(case when $5 then $3::timestamp else $4::timestamp end - interval '1 minute', $2)
                   + interval '1 minute' as changed
             ), named as (
               select o at time zone 'UTC' as at from clocks, almanac.occurrences($1, 'UTC', low at time zone 'UTC', (high + shift) at time zone 'UTC') o
             )
             select (select count(*)::int from named where at < high) as named,
               (select to_char(min(at), 'YYYY-MM-DD HH24:MI:SS') from named) as first,
               (select count(*)::int from named where at < high and at + shift in (select at from named)) as together,
               (select count(*)::int from almanac.occurrences($1, $2, changed - shift, changed)) as before,
               (select count(*)::int from almanac.occurrences($1, $2, changed, changed + shift)) - (select count(*)::int from named where at >= high and $5) as behind
             from clocks`,
            [cron, timezone, start, end, isGap],
          )

          expect(told).toBe(row!.named)
          expect(row!.first).toMatch(times(what, message.slice(3, 13))[0]!)
          if (isGap) {
            expect(toldTogether).toBe(row!.together)
            expect(row!.behind).toBe(told - toldTogether)
          } else {
            expect(row!.before).toBe(told)
            expect(row!.behind).toBe(what.includes('both passes') ? told : 0)
          }
        }
      }),
      { numRuns: 60 },
    ))
})
