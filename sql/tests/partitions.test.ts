import { describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** Partitions of a table of the weeks from this one's Monday on. */
const partitions = async (table: string, from: string): Promise<string[]> =>
  (
    await db.query<{ name: string }>(
      `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = $1::regclass and c.relname >= $2 and c.relname !~ 'default' order by 1`,
      [`almanac.${table}`, `${table}_${from}`],
    )
  ).map(({ name }) => name)

describe('partitions', () => {
  it('are made for the weeks ahead, with the indexes and the row security of the table', async () => {
    const [first] = await db.query(`select * from almanac_private.ensure_partitions('2091-03-07', 2)`)

    expect(first).toEqual({ made: 12, missing: 0 })
    expect(await partitions('runs', '2091')).toEqual([
      'runs_20910226',
      'runs_20910305',
      'runs_20910312',
      'runs_20910319',
    ])
    const facts = await db.query(
      `select c.relrowsecurity, c.reloptions::text, (select count(*)::int from pg_index i where i.indrelid = c.oid) =
         (select count(*)::int from pg_index i where i.indrelid = 'almanac.runs'::regclass) as is_indexed
       from pg_class c where c.oid = 'almanac_private.runs_20910312'::regclass`,
    )
    expect(facts).toEqual([{ relrowsecurity: true, reloptions: '{fillfactor=60}', is_indexed: true }])
    expect(await db.query(`select * from almanac_private.ensure_partitions('2091-03-07', 2)`)).toEqual([
      { made: 0, missing: 0 },
    ])
  })

  it('are not waited for: anyone who reads runs has them made later', async () => {
    const reader = await db.connect('viewer')
    await reader.query('begin; select count(*) from almanac.runs')

    const [held] = await db.query(
      `select e.*, clock_timestamp() - statement_timestamp() < interval '1 second' as is_quick
       from almanac_private.ensure_partitions('2092-03-07', 0) e`,
    )

    expect(held).toEqual({ made: 4, missing: 2, is_quick: true })
    await reader.query('rollback')
    expect(await db.query(`select * from almanac_private.ensure_partitions('2092-03-07', 0)`)).toEqual([
      { made: 2, missing: 0 },
    ])
  })

  it('are left out for a week of which the default one has rows', async () => {
    await db.query(
      `insert into almanac.run_attempts (run_id, attempt, scheduled_for, status, started_at, finished_at)
       values (1, 1, '2093-03-05', 'succeeded', now(), now())`,
    )

    const [made] = await db.query(`select * from almanac_private.ensure_partitions('2093-03-12', 0)`)

    expect(made).toEqual({ made: 5, missing: 0 })
    expect(await partitions('run_attempts', '2093')).toEqual(['run_attempts_20930309'])
    await db.query('delete from almanac.run_attempts')
  })

  it('are not made while the default one is too large to be read under a lock', async () => {
    await db.query(
      `insert into almanac.run_attempts (run_id, attempt, scheduled_for, status, started_at, finished_at)
       values (1, 1, '2000-03-05', 'succeeded', now(), now())`,
    )

    const [made] = await db.query(
      `select * from almanac_private.ensure_partitions('2094-03-12', 0, largest_scan => 0)`,
    )

    expect(made).toEqual({ made: 4, missing: 2 })
  })

  it('are made by one at a time', async () => {
    const other = await db.connect()
    await other.query(`begin; select almanac_private.take_turn('partitions')`)

    const [made] = await db.query(`select * from almanac_private.ensure_partitions('2095-03-12', 0)`)

    expect(made).toEqual({ made: 0, missing: 6 })
    await other.query('rollback')
  })
})

it('no advisory lock is taken: any login may hold it', async () => {
  const takers = await db.query(
    `select p.oid::regprocedure::text as name from pg_proc p
     where p.pronamespace in ('almanac'::regnamespace, 'almanac_private'::regnamespace) and p.prosrc ~ 'advisory'`,
  )

  expect(takers).toEqual([])
})
