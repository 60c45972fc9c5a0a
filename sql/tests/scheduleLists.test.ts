import { expect, it } from 'vitest'
import { asRole, inTransaction } from '../../tests/database/createTestDatabase.ts'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { refusal } from './sqlError.ts'

const db = useTestDatabase()

it('the last outcomes of each of some schedules, the oldest first, without what has not ended', () =>
  inTransaction(db, async (client) => {
    const { rows: made } = await client.query<{ id: string }>(
      `select (almanac.schedule_cron(name, '0 9 * * *', 'almanac:noop', settings => '{"overlap_policy": "allow"}')).id
       from (values ('a'), ('b')) s(name)`,
    )
    const ids = made.map(({ id }) => id)
    for (let run = 0; run < 4; run++) await client.query(`select almanac.trigger_now('a')`)
    await client.query(
      `update almanac.runs r set status = (array['succeeded', 'failed', 'timed_out', 'queued'])[n]::almanac.run_status,
         started_at = now(), attempt = 1, finished_at = case when n < 4 then now() end
       from (select id, row_number() over (order by scheduled_for, id) as n from almanac.runs) o where o.id = r.id`,
    )

    const ask = (count: number) =>
      asRole(client, 'almanac_viewer', (as) =>
        as.query(
          `select schedule_id, outcomes::text[],
             ended_for = (select due_at from almanac.runs where status = 'timed_out') as is_of_last
           from almanac.last_outcomes($1, $2)`,
          [[...ids, ids[0]], count],
        ),
      )

    expect((await ask(60)).rows).toEqual([
      { schedule_id: ids[0], outcomes: ['succeeded', 'failed', 'timed_out'], is_of_last: true },
      { schedule_id: ids[1], outcomes: [], is_of_last: null },
    ])
    expect((await ask(2)).rows[0]).toEqual({ schedule_id: ids[0], outcomes: ['timed_out'], is_of_last: true })
  }))

it.each([
  [`array(select generate_series(1, 201)::bigint)`, 60],
  [`array[1::bigint]`, 61],
  [`array[1::bigint]`, 0],
])('no more is asked for than a page shows: %s, %d', (ids, count) =>
  inTransaction(db, async (client) => {
    expect((await refusal(client.query(`select almanac.last_outcomes(${ids}, ${count})`))).code).toBe('AL012')
  }),
)

it('labels are those of all schedules, deleted ones too, each once', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('a', '0 9 * * *', 'almanac:noop', settings => '{"tags": ["daily", "finance"]}'),
         almanac.schedule_cron('b', '0 9 * * *', 'almanac:noop', settings => '{"tags": ["daily"]}')`,
    )
    await client.query(`select almanac.unschedule('a')`)

    const { rows } = await asRole(client, 'almanac_viewer', (as) =>
      as.query(`select * from almanac.schedule_labels()`),
    )

    expect(rows[0]).toMatchObject({
      tags: ['daily', 'finance'],
      creators: ['almanac_test_owner'],
      tasks: ['almanac:noop'],
    })
  }))

it.each([
  ['cron', '0 3 * * *', false],
  ['cron', '0 */2 * * *', false],
  ['cron', '0 * * * *', true],
  ['cron', '*/10 9 * * *', false],
  ['cron', '* * 1 1 *', true],
  ['interval', '2 hours', false],
  ['interval', '15 minutes', true],
])('%s %s is frequent: %s', (kind, rule, isFrequent) =>
  inTransaction(db, async (client) => {
    await client.query(
      `insert into almanac.schedules (name, kind, cron_expression, every, task_identifier)
       values ('x', $1::almanac.schedule_kind, case $1 when 'cron' then $2 end, case $1 when 'interval' then $2::interval end, 'almanac:noop')`,
      [kind, rule],
    )

    const { rows } = await asRole(client, 'almanac_viewer', (as) =>
      as.query(
        `select almanac.schedules_is_frequent(s) as is_frequent from almanac.schedules s where name = 'x'`,
      ),
    )

    expect(rows).toEqual([{ is_frequent: isFrequent }])
  }),
)

it('a run that is tried again says when, and no other does', () =>
  inTransaction(db, async (client) => {
    await client.query(
      `select almanac.schedule_cron('x', '0 9 * * *', 'almanac:noop', settings => '{"retry_delay": "10 minutes"}'), almanac.trigger_now('x')`,
    )
    await client.query(
      `select b.* from almanac_private.register_worker('w', 'h', 1, '1', 1) w(id), almanac.runs r,
         lateral almanac_private.begin_runs(w.id, array[r.id], array[r.scheduled_for]) b`,
    )
    const next = () =>
      asRole(client, 'almanac_viewer', (as) =>
        as.query<{ wait: number | null }>(
          `select extract(epoch from almanac.runs_next_attempt_at(r) - now())::integer as wait from almanac.runs r`,
        ),
      )
    expect((await next()).rows).toEqual([{ wait: null }])

    await client.query(
      `select almanac_private.finish_runs(r.worker_id, jsonb_build_array(jsonb_build_object('runId', r.id,
         'scheduledFor', r.scheduled_for, 'status', 'failed', 'error', 'x'))) from almanac.runs r`,
    )

    const [row] = (await next()).rows
    expect(row?.wait).toBeGreaterThan(500)
    expect(row?.wait).toBeLessThan(700)
  }))
