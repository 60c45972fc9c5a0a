import { CronExpressionParser } from 'cron-parser'
import { Cron, type CronOptions } from 'croner'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { fieldOf, nextRuns, rangeOf } from './cronRules.ts'

/** The same rules every time; change it to try others. */
const seed = 20_261_120

const db = useTestDatabase()

type Runs = readonly string[] | 'refused'
type Engine = (cron: string, timezone: string, after: string, count: number) => Runs | Promise<Runs>

const instant = (at: Date) => at.toISOString().replace('.000Z', 'Z')
const almanac: Engine = async (cron, timezone, after, count) => {
  const [checked] = await db.query<{ valid: boolean }>(`select valid from almanac.check_cron($1)`, [cron])
  return checked!.valid ? await nextRuns(db, cron, timezone, after, count) : 'refused'
}
const cronParser: Engine = (cron, timezone, after, count) => {
  try {
    const expression = CronExpressionParser.parse(cron, { tz: timezone, currentDate: after, hashSeed: 'any' })
    return Array.from({ length: count }, () => instant(expression.next().toDate()))
  } catch {
    return 'refused'
  }
}
const croner = (options: CronOptions): Engine => {
  return (cron, timezone, after, count) => {
    try {
      return new Cron(cron, { ...options, timezone }).nextRuns(count, new Date(after)).map(instant)
    } catch {
      return 'refused'
    }
  }
}
const cronerAsWe = croner({ fixedTimeRule: 'no-wildcard', sloppyRanges: true })

const number = (least: number, most: number) => fc.integer({ min: least, max: most })
const richField = (least: number, most: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fieldOf(least, most) },
    fc.tuple(rangeOf(number(least, most)), number(1, most)).map(([range, step]) => `${range}/${step}`),
    fc.tuple(number(least, most), number(1, most)).map(([from, step]) => `${from}/${step}`),
    number(least, most).map((value) => String(value).padStart(2, '0')),
  )
const fixedField = (least: number, most: number) =>
  fc.oneof(
    { weight: 3, arbitrary: number(least, most).map(String) },
    rangeOf(number(least, most)),
    fc.uniqueArray(number(least, most), { minLength: 2, maxLength: 3 }).map((values) => values.join(',')),
  )
const nameOf = (...names: string[]) =>
  fc
    .tuple(fc.constantFrom(...names), fc.integer({ min: 0, max: 7 }))
    .map(([name, capitals]) =>
      [...name].map((letter, i) => ((capitals >> i) & 1 ? letter : letter.toLowerCase())).join(''),
    )
const open = fc.constantFrom('*', '?')
const second = fc.oneof({ weight: 6, arbitrary: fc.constant('') }, richField(0, 59))
const days = fc.tuple(
  fc.oneof(
    { weight: 3, arbitrary: open },
    { weight: 3, arbitrary: richField(1, 31) },
    fc.constantFrom('L', '1,L', 'L,15'),
  ),
  fc.oneof(
    { weight: 5, arbitrary: fc.constant('*') },
    { weight: 2, arbitrary: richField(1, 12) },
    nameOf('JAN', 'FEB', 'JUN', 'SEP', 'DEC'),
    fc.constant('MAR-OCT'),
  ),
  fc.oneof(
    { weight: 4, arbitrary: open },
    { weight: 2, arbitrary: fieldOf(0, 6) },
    nameOf('SUN', 'TUE', 'SAT'),
    fc.constantFrom('7', '5-7', 'MON-FRI', 'MON,WED', 'MON-FRI/2', '1#2', 'FRI#5', '5L', 'FRIL', 'MON,FRIL'),
  ),
)
const ofAnyTime = fc.tuple(second, richField(0, 59), richField(0, 23))
const ofEveryHour = fc.tuple(second, richField(0, 59), fc.constantFrom('*', '*/1'))
const ofFixedTime = fc.tuple(
  fc.oneof({ weight: 6, arbitrary: fc.constant('') }, fixedField(0, 59)),
  fixedField(0, 59),
  fixedField(0, 23).filter((hour) => hour !== '0-23'),
)
const ruleOf = (times: fc.Arbitrary<readonly string[]>) =>
  fc.tuple(times, days).map(([time, day]) => [...time, ...day].join(' ').trim())

/** A zone and a moment up to that many hours before or behind an instant. */
const near = (hoursBefore: number, hoursBehind: number, ...changes: (readonly [string, string])[]) =>
  fc
    .tuple(fc.constantFrom(...changes), number(-hoursBefore * 3600, hoursBehind * 3600 - 1))
    .map(([[timezone, at], seconds]) => ({
      timezone,
      after: instant(new Date(Date.parse(at) + seconds * 1000)),
    }))

async function expectAgreement(
  other: Engine,
  rule: fc.Arbitrary<string>,
  where: fc.Arbitrary<{ timezone: string; after: string }>,
  numRuns: number,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(rule, where, async (cron, { timezone, after }) => {
      const ours = await almanac(cron, timezone, after, 5)

      // A rule that never runs is an error to cron-parser, and one that has run out is an end to both.
      expect(await other(cron, timezone, after, 5)).toEqual(
        ours.length === 0 && other === cronParser ? 'refused' : ours,
      )
    }),
    { numRuns, seed },
  )
}

const still = near(
  8000,
  8000,
  ['UTC', '2026-06-01T00:00Z'],
  ['Asia/Tokyo', '2026-06-01T00:00Z'],
  ['Asia/Kolkata', '2026-06-01T00:00Z'],
  ['America/Phoenix', '2026-06-01T00:00Z'],
)

describe(`cron-parser gives the same times (seed ${seed})`, () => {
  it('where no clock changes', () => expectAgreement(cronParser, ruleOf(ofAnyTime), still, 300))

  it('of all rules, asked before an hour within the day is skipped', () =>
    expectAgreement(
      cronParser,
      ruleOf(ofAnyTime),
      near(
        25,
        0,
        ['Europe/Paris', '2026-03-29T01:00Z'],
        ['America/New_York', '2026-03-08T07:00Z'],
        ['America/Santiago', '2026-09-06T04:00Z'],
        ['America/Havana', '2026-03-08T05:00Z'],
      ),
      200,
    ))

  it('of fixed rules and of those of every hour, asked before an hour is repeated', () =>
    expectAgreement(
      cronParser,
      ruleOf(fc.oneof(ofFixedTime, ofEveryHour)),
      near(
        25,
        0,
        ['Europe/Paris', '2026-10-25T01:00Z'],
        ['America/New_York', '2026-11-01T06:00Z'],
        ['America/Santiago', '2026-04-05T03:00Z'],
      ),
      200,
    ))
})

describe(`croner gives the same times (seed ${seed})`, () => {
  it('where no clock changes', () => expectAgreement(cronerAsWe, ruleOf(ofAnyTime), still, 200))

  it('of all rules where an hour is repeated, told which rules are fixed', () =>
    expectAgreement(
      cronerAsWe,
      ruleOf(ofAnyTime),
      near(
        25,
        5,
        ['Europe/Paris', '2026-10-25T01:00Z'],
        ['America/New_York', '2026-11-01T06:00Z'],
        ['America/Santiago', '2026-04-05T03:00Z'],
        ['America/Havana', '2026-11-01T05:00Z'],
        ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
      ),
      200,
    ))
})

interface Difference {
  readonly what: string
  readonly cron: string
  readonly timezone?: string
  readonly after?: string
  readonly ours: Runs
  readonly theirs: Runs
}

function itDiffers(other: Engine, differences: readonly Difference[]): void {
  it.each(differences)(
    '$what: $cron',
    async ({ cron, timezone = 'UTC', after = '2026-01-01T00:00:00Z', ours, theirs }) => {
      const count = Math.max(...[ours, theirs].map((runs) => (runs === 'refused' ? 0 : runs.length)), 1)

      expect(await almanac(cron, timezone, after, count)).toEqual(ours)
      expect(await other(cron, timezone, after, count)).toEqual(theirs)
    },
  )
}

const beforeGap = { timezone: 'Europe/Paris', after: '2026-03-28T23:30:00Z' }
const beforeOverlap = { timezone: 'Europe/Paris', after: '2026-10-24T23:30:00Z' }
const beforeHalfHourGap = { timezone: 'Australia/Lord_Howe', after: '2026-10-03T14:00:00Z' }
const beforeHalfHourOverlap = { timezone: 'Australia/Lord_Howe', after: '2026-04-04T14:00:00Z' }

describe('cron-parser refuses', () => {
  itDiffers(cronParser, [
    {
      what: 'a value twice in a list',
      cron: '0 0 1-5,3 * *',
      ours: ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'],
      theirs: 'refused',
    },
    {
      what: 'a list of steps that meet',
      cron: '*/20,*/30 0 * * *',
      ours: ['2026-01-01T00:20:00Z', '2026-01-01T00:30:00Z'],
      theirs: 'refused',
    },
    {
      what: 'a list with #',
      cron: '0 0 * * MON#1,MON#3',
      ours: ['2026-01-05T00:00:00Z', '2026-01-19T00:00:00Z'],
      theirs: 'refused',
    },
    {
      what: 'days before the last',
      cron: '0 0 L-2 * *',
      ours: ['2026-01-29T00:00:00Z', '2026-02-26T00:00:00Z'],
      theirs: 'refused',
    },
    {
      what: 'the nearest weekday',
      cron: '0 0 15W * *',
      ours: ['2026-01-15T00:00:00Z', '2026-02-16T00:00:00Z'],
      theirs: 'refused',
    },
    {
      what: 'the last weekday',
      cron: '0 0 LW * *',
      ours: ['2026-01-30T00:00:00Z', '2026-02-27T00:00:00Z'],
      theirs: 'refused',
    },
    {
      what: 'a range that ends on SUN',
      cron: '0 0 * * FRI-SUN',
      ours: ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z', '2026-01-04T00:00:00Z'],
      theirs: 'refused',
    },
    { what: '@midnight', cron: '@midnight', ours: ['2026-01-02T00:00:00Z'], theirs: 'refused' },
    { what: 'capitals in macros', cron: '@Daily', ours: ['2026-01-02T00:00:00Z'], theirs: 'refused' },
    { what: 'a rule that never runs', cron: '0 0 30 2 *', ours: [], theirs: 'refused' },
  ])
})

describe('cron-parser takes, and Almanac refuses', () => {
  itDiffers(cronParser, [
    { what: 'fewer than five fields', cron: '1 1 *', ours: 'refused', theirs: ['2026-01-01T00:01:00Z'] },
    {
      what: 'a step beyond the field',
      cron: '*/70 * * * *',
      ours: 'refused',
      theirs: ['2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z'],
    },
    { what: '? for a minute', cron: '? * * * *', ours: 'refused', theirs: ['2026-01-01T00:01:00Z'] },
    { what: '@minutely', cron: '@minutely', ours: 'refused', theirs: ['2026-01-01T00:01:00Z'] },
    { what: '@secondly', cron: '@secondly', ours: 'refused', theirs: ['2026-01-01T00:00:01Z'] },
    { what: '@weekdays', cron: '@weekdays', ours: 'refused', theirs: ['2026-01-02T00:00:00Z'] },
    { what: '@weekends', cron: '@weekends', ours: 'refused', theirs: ['2026-01-03T00:00:00Z'] },
  ])

  it('H, a value that its text or a seed chooses', async () => {
    expect(await almanac('H * * * *', 'UTC', '2026-01-01T00:00:00Z', 1)).toBe('refused')
    expect(await cronParser('H * * * *', 'UTC', '2026-01-01T00:00:00Z', 1)).not.toBe('refused')
  })
})

describe('cron-parser has other times', () => {
  itDiffers(cronParser, [
    {
      what: 'a running rule of some hours has one pass',
      cron: '0 */2 * * *',
      ...beforeOverlap,
      ours: ['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z', '2026-10-25T03:00:00Z'],
      theirs: ['2026-10-25T00:00:00Z', '2026-10-25T03:00:00Z', '2026-10-25T05:00:00Z'],
    },
    {
      what: 'a running rule of one hour has one pass',
      cron: '*/30 2 * * *',
      ...beforeOverlap,
      ours: ['2026-10-25T00:00:00Z', '2026-10-25T00:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T01:30:00Z'],
      theirs: [
        '2026-10-25T00:00:00Z',
        '2026-10-25T00:30:00Z',
        '2026-10-26T01:00:00Z',
        '2026-10-26T01:30:00Z',
      ],
    },
    {
      what: 'all 24 hours without a star are running',
      cron: '30 0-23 * * *',
      ...beforeOverlap,
      ours: ['2026-10-25T00:30:00Z', '2026-10-25T02:30:00Z'],
      theirs: ['2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
    },
    {
      what: 'of an hour repeated from midnight the second pass',
      cron: '30 0 * * *',
      timezone: 'America/Havana',
      after: '2026-10-31T12:00:00Z',
      ours: ['2026-11-01T04:30:00Z', '2026-11-02T05:30:00Z'],
      theirs: ['2026-11-01T05:30:00Z', '2026-11-02T05:30:00Z'],
    },
    {
      what: 'after a half-hour overlap it may not find the next',
      cron: '0 7 * * *',
      ...beforeHalfHourOverlap,
      ours: ['2026-04-04T20:30:00Z'],
      theirs: 'refused',
    },
    {
      what: 'of a repeated half hour one pass',
      cron: '57 * * * *',
      ...beforeHalfHourOverlap,
      ours: ['2026-04-04T14:57:00Z', '2026-04-04T15:27:00Z', '2026-04-04T16:27:00Z'],
      theirs: ['2026-04-04T14:57:00Z', '2026-04-04T16:27:00Z', '2026-04-04T17:27:00Z'],
    },
    {
      what: 'a time in a half-hour gap is lost',
      cron: '15 2 * * *',
      ...beforeHalfHourGap,
      ours: ['2026-10-03T15:45:00Z', '2026-10-04T15:15:00Z'],
      theirs: ['2026-10-04T15:15:00Z', '2026-10-05T15:15:00Z'],
    },
    {
      what: 'a time in a gap before midnight is lost',
      cron: '30 23 * * *',
      timezone: 'America/Nuuk',
      after: '2024-03-30T12:00:00Z',
      ours: ['2024-03-31T01:30:00Z', '2024-04-01T00:30:00Z'],
      theirs: ['2024-04-01T00:30:00Z', '2024-04-02T00:30:00Z'],
    },
    {
      what: 'a time on a skipped day is lost',
      cron: '0 12 30 12 *',
      timezone: 'Pacific/Apia',
      after: '2011-12-29T00:00:00Z',
      ours: ['2011-12-30T22:00:00Z', '2012-12-29T22:00:00Z'],
      theirs: ['2012-12-29T22:00:00Z', '2013-12-29T22:00:00Z'],
    },
    {
      what: 'of a two-hour gap the second hour moves to the hour of landing',
      cron: '30 2 * * *',
      timezone: 'Antarctica/Troll',
      after: '2026-03-28T12:00:00Z',
      ours: ['2026-03-29T02:30:00Z'],
      theirs: ['2026-03-29T01:30:00Z'],
    },
    {
      what: 'between the passes a fixed time is still ahead',
      cron: '30 2 * * *',
      timezone: 'Europe/Paris',
      after: '2026-10-25T01:15:00Z',
      ours: ['2026-10-26T01:30:00Z'],
      theirs: ['2026-10-25T01:30:00Z'],
    },
    {
      what: 'a moved time is lost if asked for behind the gap',
      cron: '30 2 * * *',
      timezone: 'Europe/Paris',
      after: '2026-03-29T01:10:00Z',
      ours: ['2026-03-29T01:30:00Z'],
      theirs: ['2026-03-30T00:30:00Z'],
    },
  ])
})

describe('croner refuses', () => {
  itDiffers(croner({}), [
    {
      what: 'days before the last',
      cron: '0 0 L-2 * *',
      ours: ['2026-01-29T00:00:00Z'],
      theirs: 'refused',
    },
    { what: 'LW in a list', cron: '0 0 1,LW * *', ours: ['2026-01-30T00:00:00Z'], theirs: 'refused' },
    {
      what: 'a range that ends on 0',
      cron: '0 0 * * 5-0',
      ours: ['2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z', '2026-01-04T00:00:00Z'],
      theirs: 'refused',
    },
    {
      what: 'a step from one value',
      cron: '10/20 * * * *',
      ours: ['2026-01-01T00:10:00Z', '2026-01-01T00:30:00Z', '2026-01-01T00:50:00Z'],
      theirs: 'refused',
    },
  ])
})

describe('croner takes, and Almanac refuses', () => {
  itDiffers(croner({}), [
    { what: 'a year', cron: '0 0 0 1 1 * 2027', ours: 'refused', theirs: ['2027-01-01T00:00:00Z'] },
    { what: '+, both day fields', cron: '0 0 13 * +FRI', ours: 'refused', theirs: ['2026-02-13T00:00:00Z'] },
    { what: '#L', cron: '0 0 * * MON#L', ours: 'refused', theirs: ['2026-01-26T00:00:00Z'] },
    { what: '? for a minute', cron: '? * * * *', ours: 'refused', theirs: ['2026-01-01T00:01:00Z'] },
  ])
})

describe('croner has other times', () => {
  itDiffers(croner({}), [
    {
      what: 'lists and ranges are running',
      cron: '0 2,3 * * *',
      ...beforeOverlap,
      ours: ['2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z', '2026-10-26T01:00:00Z'],
      theirs: ['2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z', '2026-10-25T02:00:00Z'],
    },
  ])
  itDiffers(cronerAsWe, [
    {
      what: 'a step of weekdays from one ends on Saturday',
      cron: '0 0 * * 1/2',
      ours: ['2026-01-02T00:00:00Z', '2026-01-04T00:00:00Z', '2026-01-05T00:00:00Z'],
      theirs: ['2026-01-02T00:00:00Z', '2026-01-05T00:00:00Z', '2026-01-07T00:00:00Z'],
    },
    {
      what: 'a fixed time in a gap runs at its end',
      cron: '30 2 * * *',
      ...beforeGap,
      ours: ['2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z'],
      theirs: ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
    },
    {
      what: 'several fixed times in a gap run once',
      cron: '0,30 2 * * *',
      ...beforeGap,
      ours: ['2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:00:00Z'],
      theirs: ['2026-03-29T01:00:00Z', '2026-03-30T00:00:00Z', '2026-03-30T00:30:00Z'],
    },
    {
      what: 'a running rule loses what a gap skips',
      cron: '*/30 2 * * *',
      ...beforeGap,
      ours: ['2026-03-29T01:00:00Z', '2026-03-29T01:30:00Z', '2026-03-30T00:00:00Z'],
      theirs: ['2026-03-30T00:00:00Z', '2026-03-30T00:30:00Z', '2026-03-31T00:00:00Z'],
    },
    {
      what: 'a time in a gap before midnight is lost',
      cron: '30 23 * * *',
      timezone: 'America/Nuuk',
      after: '2024-03-30T12:00:00Z',
      ours: ['2024-03-31T01:30:00Z', '2024-04-01T00:30:00Z'],
      theirs: ['2024-04-01T00:30:00Z', '2024-04-02T00:30:00Z'],
    },
  ])
})
