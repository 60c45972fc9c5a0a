import fc from 'fast-check'
import type { ClientBase } from 'pg'
import { beforeEach, expect, it } from 'vitest'
import { asRole } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { addRun, addWeeks, ago, pass, resetPasses } from './history.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()
/** A run that nothing here removes: the days from then on stay closed. */
const ANCHOR = 999

beforeEach(async () => {
  await resetPasses(db)
  await db.query(`delete from almanac.runs where schedule_id <> ${ANCHOR}`)
  await db.query(`select almanac.set_retention(null)`)
  if ((await db.query(`select from almanac.runs where schedule_id = ${ANCHOR}`)).length === 0)
    await using((client) => addRun(client, { schedule: ANCHOR, days: 46, status: 'queued' }))
  await count()
})

const counting = `from almanac_private.count_days(1000, ${ago(-6)})`

/** Counts until all days are counted; each waits for transactions that were under way as it was closed. */
async function count(): Promise<void> {
  await expect
    .poll(
      async () => {
        await db.query(`select ${counting}`)
        return await db.query(`select c.day from almanac_private.counted_days c where c.counted_at is null
          or exists (select from almanac_private.changed_days d where d.day = c.day)`)
      },
      { timeout: 50_000 },
    )
    .toEqual([])
}

async function using<Result>(fn: (client: ClientBase) => Promise<Result>): Promise<Result> {
  const client = await db.pool.connect()
  try {
    return await fn(client)
  } finally {
    client.release()
  }
}

/** What is counted of days that readers rely on, and what their runs say: no row where both are the same. */
const DIFFERENCES = `
  with counted as (
    select c.schedule_id, c.day, c.status, c.named, q.quarter, q.total
    from almanac_private.day_counts c
    left join lateral unnest(c.quarters, c.counts) q(quarter, total) on true
    where almanac_private.days_counted() @> c.day
  ), named as (
    select s.schedule_id, almanac_private.utc_day(r.scheduled_for) as day, r.status, count(*) as total
    from almanac.runs r cross join lateral (values (r.schedule_id), (0)) s(schedule_id) group by 1, 2, 3
  ), due as (
    select s.schedule_id, almanac_private.utc_day(r.due_at) as day, r.status,
      floor(extract(epoch from r.due_at at time zone 'UTC' - date_trunc('day', r.due_at at time zone 'UTC')) / 900) as quarter,
      count(*) as total
    from almanac.runs r cross join lateral (values (r.schedule_id), (0)) s(schedule_id) group by 1, 2, 3, 4
  )
  select 'due' as what, c.schedule_id, c.day::text, c.total as counted, d.total as there_are
  from (select * from counted where quarter is not null) c
  full join (select * from due d where almanac_private.days_counted() @> d.day) d using (schedule_id, day, status, quarter)
  where c.total is distinct from d.total
  union all
  select 'named', c.schedule_id, c.day::text, c.named, n.total
  from (select distinct schedule_id, day, status, named from counted where named > 0) c
  full join (select * from named n where almanac_private.days_counted() @> n.day) n using (schedule_id, day, status)
  where c.named is distinct from n.total`

/** What the calendar says of the weeks before and what a plain statement does. */
async function years(zone: string, hidden: boolean): Promise<[unknown, unknown]> {
  const [since, until] = [ago(40.3), ago(-5.2)]
  const read = await db.query(
    `select starts_at at time zone $1 as at, total::int, failed::int, skipped::int, waiting::int
     from almanac.calendar(${since}, ${until}, $1, '1 day', max_count => 0, with_system => not $2) where total <> 0 order by 1`,
    [zone, hidden],
  )
  const wanted = await db.query(
    `select greatest(date_trunc('day', r.due_at at time zone $1), ${since} at time zone $1) as at, count(*)::int as total,
       count(*) filter (where r.status in ('failed', 'timed_out'))::int as failed,
       count(*) filter (where r.status = 'skipped')::int as skipped,
       count(*) filter (where r.status in ('waiting', 'queued', 'retrying'))::int as waiting
     from almanac.runs r where r.due_at >= ${since} and r.due_at < ${until}
       and not ($2 and r.schedule_id in (select id from almanac.schedules where is_system))
     group by 1 order by 1`,
    [zone, hidden],
  )
  return [read, wanted]
}

const STATES = ['succeeded', 'failed', 'timed_out', 'cancelled', 'skipped', 'queued'] as const
const day = fc.integer({ min: -4 * 8, max: 44 * 8 }).map((eighths) => eighths / 8)
const aRun = fc.record({
  schedule: fc.constantFrom(900, 901, 1),
  days: day,
  status: fc.constantFrom(...STATES),
})
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ add: fc.array(aRun, { minLength: 1, maxLength: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ end: fc.nat(5), status: fc.constantFrom('failed', 'succeeded') }) },
  { weight: 2, arbitrary: fc.record({ move: fc.nat(5), by: fc.integer({ min: -100, max: 100 }) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.constant({ count: true }) },
  { weight: 1, arbitrary: fc.record({ purge: day }) },
  { weight: 1, arbitrary: fc.record({ keep: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ keepLast: fc.integer({ min: 1, max: 4 }) }) },
)
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never

async function act(one: Action): Promise<void> {
  const nth = (n: number) =>
    `(select id from almanac.runs where schedule_id <> ${ANCHOR} order by id offset ${n} limit 1)`
  if ('add' in one) for (const run of one.add) await using((client) => addRun(client, run))
  else if ('end' in one)
    await db.query(
      `update almanac.runs set status = $1::almanac.run_status, finished_at = scheduled_for, reason = 'x' where id = ${nth(one.end)}`,
      [one.status],
    )
  else if ('move' in one)
    await db.query(
      `update almanac.runs set due_at = scheduled_for + make_interval(hours => $1) where id = ${nth(one.move)}`,
      [one.by],
    )
  else if ('remove' in one) await db.query(`delete from almanac.runs where id = ${nth(one.remove)}`)
  else if ('count' in one) await count()
  else if ('purge' in one) await db.query(`select almanac.purge(${ago(one.purge)}, 3)`)
  else {
    if ('keep' in one) await db.query('select almanac.set_retention(make_interval(days => $1))', [one.keep])
    else await db.query('select almanac.set_retention(null, keep_last => $1)', [one.keepLast])
    await resetPasses(db)
    await using((client) => pass(client, { maxCount: 5 }))
  }
}

it('whatever happens to old runs, counts of days are what counting them says', async () => {
  await using((client) => addWeeks(client, 7, 21, 35))
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 12 }), async (actions) => {
      await db.query(`delete from almanac.runs where schedule_id <> ${ANCHOR}`)
      for (const one of actions) {
        await act(one)
        expect(await db.query(DIFFERENCES)).toEqual([])
      }
      for (const zone of ['UTC', 'Asia/Kathmandu', 'America/Los_Angeles']) {
        const [read, wanted] = await years(zone, actions.length % 2 === 0)
        expect(read).toEqual(wanted)
      }
      await count()
      expect(await db.query(DIFFERENCES)).toEqual([])
    }),
    { numRuns: 8, seed: 20201007, endOnFailure: true },
  )
}, 240_000)

it('a day is counted when all that was under way as it was closed has ended', async () => {
  await using((client) => addRun(client, { days: 5 }))
  await db.query('delete from almanac_private.counted_days')
  const late = await db.connect()
  await late.query('begin')
  await late.query('select pg_current_xact_id()')

  const counted = async () => (await db.query<{ counted: number }>(`select counted ${counting}`))[0]!.counted
  expect(await counted()).toBe(0)
  expect(await counted()).toBe(0)
  await late.query('commit')
  await count()
  expect(await db.query('select from almanac_private.counted_days')).not.toEqual([])
})

it('a change of an old run is seen at once, before its day is counted again', async () => {
  const id = await using((client) => addRun(client, { days: 5, status: 'queued' }))
  await count()
  const isCounted = async () =>
    (
      await db.query<{ is: boolean }>(
        `select almanac_private.days_counted() @> almanac_private.utc_day(${ago(5)}) as is`,
      )
    )[0]!.is

  expect(await isCounted()).toBe(true)
  await db.query(`update almanac.runs set progress = 0.5 where id = $1`, [id])
  expect(await isCounted()).toBe(true)
  await db.query(`update almanac.runs set status = 'failed', finished_at = now() where id = $1`, [id])
  expect(await isCounted()).toBe(false)
  await count()
  expect(await isCounted()).toBe(true)
})

it('days are counted from the first that has a run to the last that is over', async () => {
  const days = async () =>
    (
      await db.query(
        `select min(day) = almanac_private.utc_day(${ago(46)}) as begins, max(day)::text as last from almanac_private.counted_days`,
      )
    )[0]
  expect(await days()).toEqual({ begins: true, last: '2020-10-11' })

  await db.query(`select from almanac_private.count_days(1, '2020-10-14 00:59Z')`)
  expect(await days()).toEqual({ begins: true, last: '2020-10-11' })
  await db.query(`select from almanac_private.count_days(1, '2020-10-14 01:00Z')`)
  expect(await days()).toEqual({ begins: true, last: '2020-10-12' })
  await db.query(`delete from almanac_private.counted_days where day > '2020-10-11'`)
})

it('no day is counted that has only just ended, whatever time is said', async () => {
  await db.query(`select from almanac_private.count_days(1, now() + interval '10 days')`)
  const [last] = await db.query(
    `select max(day) < almanac_private.utc_day(now() - interval '24 hours') as is_over from almanac_private.counted_days`,
  )
  expect(last).toEqual({ is_over: true })
  await db.query(`delete from almanac_private.counted_days where day > '2020-10-11'`)
})

it('days that another server has closed are closed again', async () => {
  await using((client) => addRun(client, { days: 5 }))
  await db.query(
    `update almanac_private.counted_days set counted_at = null, closed_by = '9000000000000000000'`,
  )

  await count()

  expect(await db.query('select from almanac_private.counted_days where counted_at is null')).toEqual([])
})

it('a list passes over days that have no such run, however many others they have', async () => {
  await using(async (client) => {
    for (let days = 0; days < 30; days++)
      await addRun(client, { days, status: days === 25 ? 'cancelled' : 'succeeded' })
  })
  const found = async () =>
    (
      await db.query<{ found: number; stopped_at: Date | null }>(
        `select cardinality(run_ids) as found, stopped_at from almanac.find_runs('{"status": "cancelled"}', most_read => 2)`,
      )
    )[0]!
  expect(await found()).toMatchObject({ found: 0, stopped_at: expect.any(Date) as Date })
  await count()
  expect(await found()).toEqual({ found: 1, stopped_at: null })
})

it('only workers count, and everyone who sees runs reads the counts', async () => {
  expect(
    (
      await refusal(
        asRole(db, 'almanac_admin', (admin) => admin.query('select almanac_private.count_days()')),
      )
    ).code,
  ).toBe('42501')
  await asRole(db, 'almanac_worker', (worker) => worker.query('select almanac_private.count_days()'))
  for (const role of ['almanac_viewer', 'almanac_operator', 'almanac_admin'])
    await asRole(db, role, async (user) => {
      await user.query('select from almanac_private.day_counts')
      await user.query('select almanac_private.days_counted()')
    })
})
