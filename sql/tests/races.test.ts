import type { Client } from 'pg'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { useTestDatabase } from '../../tests/database/useTestDatabase.ts'
import { until } from '../../worker/testing/until.ts'

const db = useTestDatabase()
let first: Client
let second: Client
beforeAll(async () => {
  first = await db.connect()
  second = await db.connect()
  await db.query(`select almanac.create_calendar('off')`)
})

/** What people and the engine do to a schedule, each as one statement. */
const STEPS = {
  fire: `select almanac_private.fire_due()`,
  wake: `select almanac_private.wake(array(select id from almanac.schedules))`,
  reconcile: `select almanac.reconcile()`,
  edit: `select almanac.schedule_every('x', '2 minutes', 'almanac:noop', settings => '{"calendars": ["off"]}')`,
  rename: `update almanac.schedules set description = 'other' where name = 'x'`,
  pause: `update almanac.schedules set status = 'paused' where name = 'x' and status = 'active'`,
  unschedule: `update almanac.schedules set deleted_at = now() where name = 'x' and deleted_at is null`,
  delete: `delete from almanac.schedules where name = 'x'`,
  move: `select almanac.move_occurrence('x', (select scheduled_for from almanac.upcoming('x', max_count => 1)), now() + interval '3 minutes')`,
  skip: `select almanac.skip_occurrence('x', (select scheduled_for from almanac.upcoming('x', max_count => 1)))`,
  'change the calendar': `select almanac.exclude_range('off', now() + interval '10 minutes', now() + interval '20 minutes')`,
  'stop all': `select almanac.pause_all()`,
  trigger: `select almanac.trigger_now('x')`,
  'trigger in line': `select almanac.trigger_now('x', respect_overlap => true)`,
  'cancel a run': `select almanac.cancel_run((select max(id) from almanac.runs where finished_at is null))`,
  'cancel the runs': `select almanac.cancel_runs('{"task": "almanac:noop"}')`,
  'repeat what was cancelled': `select almanac.retry_failed('{"since": "2000-01-01Z", "status": "cancelled"}')`,
  'forge the run that is due': `insert into almanac.runs
      (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status, max_attempts, priority, run_as)
    select s.id, s.name, s.task_identifier, s.payload, s.next_scheduled_for, s.next_run_at, 'schedule', 'queued', 1, 1, s.run_as
    from almanac.schedules s where s.name = 'x' and s.next_run_at <= now()
    on conflict do nothing`,
} as const
type Step = keyof typeof STEPS
const steps = Object.keys(STEPS) as Step[]

/** A schedule of every minute that is due since two seconds, and another one that is too. */
beforeEach(async () => {
  await db.query(`delete from almanac.schedules`)
  await db.query(
    `truncate almanac.runs, almanac.omissions, almanac_private.live_runs, almanac.stops, almanac_private.rule_versions`,
  )
  await db.query(`delete from graphile_worker._private_jobs`)
  await db.query(`delete from almanac.calendar_entries`)
  await db.query(`
    select almanac.schedule_every(n, '1 minute', 'almanac:noop', settings => '{"calendars": ["off"], "overlap_policy": "allow"}') from unnest(array['x', 'y']) n;
    begin;
    set local almanac.engine to 'on';
    update almanac.schedules set created_at = date_trunc('second', now()) - interval '10 minutes 2 seconds',
      cursor_at = date_trunc('second', now()) - interval '62 seconds', next_scheduled_for = date_trunc('second', now()) - interval '2 seconds',
      next_run_at = date_trunc('second', now()) - interval '2 seconds';
    delete from almanac_private.rule_versions;
    insert into almanac_private.rule_versions (schedule_id, rule, valid_from) select s.id, almanac_private.rule_of(s), s.cursor_at from almanac.schedules s;
    commit;`)
})

/** Runs a step; only errors that tell a person what is wrong are taken, never a deadlock or a violated constraint. */
async function take(client: Client, step: Step): Promise<void> {
  try {
    await client.query(STEPS[step])
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (!code?.startsWith('AL')) throw new Error(`${step}: ${code} ${message}`, { cause: error })
    await client.query('rollback')
  }
}

async function untilBlockedOr(ended: () => boolean, client: Client): Promise<void> {
  const pid = (client as unknown as { processID: number }).processID
  await until('the second session has ended or waits', async () => {
    if (ended()) return true
    const [row] = await db.query<{ waits: boolean }>(
      `select cardinality(pg_blocking_pids($1)) > 0 as waits`,
      [pid],
    )
    return row?.waits ?? false
  })
}

async function expectOrder(): Promise<void> {
  await db.query(`select almanac.resume_all() where almanac_private.is_stopped()`)
  for (let call = 0; call < 3; call++) await db.query(`select almanac_private.fire_due()`)
  const [state] = await db.query<Record<string, unknown>>(`
    select (select coalesce(jsonb_agg(c), '[]') from almanac.check_ledger(now() - interval '1 hour', now() + interval '1 hour') c) as problems,
      (select count(*)::int from almanac.schedules s where s.next_run_at is not null
         and not exists (select from graphile_worker.jobs j where j.key = 'schedule:' || s.id)) as unarmed,
      (select count(*)::int from almanac.runs r where r.trigger = 'schedule' and r.schedule_name = 'y') as others,
      (select count(*)::int from (select from almanac.runs r where r.trigger = 'schedule' group by r.schedule_id, r.scheduled_for having count(*) > 1) d) as twice`)
  expect(state).toEqual({ problems: [], unarmed: 0, others: 1, twice: 0 })
}

describe.each(steps)('while a transaction that did "%s" is open', (before) => {
  it.each(steps)('"%s" ends without a deadlock, and no occurrence is lost or fired twice', async (then) => {
    for (const end of ['commit', 'rollback'] as const) {
      await first.query('begin')
      await take(first, before)
      let ended = false
      const other = take(second, then).finally(() => (ended = true))
      await untilBlockedOr(() => ended, second)
      await first.query(end)
      await other
    }

    await expectOrder()
  })
})

describe('while a transaction that forged the run that is due is open', () => {
  const runs = () =>
    db.query(
      `select schedule_name as name, count(*)::int, count(job)::int as jobs from almanac.runs r
       left join lateral (select j.key as job from graphile_worker.jobs j where j.key = 'run:' || r.id) j on true
       where trigger = 'schedule' group by 1 order by 1`,
    )

  it.each([
    ['commit', 0],
    ['rollback', 1],
  ] as const)('a firing waits for its %s, and gives the occurrence one run', async (end, jobs) => {
    await first.query('begin')
    await take(first, 'forge the run that is due')
    let ended = false
    const other = take(second, 'fire').finally(() => (ended = true))
    await untilBlockedOr(() => ended, second)
    expect(ended).toBe(false)

    await first.query(end)
    await other

    expect(await runs()).toEqual([
      { name: 'x', count: 1, jobs },
      { name: 'y', count: 1, jobs: 1 },
    ])
    await expectOrder()
  })

  it('a firing that waits for it while it edits the schedule too loses nothing, whichever of them PostgreSQL ends', async () => {
    await first.query('begin')
    await take(first, 'forge the run that is due')
    const firing = second.query(STEPS.fire).then(
      () => null,
      (error: { code?: string }) => error.code,
    )
    await untilBlockedOr(() => false, second)

    const editing = await first.query(STEPS.rename).then(
      () => null,
      (error: { code?: string }) => error.code,
    )
    await first.query('commit')

    for (const code of [editing, await firing]) expect([null, '40P01']).toContain(code)
    await expectOrder()
  })
})

describe('while a transaction that triggered a run in line is open', () => {
  it.each([
    ['commit', ['queued', 'skipped']],
    ['rollback', ['queued']],
  ] as const)('another waits for its %s, and then uses what came of it', async (end, statuses) => {
    // The change settles what is due: one of the two continues then.
    await db.query(`update almanac.schedules set max_concurrent = 2 where name = 'x'`)
    await first.query('begin')
    await take(first, 'trigger in line')
    let ended = false
    const other = take(second, 'trigger in line').finally(() => (ended = true))
    await untilBlockedOr(() => ended, second)
    expect(ended).toBe(false)

    await first.query(end)
    await other

    expect(await db.query(`select status from almanac.runs where trigger = 'manual' order by id`)).toEqual(
      statuses.map((status) => ({ status })),
    )
  })
})

it('a herd is cancelled and ends while someone holds one of its runs, which waits alone', async () => {
  const times = ['2100-01-01T00:00:00Z', '2100-01-01T00:01:00Z']
  await db.query(`delete from almanac.schedules`)
  await db.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
     select 'herd ' || i, 'interval', '1 minute', $1, 'almanac:noop', 'cancel_running' from generate_series(1, 100) i`,
    [times[0]],
  )
  await db.query(`select almanac_private.fire_due($1, 100)`, [times[0]])
  const [worker] = await db.query<{ id: string }>(
    `select almanac_private.register_worker('w', 'w', 1, '0', 1) as id`,
  )
  await db.query(
    `select almanac_private.begin_runs($1, array_agg(r.id), array_agg(r.scheduled_for), null) from almanac.runs r where r.scheduled_for = $2`,
    [worker!.id, times[0]],
  )
  const holder = await db.connect()
  await holder.query('begin')
  await holder.query(
    `select from almanac.runs where id = (select id from almanac.runs where scheduled_for = $1 order by id offset 75 limit 1) for update`,
    [times[0]],
  )

  const fire = async () => {
    const { rows } = await first.query<{ moved: number }>(
      `select moved from almanac_private.fire_due($1, 100)`,
      [times[1]],
    )
    return rows[0]!.moved
  }
  const finish = async () => {
    const { rows } = await second.query<{ held: string[] }>(
      `select almanac_private.finish_runs($1, (
         select jsonb_agg(jsonb_build_object('runId', r.id::text, 'scheduledFor', r.scheduled_for, 'status', 'succeeded') order by r.id)
         from (select * from almanac.runs where scheduled_for = $2 order by id offset 50) r)) as held`,
      [worker!.id, times[0]],
    )
    return rows[0]!.held.length
  }
  const whileHeld = { moved: await fire(), held: await finish() }
  await holder.query('rollback')

  expect(whileHeld).toEqual({ moved: 99, held: 1 })
  expect({ moved: await fire(), held: await finish() }).toEqual({ moved: 1, held: 0 })
  expect(await db.query('select from almanac_private.held_runs')).toEqual([])
  expect(
    await db.query(
      `select scheduled_for, status in ('queued', 'waiting') as is_to_come, count(*)::int from almanac.runs
       where scheduled_for = any ($1) group by 1, 2, status = 'succeeded' order by 1, 3`,
      [times],
    ),
  ).toEqual([
    { scheduled_for: new Date(times[0]!), is_to_come: false, count: 50 },
    { scheduled_for: new Date(times[0]!), is_to_come: false, count: 50 },
    { scheduled_for: new Date(times[1]!), is_to_come: true, count: 100 },
  ])
})
