import { expect, test } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'

const db = useTestDatabase()

test('runs that wait for a slot are due as of when they were queued, and others are left alone', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.schedules (name, kind, task_identifier) values ('x', 'manual', 'almanac:noop')`,
    )
    await client.query(`select almanac.trigger_now('x') from generate_series(1, 3)`)
    await client.query(`select graphile_worker.add_jobs(array_agg((s.identifier, s.payload, s.queue_name, now() + interval '1 minute',
        s.max_attempts, s.job_key, s.priority, case when r.nth < 3 then array['almanac:waits_for_slot'] end)::graphile_worker.job_spec))
      from (select r.*, row_number() over (order by r.id) as nth from almanac.runs r) r
      cross join lateral almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger, r.task_identifier,
        r.payload, r.priority, null) s`)
    await client.query(`update almanac.runs set status = 'cancelled', finished_at = now()
      where id = (select min(id) from almanac.runs)`)

    const { rows: runs } = await client.query<{ id: string; at: string }>(
      'select id, scheduled_for::text as at from almanac.runs',
    )
    const { rows: taken } = await asRole(client, 'almanac_worker', () =>
      client.query('select is_due from almanac_private.take_back_runs($1, $2)', [
        runs.map(({ id }) => id),
        runs.map(({ at }) => at),
      ]),
    )
    expect(taken).toEqual([{ is_due: true }])

    const { rows } = await client.query<{ is_due: boolean }>(
      `select j.run_at = r.queued_at as is_due from almanac.runs r join graphile_worker.jobs j on j.key = 'run:' || r.id order by r.id`,
    )
    expect(rows.map(({ is_due }) => is_due)).toEqual([false, true, false])
  }))

test('one whose job someone holds locked is passed over, and nothing waits for it', async () => {
  await db.query(`
    insert into almanac.schedules (name, kind, task_identifier) values ('held', 'manual', 'almanac:noop');
    select almanac.trigger_now('held') from generate_series(1, 2);
    select graphile_worker.add_jobs(array_agg((s.identifier, s.payload, s.queue_name, now() + interval '1 minute',
        s.max_attempts, s.job_key, s.priority, array['almanac:waits_for_slot'])::graphile_worker.job_spec))
      from almanac.runs r
      cross join lateral almanac_private.run_job_spec(r.id, r.schedule_id, r.scheduled_for, 1, r.trigger,
        r.task_identifier, r.payload, r.priority, null) s`)

  await inTransaction(db, async (holder) => {
    await holder.query(
      `select from graphile_worker._private_jobs j
       where j.key = (select 'run:' || min(r.id) from almanac.runs r) for update`,
    )
    await inTransaction(db, async (client) => {
      await client.query(`set local lock_timeout to '1s'`)
      const { rows: taken } = await client.query(
        `select t.is_due from (select array_agg(r.id) as ids, array_agg(r.scheduled_for) as ats from almanac.runs r) r
         cross join almanac_private.take_back_runs(r.ids, r.ats) t order by t.run_id`,
      )
      expect(taken).toEqual([{ is_due: false }, { is_due: true }])
      const { rows } = await client.query<{ is_due: boolean }>(
        `select j.run_at = r.queued_at as is_due from almanac.runs r
         join graphile_worker.jobs j on j.key = 'run:' || r.id order by r.id`,
      )
      expect(rows.map(({ is_due }) => is_due)).toEqual([false, true])
    })
  })
})

test('one that a worker has taken meanwhile is not told of', () =>
  inTransaction(db, async (client) => {
    await client.query(`update graphile_worker._private_jobs set locked_by = 'a worker', locked_at = now()`)

    const { rows } = await client.query(
      `select t.* from (select array_agg(r.id) as ids, array_agg(r.scheduled_for) as ats from almanac.runs r) r
       cross join almanac_private.take_back_runs(r.ids, r.ats) t`,
    )

    expect(rows).toEqual([])
  }))
