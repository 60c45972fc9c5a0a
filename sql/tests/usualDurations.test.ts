import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

const daily = (name: string, cron = '0 3 * * *') =>
  db.query(`select almanac.schedule_cron($1, $2, 'almanac:noop')`, [name, cron])

/** Runs of a schedule that took that many seconds each, the latest first, an hour apart. */
async function history(name: string, runs: readonly (readonly [seconds: number, status: string])[]) {
  for (const [index, [seconds, status]] of runs.entries()) {
    await db.query(
      `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger,
         status, attempt, max_attempts, priority, run_as, queued_at, started_at, finished_at)
       select s.id, s.name, s.task_identifier, '{}', o.at, o.at, 'manual', $3, 1, 3, 0, s.run_as, o.at, o.at,
         o.at + $2 * interval '1 second'
       from almanac.schedules s
       cross join (select now() - $4 * interval '1 hour' - interval '1 hour' as at) o where s.name = $1`,
      [name, seconds, status, index],
    )
  }
}

const usual = (schedules: string[] | null = null, count = 2000) =>
  db.query<{ name: string; runs: number; p50: number; p95: number }>(
    `select s.name, u.runs::int, extract(epoch from p50)::float as p50, extract(epoch from p95)::float as p95
       from almanac.usual_durations($1, $2) u join almanac.schedules s on s.id = u.schedule_id order by 1`,
    [schedules, count],
  )

it('is the median and the 95th percentile of the runs that succeeded', async () => {
  await daily('steady')
  await history('steady', [
    ...Array.from({ length: 21 }, (_, n): [number, string] => [100 + n * 10, 'succeeded']),
    [9999, 'failed'],
  ])

  expect(await usual(['steady'])).toEqual([{ name: 'steady', runs: 21, p50: 200, p95: 290 }])
})

it('looks at the last sixty runs only, however they ended', async () => {
  await daily('faster now')
  await history('faster now', [
    ...Array.from({ length: 58 }, (): [number, string] => [1, 'failed']),
    [30, 'succeeded'],
    [30, 'succeeded'],
    [3000, 'succeeded'],
  ])

  expect(await usual(['faster now'])).toEqual([{ name: 'faster now', runs: 2, p50: 30, p95: 30 }])
})

it('has no row where nothing succeeded, or was ever run, and none of a deleted schedule', async () => {
  await daily('new')
  await daily('broken')
  await history('broken', [[5, 'failed']])
  await daily('gone')
  await history('gone', [[5, 'succeeded']])
  await db.query(`select almanac.unschedule('gone')`)

  expect(await usual(['new', 'broken', 'gone'])).toEqual([])
})

it('lists no more schedules than asked for, those that ran last', async () => {
  expect(await usual(null, 1)).toHaveLength(1)
  await expect(usual(null, 0)).rejects.toThrow('max_count must be between 1 and 10000.')
})

it.each([
  'usual_durations(text[], integer)',
  'busy_hours(text, integer, boolean, bigint[], text[], text, text, text)',
])('%s is for every viewer, and not for the public', async (name) => {
  const rights = await db.query(
    `select has_function_privilege('almanac_viewer', $1, 'execute') as viewer,
         has_function_privilege('public', $1, 'execute') as everyone`,
    [`almanac.${name}`],
  )
  const viewer = await db.connect('owner')
  await viewer.query('set role almanac_viewer')
  const own = await viewer.query(`select count(*)::int from almanac.busy_hours(), almanac.usual_durations()`)

  expect(rights).toEqual([{ viewer: true, everyone: false }])
  expect(own.rowCount).toBe(1)
})

it('busy hours are what is upcoming, times what it usually takes', async () => {
  await daily('half an hour', '0 3 * * *')
  await history('half an hour', [[1800, 'succeeded']])
  await daily('ninety minutes', '0 5 * * 2')
  await history('ninety minutes', [[5400, 'succeeded']])
  await daily('unknown', '10 5 * * 2')
  const rows = await db.query<{ weekday: number; hour: number }>(
    `select weekday, hour, occurrences::int, unmeasured::int, extract(epoch from run_time)::int as seconds
       from almanac.busy_hours('UTC', 7, false)`,
  )
  const of = (weekday: number, hour: number) =>
    rows.filter((row) => row.weekday === weekday && row.hour === hour)

  expect(of(2, 5)).toEqual([{ weekday: 2, hour: 5, occurrences: 2, unmeasured: 1, seconds: 3600 }])
  expect(of(2, 6)).toEqual([{ weekday: 2, hour: 6, occurrences: 0, unmeasured: 0, seconds: 1800 }])
  expect(of(3, 5)).toEqual([])
  // The others of this file are due at three as well: "steady" takes 200 s, "faster now" 30, "new" and "broken" no one knows.
  expect(of(2, 3)).toEqual([{ weekday: 2, hour: 3, occurrences: 5, unmeasured: 2, seconds: 2030 }])
})

it('busy hours are of those schedules that a filter leaves', async () => {
  const occurrences = async (filter: string) =>
    (
      await db.query<{ count: number }>(
        `select sum(occurrences)::int as count from almanac.busy_hours('UTC', 7, false, ${filter})`,
      )
    )[0]?.count

  expect(await occurrences(`search => 'ninety'`)).toBe(1)
  expect(await occurrences(`task => 'almanac:noop', search => 'HOUR'`)).toBe(7)
  expect(await occurrences(`tags => array['none']`)).toBeNull()
})

it('busy hours are those of the time zone asked for', async () => {
  const hours = async (zone: string) =>
    (
      await db.query<{ hour: number }>(
        `select distinct hour from almanac.busy_hours($1, 7, false) where occurrences > 2`,
        [zone],
      )
    ).map(({ hour }) => hour)

  expect(await hours('UTC')).toEqual([3])
  expect(await hours('Asia/Tokyo')).toEqual([12])
})

it('busy hours refuse a range that has no end', async () => {
  await expect(db.query(`select almanac.busy_hours('UTC', 400)`)).rejects.toThrow(
    'The number of days must be between 1 and 31.',
  )
})
