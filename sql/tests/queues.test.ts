import type { ClientBase } from 'pg'
import { expect, it } from 'vitest'
import { inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

/** A schedule of every second, with that many waiting runs. */
async function queue(client: ClientBase, length: number): Promise<void> {
  await client.query(
    `select almanac.schedule_every('x', '1 second', 'almanac:noop', settings => '{"overlap_policy": "queue_all"}')`,
  )
  await client.query(
    `with r as (
       insert into almanac.runs
         (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority, run_as)
       select s.id, s.name, s.task_identifier, s.payload, t.at, t.at, 'schedule', 'waiting', 1, 1, s.run_as
       from almanac.schedules s, generate_series(now(), now() + make_interval(secs => $1), interval '1 second') t(at)
       returning schedule_id, id, scheduled_for, true)
     insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, counts_toward_overlap, is_waiting) select r.*, true from r`,
    [length - 1],
  )
}

it('of a queue of thousands the oldest is released at once', () =>
  inTransaction(db, async (client) => {
    await queue(client, 10_000)
    // Looked at for each of its runs, such a queue would take minutes.
    await client.query(`set local statement_timeout to '5s'`)

    const { rows } = await client.query(
      `select almanac_private.release_waiting(array(select id from almanac.schedules)) as released`,
    )
    const again = await client.query(
      `select almanac_private.release_waiting(array(select id from almanac.schedules)) as released`,
    )

    expect([rows, again.rows]).toEqual([[{ released: 1 }], [{ released: 0 }]])
    expect(
      (
        await client.query(
          `select id = (select min(id) from almanac.runs) as oldest from almanac.runs where status = 'queued'`,
        )
      ).rows,
    ).toEqual([{ oldest: true }])
  }))

it('anyone who joins a queue of thousands does not count them all', () =>
  inTransaction(db, async (client) => {
    await queue(client, 2_000)
    await client.query(
      `update almanac.schedules set starts_at = '2100-01-01T00:00:00Z', every = '1 hour' where name = 'x'`,
    )
    const read = async () =>
      (
        await client.query<{ read: number }>(
          `select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_all_tables where relid = 'almanac_private.live_runs'::regclass`,
        )
      ).rows[0]!.read
    const before = await read()

    await client.query(`select almanac_private.fire_due('2100-01-01T00:00:01Z')`)

    expect(
      (await client.query(`select status from almanac.runs where scheduled_for > '2099-01-01'`)).rows,
    ).toEqual([{ status: 'waiting' }])
    expect((await read()) - before).toBeLessThan(10)
  }))

it('a firing reads the jobs of its schedules, and not those of others, before there are statistics', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_every('x ' || i, '1 hour', 'almanac:noop', settings => '{"starts_at": "2100-01-01T00:00:00Z"}')
       from generate_series(1, 20) i`,
    )
    await client.query(
      `select count(*) from graphile_worker.add_jobs(array(
         select row('theirs', '{}', null, null, 1, 'theirs ' || i, 1, null)::graphile_worker.job_spec from generate_series(1, 2000) i))`,
    )
    const read = async () =>
      (
        await client.query<{ read: number }>(
          `select (seq_tup_read + idx_tup_fetch)::int as read from pg_stat_xact_all_tables where relid = 'graphile_worker._private_jobs'::regclass`,
        )
      ).rows[0]!.read
    const before = await read()

    await client.query(`select almanac_private.fire_due('2100-01-01T00:00:01Z')`)

    expect((await client.query(`select count(*)::int as runs from almanac.runs`)).rows).toEqual([
      { runs: 20 },
    ])
    expect((await read()) - before).toBeLessThan(500)
  }))

// Which entries are marked depends on who else looks at the table: what is tested is that an index scan looks them up.
it('anyone who fires, begins or ends runs uses no bitmap scans, which visit rows that are gone each time', async () => {
  const rows = await db.query<{ name: string }>(
    `select p.proname as name from pg_proc p
     where p.pronamespace = 'almanac_private'::regnamespace
       and p.proname in ('fire_due', 'record_verdicts', 'write_courses', 'begin_runs', 'finish_runs')
       and 'enable_bitmapscan=off' = any (p.proconfig)
     order by 1`,
  )
  expect(rows.map(({ name }) => name)).toEqual([
    'begin_runs',
    'finish_runs',
    'fire_due',
    'record_verdicts',
    'write_courses',
  ])
})
