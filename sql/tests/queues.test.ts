import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createTestDatabase,
  inTransaction,
  type TestDatabase,
} from '../../tests/database/createTestDatabase.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase()
})
afterAll(() => db.drop())

it('of a queue of thousands the oldest is released at once', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_every('x', '1 second', 'almanac:noop', settings => '{"overlap_policy": "queue_all"}')`,
    )
    await client.query(
      `with r as (
         insert into almanac.runs
           (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority, run_as)
         select s.id, s.name, s.task_identifier, s.payload, t.at, t.at, 'schedule', 'waiting', 1, 1, s.run_as
         from almanac.schedules s, generate_series(now(), now() + interval '9999 seconds', interval '1 second') t(at)
         returning schedule_id, id, scheduled_for, true)
       insert into almanac_private.live_runs (schedule_id, run_id, scheduled_for, in_line, is_waiting) select r.*, true from r`,
    )
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
