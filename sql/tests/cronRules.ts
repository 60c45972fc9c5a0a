import fc from 'fast-check'
import type { TestDatabase } from '../../tests/database/createTestDatabase.ts'

/** The next instants after one, by next_run_at and nothing else. */
export async function nextRuns(
  db: Pick<TestDatabase, 'query'>,
  cron: string,
  timezone: string,
  after: string,
  count: number,
): Promise<string[]> {
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

/** A field of a star, a number, a range, a step or a list without repeats. */
export function fieldOf(least: number, most: number): fc.Arbitrary<string> {
  const value = fc.integer({ min: least, max: most })
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('*') },
    { weight: 3, arbitrary: value.map(String) },
    { weight: 1, arbitrary: rangeOf(value) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: most }).map((step) => `*/${step}`) },
    {
      weight: 1,
      arbitrary: fc.uniqueArray(value, { minLength: 2, maxLength: 3 }).map((values) => values.join(',')),
    },
  )
}

export function rangeOf(value: fc.Arbitrary<number>): fc.Arbitrary<string> {
  return fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`)
}

/** A moment, around one of the dates as often as anywhere from 2011 to 2030. */
export function momentNear(dates: readonly string[]): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.integer({ min: Date.UTC(2011, 0, 1) / 1000, max: Date.UTC(2031, 0, 1) / 1000 }),
      fc
        .tuple(fc.constantFrom(...dates), fc.integer({ min: -90_000, max: 90_000 }))
        .map(([date, seconds]) => Date.parse(date) / 1000 + seconds),
    )
    .map((seconds) => new Date(seconds * 1000).toISOString())
}

/** Whether a date, of which UTC counts, is one of the day fields', by a plain reading of what these generators write. */
export function isDayOf(
  { day, month, weekday }: { day: string; month: string; weekday: string },
  date: Date,
): boolean {
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  const ofMonth = date.getUTCDate()
  const ofWeek = date.getUTCDay()
  const weekdayOn = (n: number) => (((ofWeek + n - ofMonth) % 7) + 7) % 7
  const nearest = (n: number) => {
    if (weekdayOn(n) === 6) return n === 1 ? 3 : n - 1
    if (weekdayOn(n) === 0) return n === length ? n - 2 : n + 1
    return n
  }
  const isOfMonth = day.split(',').some((item) => {
    if (item === 'L') return ofMonth === length
    if (item === 'LW') return ofMonth === nearest(length)
    if (item.startsWith('L-')) return ofMonth === length - Number(item.slice(2))
    if (item.endsWith('W')) return ofMonth === nearest(Number(item.slice(0, -1)))
    return isNamed(item, ofMonth, 1)
  })
  const isOfWeek = weekday.split(',').some((item) => {
    if (item === 'MON#2') return ofWeek === 1 && ofMonth > 7 && ofMonth <= 14
    if (item === 'FRIL') return ofWeek === 5 && ofMonth > length - 7
    return isNamed(item, ofWeek, 0)
  })
  const isDay =
    day === '*' ? weekday === '*' || isOfWeek : weekday === '*' ? isOfMonth : isOfMonth || isOfWeek
  return isDay && month.split(',').some((item) => isNamed(item, date.getUTCMonth() + 1, 1))
}

function isNamed(item: string, value: number, least: number): boolean {
  if (item === '*') return true
  if (item.startsWith('*/')) return (value - least) % Number(item.slice(2)) === 0
  const [from = 0, to = from] = item.split('-').map(Number)
  return value >= from && value <= to
}
