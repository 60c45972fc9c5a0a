import { describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

/** What a hint says to write: a cron text, an interval, or both. Each is one. */
async function suggested(cron: string): Promise<{ cron: string | null; every: string | null }> {
  const [checked] = await db.query<{ valid: boolean; hint: string }>(
    `select valid, hint from almanac.check_cron($1)`,
    [cron],
  )
  expect(checked!.valid).toBe(false)
  expect((await refusal(db.query(`select almanac.next_run_at($1)`, [cron]))).hint).toBe(checked!.hint)
  const said = /^Write ([-\d*?/,A-Z#]+(?: [-\d*?/,A-Z#]+){4,5})(?=[.,])/i.exec(checked!.hint)?.[1] ?? null
  const every = /interval of ((?:\d+ \w+ ?)+)/.exec(checked!.hint)?.[1] ?? null
  if (said !== null)
    expect(await db.query(`select message from almanac.check_cron($1)`, [said])).toEqual([{ message: null }])
  if (every !== null) await db.query(`select almanac_private.check_interval($1)`, [every])
  return { cron: said, every }
}

it.each<[string, string | null, (string | null)?]>([
  // Zones in the text.
  ['CRON_TZ=Europe/Paris 0 3 * * *', '0 3 * * *'],
  ['TZ=UTC 30 8 * * MON-FRI', '30 8 * * MON-FRI'],
  ['CRON_TZ="Asia/Tokyo"\t0 3 * * *', '0 3 * * *'],
  ['CRON_TZ=UTC 0 9 * * MONDAY', '0 9 * * MON'],
  ['0 9 * * 1-5 Europe/Paris', '0 9 * * 1-5'],
  // Steps beyond the field.
  ['*/90 * * * *', null, '90 minutes'],
  ['0/90 * * * *', null, '90 minutes'],
  ['*/90 * * * * *', null, '90 seconds'],
  ['0 */36 * * *', null, '36 hours'],
  ['0 0 */45 * *', null, '45 days'],
  ['0 0 1 */18 *', null, '18 months'],
  ['0 0 * * */14', null, '14 days'],
  ['*/90 9-17 * * *', null],
  // In words.
  ['every 5 minutes', '*/5 * * * *', '5 minutes'],
  ['Every 5 Minutes', '*/5 * * * *', '5 minutes'],
  ['every minute', '* * * * *', '1 minute'],
  ['every 90 minutes', null, '90 minutes'],
  ['every 7 minutes', null, '7 minutes'],
  ['every hour', '0 * * * *', '1 hour'],
  ['every other day', null, '2 days'],
  ['every day', '0 0 * * *', '1 day'],
  ['every 2 weeks', null, '2 weeks'],
  ['every quarter', '0 0 1 */3 *', '3 months'],
  ['every 10 seconds', '*/10 * * * * *', '10 seconds'],
  ['30 seconds', '*/30 * * * * *', '30 seconds'],
  ['rate(5 minutes)', '*/5 * * * *', '5 minutes'],
  ['rate(1 day)', '0 0 * * *', '1 day'],
  ['rate( 7 days )', null, '7 days'],
  ['@every 5m', '*/5 * * * *', '5 minutes'],
  ['@every 1h30m', null, '1 hour 30 minutes'],
  ['@every 24h', '0 0 * * *', '24 hours'],
  ['@every 0m', null],
  ['@weekdays', '0 0 * * MON-FRI'],
  ['@weekends', '0 0 * * SAT,SUN'],
  ['@minutely', '* * * * *'],
  ['@secondly', '* * * * * *'],
  ['@quarterly', '0 0 1 */3 *'],
  ['@fortnightly', null, '2 weeks'],
  ['@noon', '0 12 * * *'],
  ['daily', '0 0 * * *'],
  ['every day at 9', '0 9 * * *'],
  ['every weekday at 9:30', '30 9 * * MON-FRI'],
  ['daily at 6pm', '0 18 * * *'],
  ['daily at 12am', '0 0 * * *'],
  ['every monday at noon', '0 12 * * MON'],
  ['9:30', '30 9 * * *'],
  ['09:00', '0 09 * * *'],
  ['@reboot', null],
  // Other characters that look alike.
  ['0\u00a03 * * *', '0 3 * * *'],
  ['\ufeff0 3 * * *', '0 3 * * *'],
  ['0 3 * * *\u3000', '0 3 * * *'],
  ['0 3 * *\u2028*', '0 3 * * *'],
  ['0 9 * * MON–FRI', '0 9 * * MON-FRI'],
  ['0 9 * * MON—FRI', '0 9 * * MON-FRI'],
  ['0 1−5 * * *', '0 1-5 * * *'],
  ['０ ３ ＊ ＊ ＊', '0 3 * * *'],
  ['0 3 ∗ ∗ ∗', '0 3 * * *'],
  ['“0 3 * * *”', '0 3 * * *'],
  [`'0 3 * * *'`, '0 3 * * *'],
  ['`*/5 * * * *`', '*/5 * * * *'],
  [String.raw`\*/5 \* \* \* \*`, '*/5 * * * *'],
  ['0 0 * *\f*', '0 0 * * *'],
  ['½ * * * *', null],
  ['² * * * *', null],
  ['٣ * * * *', null],
  // Lists.
  ['0 9 * * 1, 3, 5', '0 9 * * 1,3,5'],
  ['0 9 1, 15 * *', '0 9 1,15 * *'],
  ['0 9 * * MON - FRI', '0 9 * * MON-FRI'],
  ['0 9 * * MON;FRI', '0 9 * * MON,FRI'],
  ['0 3 * * mon tue', '0 3 * * mon,tue'],
  ['0 3 1,,5 * *', '0 3 1,5 * *'],
  ['* * * * *;', '* * * * *'],
  ['*/ 5 * * * *', '*/5 * * * *'],
  // Quartz and AWS.
  ['0 0 12 ? * MON-FRI *', '0 0 12 ? * MON-FRI'],
  ['0 0 12 ? * 2-6 *', '0 0 12 ? * MON-FRI'],
  ['0 0 12 ? * 6L 2026-2030', '0 0 12 ? * FRIL'],
  ['0 15 10 ? * 6#3 *', '0 15 10 ? * FRI#3'],
  ['0 0 12 ? * 0 *', null],
  ['cron(0 10 * * ? *)', '0 10 * * ?'],
  ['cron(0 18 ? * 2-6 *)', '0 18 ? * MON-FRI'],
  ['cron(15 10 ? * 6L 2026)', '15 10 ? * FRIL'],
  ['0 10 * * ? 2026', '0 10 * * ?'],
  // pg_cron, crontab, Jenkins.
  ['0 0 $ * *', '0 0 L * *'],
  ['*/5', '*/5 * * * *'],
  ['0 3 * * * root', '0 3 * * *'],
  ['0 3 * * * /usr/bin/backup.sh --all', '0 3 * * *'],
  ['*/5 * * * * root cd / && run-parts', '*/5 * * * *'],
  ['H/15 * * * *', '*/15 * * * *'],
  ['H H * * *', '0 0 * * *'],
  // Names and numbers.
  ['0 9 * * MONDAY', '0 9 * * MON'],
  ['0 9 * * Monday-Friday', '0 9 * * MON-FRI'],
  ['0 9 * * MON,TUES,FRI', '0 9 * * MON,TUE,FRI'],
  ['0 9 * * MO,WE', '0 9 * * MON,WED'],
  ['0 9 * * weekdays', '0 9 * * MON-FRI'],
  ['0 9 1 JANUARY *', '0 9 1 JAN *'],
  ['0 9 1 sept *', '0 9 1 SEP *'],
  ['0 9 1 JA *', '0 9 1 JAN *'],
  ['0 9 1 JU *', null],
  ['0 9 * * FRI#L', '0 9 * * FRIL'],
  ['0 9 * * LFRI', '0 9 * * FRIL'],
  ['0 9 WL * *', '0 9 LW * *'],
  ['0 9 * * MON..FRI', '0 9 * * MON-FRI'],
  ['0 24 * * *', '0 0 * * *'],
  ['0 0-24 * * *', '0 0-23 * * *'],
  ['0 9am * * *', '0 9 * * *'],
  ['0 12pm * * *', '0 12 * * *'],
  ['/5 * * * *', '*/5 * * * *'],
  ['*5 * * * *', '*/5 * * * *'],
  ['** * * * *', '* * * * *'],
  // Nothing to tell.
  ['0 25 * * *', null],
  ['60 24 32 13 8', null],
  ['0 3 * *', null],
  ['nonsense', null],
  ['@', null],
  ['', null],
  ['😀', null],
])('%s is told: %s', async (text, cron, every = null) => {
  expect(await suggested(text)).toEqual({ cron, every })
})

const values = async (cron: string) => {
  const rows = await db.query<{ at: string }>(
    `select distinct to_char(o at time zone 'UTC', 'MM Dy HH24 MI') as at
     from almanac.occurrences($1, 'UTC', '2026-01-01', '2027-01-01', 9000) o order by 1`,
    [cron],
  )
  return rows.map(({ at }) => at)
}

it.each([
  ['0 22-6/2 * * *', '22-23/2,0-6/2', '0 22,0,2,4,6 * * *'],
  ['0 21-6/2 * * *', '21-23/2,1-6/2', '0 21,23,1,3,5 * * *'],
  ['0 0 1 NOV-FEB/2 *', 'NOV-DEC/2,JAN-FEB/2', '0 0 1 NOV,JAN *'],
  ['0 0 1 10-2/3 *', '10-12/3,1-2/3', '0 0 1 10,1 *'],
  ['0 0 * * FRI-MON/2', 'FRI-SAT/2,SUN-MON/2', '0 0 * * FRI,SUN'],
  ['0 0 * * 5-1', '5-6,0-1', '0 0 * * 5,6,0,1'],
  ['0 0 * * 7-3/2', '0-3/2', '0 0 * * 0,2'],
  ['0 20-2/6 * * *', '20-23/6,2-2/6', '0 20,2 * * *'],
  ['0 23-1/6 * * *', '23-23/6', '0 23 * * *'],
  ['50-10/20 * * * *', '50-59/20,10-10/20', '50,10 * * * *'],
  ['0 0 29-2/2 * *', '29-31/2,2-2/2', '0 0 29,31,2 * *'],
])('a range that runs past the end keeps its step: %s', async (cron, ranges, same) => {
  const [checked] = await db.query<{ hint: string }>(`select hint from almanac.check_cron($1)`, [cron])

  expect(checked!.hint).toContain(` ${ranges}.`)
  expect(await values(cron.replace(/[A-Z0-9]+-\S+/, ranges))).toEqual(await values(same))
})

const messages = async (cron: string, code: string) => {
  const [checked] = await db.query<{ warnings: { code: string; message: string }[] }>(
    `select warnings from almanac.check_cron($1)`,
    [cron],
  )
  return checked!.warnings.filter((warning) => warning.code === code).map(({ message }) => message)
}

describe('steps that do not fit their field are warned of', () => {
  it.each([
    [
      '*/45 * * * *',
      'minute starts over with every hour: its last gap is 15 instead of 45 minutes.',
      '45 minutes',
    ],
    [
      '*/7 * * * *',
      'minute starts over with every hour: its last gap is 4 instead of 7 minutes.',
      '7 minutes',
    ],
    [
      '20/15 * * * *',
      'minute starts over with every hour: its last gap is 30 instead of 15 minutes.',
      '15 minutes',
    ],
    [
      '*/50 * * * * *',
      'second starts over with every minute: its last gap is 10 instead of 50 seconds.',
      '50 seconds',
    ],
    ['0 */5 * * *', 'hour starts over with every day: its last gap is 4 instead of 5 hours.', '5 hours'],
    [
      '0 3 */2 * *',
      'day of the month starts over with every month: the gap between months differs.',
      '2 days',
    ],
    ['0 0 1 */5 *', 'month starts over with every year: its last gap is 2 instead of 5 months.', '5 months'],
    [
      '0 0 * * */2',
      'day of the week starts over with every week: its last gap is 1 instead of 2 days.',
      '2 days',
    ],
    [
      '0 0 * * 1/2',
      'day of the week starts over with every week: its last gap is 1 instead of 2 days.',
      '2 days',
    ],
    [
      '*/45 9-17 * * *',
      'minute starts over with every hour: its last gap is 15 instead of 45 minutes.',
      null,
    ],
  ])('%s', async (cron, rest, every) => {
    const [message] = await messages(cron, 'uneven_step')

    const step = cron.split(' ').find((word) => /\/\d/.test(word))!
    expect(message).toBe(
      `${step} of the ${rest}${every === null ? '' : ` For every ${every} use an interval.`}`,
    )
  })

  it.each([
    '*/5 * * * *',
    '*/15 * * * * *',
    '5/20 * * * *',
    '0 */6 * * *',
    '0 9-17/3 * * *',
    '*/45 3 * * *',
    '0 0 1 */3 *',
    '0 0 */2 1 *',
    '*/60 * * * *',
    '0 */24 * * *',
    '0 0 * * */7',
    '*/1 * * * *',
    '@daily',
    '0,45 * * * *',
  ])('%s fits', async (cron) => {
    expect(await messages(cron, 'uneven_step')).toEqual([])
  })
})

describe('numbers of days where ? is written are warned of', () => {
  it.each([
    [
      '0 0 12 ? * 2-6',
      'Here 2-6 is TUE-SAT. Quartz and AWS, where ? is written, count days from Sunday as 1: there it is MON-FRI.',
    ],
    [
      '0 12 ? * 1',
      'Here 1 is MON. Quartz and AWS, where ? is written, count days from Sunday as 1: there it is SUN.',
    ],
    [
      '0 0 12 ? * 6#3',
      'Here 6#3 is SAT#3. Quartz and AWS, where ? is written, count days from Sunday as 1: there it is FRI#3.',
    ],
    [
      '0 0 12 ? * 2,6L',
      'Here 2,6L is TUE,SATL. Quartz and AWS, where ? is written, count days from Sunday as 1: there it is MON,FRIL.',
    ],
  ])('%s', async (cron, message) => {
    expect(await messages(cron, 'day_numbers')).toEqual([`${message} Names are the same everywhere.`])
  })

  it.each(['0 12 * * 2-6', '0 0 12 ? * MON-FRI', '0 12 ? * 0', '0 12 1 * ?', '0 12 ? * */2'])(
    '%s is not',
    async (cron) => {
      expect(await messages(cron, 'day_numbers')).toEqual([])
    },
  )
})

it.each([
  ['CRON_TZ=Europe/Paris 0 3 * * *', 'Write 0 3 * * *. The time zone is a separate setting, timezone.'],
  [
    '0\u00a03 * * *',
    'Write 0 3 * * *. Only plain characters are accepted: an invisible character, or one that looks like a space, is U+00A0.',
  ],
  [
    '0 0 * *\f*',
    'Write 0 0 * * *. Only plain characters are accepted: an invisible character, or one that looks like a space, is U+000C.',
  ],
  ['CRON_TZ=UTC @daily', 'Write @daily. The time zone is a separate setting, timezone.'],
  ['0 9 * * 1-5 Europe/Paris', 'Write 0 9 * * 1-5. The time zone is a separate setting, timezone.'],
  ['* * * * *;', 'Write * * * * *. Nothing follows the last field.'],
  ['0 9 * * MON–FRI', 'Write 0 9 * * MON-FRI. Only plain characters are accepted: – is U+2013.'],
  ['*/90 * * * *', 'Use an interval of 90 minutes: a step starts over with every hour.'],
  ['every 5 minutes', 'Write */5 * * * *, or use an interval of 5 minutes.'],
  ['0 9 * * 1, 3, 5', 'Write 0 9 * * 1,3,5. A list has commas and no spaces.'],
  ['0 0 12 ? * MON *', 'Write 0 0 12 ? * MON. There is no field for the year.'],
  [
    '0 0 $ * *',
    'Write 0 0 L * *. Use 1 to 31, *, ranges (1-5), steps (*/2), L, L-3, LW or 15W, or several of these with commas.',
  ],
])('the hint for %s', async (cron, hint) => {
  expect(await db.query(`select hint from almanac.check_cron($1)`, [cron])).toEqual([{ hint }])
})
