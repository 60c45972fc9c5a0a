import { expect, test } from 'vitest'
import type { TestWorker } from '../testing/startTestWorker.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

/** A plain Graphile Worker without a ticker: all firing is done by the jobs schedule:<id>. */
const workers = useTestWorkers()
async function host(pollInterval = 100): Promise<TestWorker> {
  const running = await workers.host({}, { ticker: false, pollInterval })
  await until('it is registered', async () => {
    const alive = await workers.query(`select from almanac.workers where status = 'active'`)
    return alive.length > 0
  })
  return running
}

/** Schedules that have the same first occurrence, a second ahead. */
async function schedule(count: number, every: string): Promise<void> {
  await workers.query(
    `insert into almanac.schedules (name, kind, every, starts_at, task_identifier, overlap_policy)
     select format('every %s %s', $2::text, i), 'interval', $2::interval, date_trunc('second', clock_timestamp()) + interval '1 second', 'almanac:noop', 'allow'
     from generate_series(1, $1) i`,
    [count, every],
  )
}
const fewest = async (every: string) => {
  const [row] = await workers.query<{ fewest: number }>(
    `select coalesce(min(c.count), 0)::int as fewest from almanac.schedules s, lateral (
       select count(*) from almanac.runs r where r.schedule_id = s.id and r.status = 'succeeded') c
     where s.name like $1`,
    [`every ${every} %`],
  )
  return row!.fewest
}

/** Each is armed for its next run, the ledger has no fault, and no wake is left without its key. */
async function expectChains(count: number): Promise<void> {
  const [state] = await workers.query(`
    select (select count(*)::int from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id
        -- Two seconds later where no worker was registered yet: a ticker might have fired it.
        where j.run_at in (s.next_run_at, s.next_run_at + interval '2 seconds') and j.locked_by is null and j.attempts < j.max_attempts) as armed,
      (select count(*)::int from graphile_worker.jobs j where j.task_identifier = 'almanac:wake') as wakes,
      (select coalesce(jsonb_agg(c), '[]') from almanac.check_ledger(now() - interval '1 hour', now()) c) as problems`)
  expect(state).toEqual({ armed: count, wakes: count, problems: [] })
}

test('each wake fires its schedule and arms the next, again and again', async () => {
  const running = await host()
  await schedule(3, '1 second')

  await until('four occurrences of each', async () => (await fewest('1 second')) >= 4)
  await running.close()

  await expectChains(3)
})

test('what a wake fires is told by its id, so that pages of other schedules stay as they are', async () => {
  const told: { op: string; ids: string[] }[] = []
  const listener = await workers.database.connect()
  listener.on('notification', ({ payload }) => told.push(JSON.parse(payload!) as (typeof told)[number]))
  await schedule(2, '1 second')
  const schedules = await workers.query<{ id: string }>(
    'select id::text from almanac.schedules where not is_system',
  )
  await listener.query('listen almanac_runs')

  const running = await host()
  await until('two occurrences of each', async () => (await fewest('1 second')) >= 2)
  await running.close()

  expect(new Set(told.map(({ op }) => op))).toEqual(new Set(['update']))
  expect([...new Set(told.flatMap((each) => each.ids))].toSorted()).toEqual(
    schedules.map(({ id }) => id).toSorted(),
  )
})

test('of a schedule of every second none is lost, however seldom the worker looks', async () => {
  const running = await host(2_000)
  await workers.insert({ name: 'x', kind: 'interval', every: '1 second', task_identifier: 'almanac:noop' })

  await until('six runs', async () => {
    const runs = await workers.query(
      `select from almanac.runs where schedule_name = 'x' and status = 'succeeded'`,
    )
    return runs.length >= 6
  })
  await running.close()

  // A slow machine may really have had one unfinished when the next was due.
  expect(
    await workers.query(
      `select s.* from almanac.runs s where s.status = 'skipped' and not exists (
         select from almanac.runs r where r.queued_at <= s.scheduled_for
           and (r.finished_at > s.scheduled_for or r.finished_at is null))`,
    ),
  ).toEqual([])
})

test('many that are due at the same instant each run once, and are armed', async () => {
  await schedule(300, '1 hour')

  const running = await host()
  await until('each has run', async () => (await fewest('1 hour')) === 1)
  await until('no wake is at work', async () => {
    const locked = await workers.query(`select from graphile_worker.jobs where locked_by is not null`)
    return locked.length === 0
  })
  await running.close()

  expect(
    await workers.query(`select count(*)::int from almanac.runs where schedule_name like 'every 1 hour %'`),
  ).toEqual([{ count: 300 }])
  await expectChains(300)
})

test('a host that was away catches up by the jobs alone', async () => {
  await schedule(5, '1 hour')
  await workers.query(`
    begin;
    set local almanac.engine to 'on';
    update almanac.schedules set created_at = created_at - interval '150 minutes', starts_at = starts_at - interval '150 minutes', cursor_at = cursor_at - interval '150 minutes',
      next_scheduled_for = next_scheduled_for - interval '150 minutes', next_run_at = next_run_at - interval '150 minutes';
    update almanac_private.rule_versions v set rule = almanac_private.rule_of(s), valid_from = s.cursor_at from almanac.schedules s where s.id = v.schedule_id;
    update graphile_worker._private_jobs set run_at = run_at - interval '150 minutes';
    commit`)

  const running = await host()
  await until('each has caught up', async () => (await fewest('1 hour')) === 1)
  await running.close()

  expect(await workers.query(`select sum(count)::int as missed from almanac.omissions`)).toEqual([
    { missed: 10 },
  ])
  await expectChains(5)
})

/** What arms schedule x again, in a transaction that stays open. */
const REARMING = [
  ['an edit finds its job locked,', `update almanac.schedules set every = '2 hours' where name = 'x'`],
  [
    'a firing finds its job locked,',
    `select almanac_private.fire_due((select next_run_at from almanac.schedules where name = 'x'))`,
  ],
] as const

test.each(REARMING)(
  'the chain continues when %s which a worker takes, and does not wait for it',
  async (_title, rearm) => {
    await workers.insert({ name: 'x', kind: 'interval', every: '1 hour', task_identifier: 'almanac:noop' })
    const [before] = await workers.query<{ key: string; id: string }>(
      `select key, id from graphile_worker.jobs`,
    )
    // The worker stands still in the midst of locking the job.
    await workers.query(`
      create function public.stand_still() returns trigger language plpgsql security definer as $$ begin perform pg_advisory_xact_lock(580); return new; end $$;
      create trigger stand_still before update on graphile_worker._private_jobs for each row
      when (old.locked_at is null and new.locked_at is not null) execute function public.stand_still()`)
    const door = await workers.database.connect()
    await door.query('select pg_advisory_lock(580)')
    const editor = await workers.database.connect()
    try {
      const running = await host()
      await workers.query(`select graphile_worker.reschedule_jobs(array[$1::bigint], run_at => now())`, [
        before!.id,
      ])
      await until('the worker locks the job', async () => {
        const locks = await workers.query(
          `select from pg_locks where locktype = 'advisory' and not granted
           and database = (select oid from pg_database where datname = current_database())`,
        )
        return locks.length > 0
      })

      await editor.query('begin')
      await editor.query(rearm)

      const { rows } = await editor.query(
        `select j.id = $2 as same, j.run_at < now() + interval '1 minute' as early
         from graphile_worker.jobs j where j.key = $1`,
        [before!.key, before!.id],
      )
      expect(rows).toEqual([{ same: true, early: true }])
      await door.query('select pg_advisory_unlock(580)')
      await editor.query('commit')
      await until('it is armed again', async () => {
        const [job] = await workers.query<{ id: string }>(
          `select j.id from graphile_worker.jobs j join almanac.schedules s on j.key = 'schedule:' || s.id
           where j.key = $1 and j.locked_by is null and j.run_at in (s.next_run_at, s.next_run_at + interval '2 seconds')`,
          [before!.key],
        )
        return job && job.id !== before!.id
      })
      await running.close()
    } finally {
      await door.end()
      await editor.end()
      await workers.query(`drop function public.stand_still cascade`)
    }
    await expectChains(1)
  },
)

test('wakes of schedules that someone holds take up no place of a worker', async () => {
  await workers.insert({ name: 'held', kind: 'interval', every: '1 hour', task_identifier: 'almanac:noop' })
  await workers.trigger('manual', 'almanac:noop')
  const holder = await workers.database.connect()
  await holder.query(`begin; update almanac.schedules set description = 'held' where name = 'held'`)
  await workers.query(
    `select graphile_worker.reschedule_jobs(array_agg(id), run_at => '2000-01-01Z', priority => -1) from graphile_worker.jobs where key like 'schedule:%'`,
  )

  await workers.host({}, { ticker: false, concurrency: 1, pollInterval: 100 })
  await workers.run('manual', 'succeeded')

  const [held] = await workers.query(
    `select run_at > '2000-01-01Z' as is_put_off from graphile_worker.jobs where key like 'schedule:%' and locked_by is null`,
  )
  expect(held).toEqual({ is_put_off: true })
  await holder.query('rollback')
  await until('it is armed', async () => {
    const armed = await workers.query(
      `select from almanac.schedules s join graphile_worker.jobs j on j.key = 'schedule:' || s.id where s.name = 'held' and j.run_at = s.next_run_at`,
    )
    return armed.length === 1
  })
})

/** What holds the schedule's job, or is to, in a transaction that stays open. */
const HOLDING = {
  'an edit': `update almanac.schedules set every = '2 hours' where name = 'held'`,
  'a pause': `select almanac.pause('held')`,
  'its deletion': `select almanac.unschedule('held')`,
}

test.each(Object.entries(HOLDING))(
  'a worker ends a wake that it has, and others of its batch, while a transaction with %s is open',
  async (_title, statement) => {
    for (const name of ['held', 'other'])
      await workers.insert({ name, kind: 'interval', every: '1 hour', task_identifier: 'almanac:noop' })
    const holder = await workers.database.connect()
    const worker = await workers.database.connect('worker')
    const take = `update graphile_worker._private_jobs set locked_at = now(), locked_by = 'pool'`
    const wake = `set lock_timeout to '1ms';
      select almanac_private.wake(array_agg(id)) from almanac.schedules;
      delete from graphile_worker._private_jobs where id = any (array(select id from graphile_worker.jobs where locked_by = 'pool'))`
    await workers.query(take)
    await holder.query(`begin; ${statement}`)

    await worker.query(wake)

    await holder.query('commit')
    await workers.query(take)
    await worker.query(wake)
    expect(
      await workers.query(`select s.name, coalesce(j.run_at - s.next_run_at in ('0', '2 seconds'), s.next_run_at is null and j.id is null) as is_armed from almanac.schedules s
        left join graphile_worker.jobs j on j.key = 'schedule:' || s.id and j.locked_by is null where not s.is_system order by 1`),
    ).toEqual(['held', 'other'].map((name) => ({ name, is_armed: true })))
  },
)
