import { expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** As many as one import takes. */
const LARGEST = `select almanac.import_exclusions('days', 'file.ics', (
    select jsonb_agg(jsonb_build_object('starts_on', date '2030-01-01' + i, 'label', 'day ' || i)) from generate_series(1, 10000) i))`

it('the largest import holds the schedules of its calendar, and no other; those fire meanwhile', async () => {
  const [operator, engine] = [await db.connect('operator'), await db.connect('owner')]
  await operator.query(`select almanac.create_calendar('days')`)
  await operator.query(`select almanac.schedule_every('excluded ' || i, '1 second', 'almanac:noop',
    settings => '{"calendars": ["days"]}') from generate_series(1, 5) i`)
  await engine.query(`select almanac.schedule_every('free ' || i, '1 second', 'almanac:noop',
    settings => '{"overlap_policy": "allow"}') from generate_series(1, 5) i`)
  const free = async () =>
    (
      await engine.query<{ count: number }>(
        `select count(distinct schedule_name)::int as count from almanac.runs where schedule_name like 'free %' and due_at > $1`,
        [since],
      )
    ).rows[0]!.count
  const since = (await engine.query<{ at: string }>('select clock_timestamp()::text as at')).rows[0]!.at
  await operator.query('begin')

  expect((await operator.query<{ import_exclusions: number }>(LARGEST)).rows[0]?.import_exclusions).toBe(
    10_000,
  )

  await engine.query(`set lock_timeout = '200ms'`)
  const { rows: schedules } = await engine.query<{ name: string }>(
    `select s.name from almanac.schedules s
     where s.id not in (select l.id from almanac.schedules l where not l.is_system for no key update skip locked)
       and not s.is_system order by s.name`,
  )
  expect(schedules.map(({ name }) => name)).toEqual([1, 2, 3, 4, 5].map((i) => `excluded ${i}`))
  const { rows: locks } = await engine.query<{ mode: string }>(
    `select distinct l.mode from pg_locks l join pg_class c on c.oid = l.relation
     join pg_namespace n on n.oid = c.relnamespace
     where l.pid <> pg_backend_pid() and n.nspname in ('almanac', 'almanac_private', 'graphile_worker')
       and l.database = (select oid from pg_database where datname = current_database()) order by 1`,
  )
  expect(locks.map(({ mode }) => mode)).toEqual(['AccessShareLock', 'RowExclusiveLock', 'RowShareLock'])
  // Its time is not waited for: another import, an edit of another schedule and firing go on.
  await engine.query(`select almanac_private.fire_due(clock_timestamp() + interval '10 seconds')`)
  expect(await free()).toBe(5)
  await engine.query(
    `select almanac.create_calendar('others'), almanac.exclude_dates('others', '2030-05-01')`,
  )
  await engine.query(`select almanac.pause('free 1')`)

  await operator.query('commit')
  await operator.end()
  await engine.end()
})
