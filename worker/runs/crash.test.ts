import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { createGate } from '../testing/gate.ts'
import { useTestWorkers } from '../testing/testWorkers.ts'
import { until } from '../testing/until.ts'

const workers = useTestWorkers()

test('what a killed worker ran and had fetched is taken over by another', async () => {
  await workers.trigger('a', 'held')
  await workers.trigger('b', 'held')
  await workers.trigger('c', 'held')
  const victim = fork(join(import.meta.dirname, '../testing/victim.ts'), [
    workers.database.connectionStringFor('worker'),
  ])
  await once(victim, 'message')
  await workers.run('a', 'running')
  await workers.run('b', 'running')
  await until('the third is fetched', async () => {
    const jobs = await workers.query(
      `select from graphile_worker.jobs where task_identifier = 'almanac-run:held' and locked_by is not null`,
    )
    return jobs.length === 3
  })

  victim.kill('SIGKILL')
  await once(victim, 'exit')
  // A heartbeat that it had sent may still be on its way.
  const observer = await workers.database.connect('worker')
  await until('its connections have ended', async () => {
    const { rowCount } = await observer.query(
      `select from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`,
    )
    return rowCount === 0
  })
  await observer.end()
  await workers.query(
    `update almanac.workers set last_heartbeat_at = now() - interval '1 minute' where pid = $1`,
    [victim.pid],
  )
  await workers.start({ tasks: { held: () => 'taken up' } })

  expect(await workers.run('a', 'succeeded')).toMatchObject({ attempt: 2, result: 'taken up' })
  expect(await workers.run('b', 'succeeded')).toMatchObject({ attempt: 2 })
  expect(await workers.run('c', 'succeeded')).toMatchObject({ attempt: 1 })
  expect(await workers.query(`select status from almanac.workers where pid = $1`, [victim.pid])).toEqual([
    { status: 'lost' },
  ])
})

test('a worker whose connections are all cut continues, and records what it was running', async () => {
  const gate = createGate()
  const worker = await workers.start({ tasks: { gate: gate.task, quick: () => 'done' } })
  await workers.trigger('across', 'gate')
  await gate.entered()

  const killer = await workers.database.connect('worker')
  // A second try would cut it.
  onTestFinished(() => killer.end())
  await killer.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`,
  )
  // A job that is completed on a connection that has just been cut ends the pool.
  await until('it listens on a new one', async () => {
    const { rowCount } = await killer.query(
      `select from pg_stat_activity
       where datname = current_database() and usename = current_user and query ilike 'listen %'
         and backend_start > (select backend_start from pg_stat_activity where pid = pg_backend_pid())`,
    )
    return rowCount !== null && rowCount > 0
  })
  gate.open('survived')

  expect(await workers.run('across', 'succeeded')).toMatchObject({ result: 'survived', attempt: 1 })
  await workers.trigger('after', 'quick')
  await workers.run('after', 'succeeded')
  expect(worker.messages.join('\n')).not.toContain('A new one is started')
})

test('a pool that ends by itself is started again', async () => {
  const worker = await workers.start({ tasks: { quick: () => 'done' } })
  await workers.query(`
    create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'refused once'; end $$;
    create trigger refuse before delete on graphile_worker._private_jobs for each row execute function public.refuse()`)
  await workers.query(`select graphile_worker.add_job('quick')`)
  await until('the pool has ended', () =>
    Promise.resolve(worker.messages.some((message) => message.includes('A new one is started'))),
  )
  await workers.query(`drop function public.refuse cascade`)

  await workers.trigger('after', 'quick')

  await workers.run('after', 'succeeded')
})

test('a pool that dies again and again leaves nothing locked', async () => {
  // The heartbeats of the dead stay young: only what each says at its end frees its jobs.
  await workers.query('delete from almanac.workers')
  const worker = await workers.start({ tasks: { quick: () => 'done' } })
  await workers.query(`
    create sequence public.refusals;
    create function public.refuse() returns trigger language plpgsql security definer as $$
    begin
      if nextval('public.refusals') <= 3 then raise exception 'refused'; end if;
      return old;
    end $$;
    create trigger refuse before delete on graphile_worker._private_jobs for each row execute function public.refuse()`)

  await workers.query(`select graphile_worker.add_job('quick')`)
  await until('the job is done at the fourth try', async () => {
    const jobs = await workers.query(`select from graphile_worker.jobs where task_identifier = 'quick'`)
    return jobs.length === 0
  })
  await workers.query(`drop function public.refuse cascade; drop sequence public.refusals`)

  await until('the fourth pool is registered', async () => {
    const active = await workers.query(`select from almanac.workers where status = 'active'`)
    return active.length === 1
  })
  expect(worker.messages.filter((message) => message.includes('A new one is started'))).toHaveLength(3)
  await until('the fourth pool is registered', async () => {
    const active = await workers.query(`select from almanac.workers where status = 'active'`)
    return active.length === 1
  })
  expect(
    await workers.query(`
      select w.status, count(*)::int, count(j.id)::int as locked from almanac.workers w
      left join graphile_worker.jobs j on j.locked_by = any (w.pool_ids)
      group by w.status order by w.status`),
  ).toEqual([
    { status: 'active', count: 1, locked: 0 },
    { status: 'lost', count: 3, locked: 0 },
  ])
})

test('a worker that was abandoned registers again', async () => {
  await workers.start({ heartbeatInterval: 50 })
  const active = async () =>
    (await workers.query<{ id: string }>(`select id from almanac.workers where status = 'active'`)).map(
      ({ id }) => id,
    )
  const [first] = await until('it is registered', async () => {
    const ids = await active()
    return ids.length === 1 && ids
  })

  await workers.query(`update almanac.workers set status = 'lost' where id = $1`, [first])

  await until('it has another number', async () => {
    const ids = await active()
    return ids.length === 1 && ids[0] !== first
  })
})

test('a task of a worker that was abandoned is asked to stop, as another runs it again', async () => {
  const aborted: unknown[] = []
  await workers.start({
    heartbeatInterval: 50,
    tasks: {
      long: (_, { abortSignal }) =>
        new Promise((_resolve, reject) =>
          abortSignal.addEventListener('abort', () => {
            aborted.push(abortSignal.reason)
            reject(abortSignal.reason as Error)
          }),
        ),
    },
  })
  await workers.trigger('zombie', 'long')
  await workers.run('zombie', 'running')

  await workers.query(`update almanac.workers set status = 'lost' where status = 'active'`)

  await until('it is asked to stop', () => Promise.resolve(aborted.length > 0))
  expect(aborted).toEqual([
    expect.objectContaining({ message: expect.stringContaining('marked lost') as string }),
  ])
})

test('closing waits for what runs, and takes no more', async () => {
  const gate = createGate()
  const worker = await workers.start({ concurrency: 1, tasks: { gate: gate.task } })
  await workers.trigger('last', 'gate')
  await workers.trigger('left', 'gate')
  await gate.entered()

  const closed = worker.close()
  gate.open()
  await closed

  await workers.run('last', 'succeeded')
  await workers.run('left', 'queued')
  const jobs = await workers.query(
    `select locked_by from graphile_worker.jobs where task_identifier = 'almanac-run:gate'`,
  )
  expect(jobs).toEqual([{ locked_by: null }])
  expect(await workers.query(`select from almanac.workers where status = 'active'`)).toEqual([])
})

test('a task that is stopped with its worker is tried again at once', { timeout: 30_000 }, async () => {
  const gate = createGate()
  const worker = await workers.start({
    tasks: {
      long: async (payload, helpers) => {
        void gate.task(payload, helpers)
        await delay(60_000, undefined, { signal: helpers.abortSignal })
      },
    },
  })
  await workers.trigger('long', 'long', { retry_delay: '1 hour' })
  await gate.entered()

  await worker.close()

  expect(await workers.run('long', 'retrying')).toMatchObject({
    attempt: 1,
    error: 'The worker was stopped before the task had ended.',
  })
  expect(
    await workers.query(
      `select run_at <= now() as is_due from graphile_worker.jobs where task_identifier = 'almanac-run:long'`,
    ),
  ).toEqual([{ is_due: true }])
})
