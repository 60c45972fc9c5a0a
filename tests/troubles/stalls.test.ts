import type { Client } from 'pg'
import { describe, expect, test } from 'vitest'
import { createGate } from '../../worker/testing/gate.ts'
import { useTestWorkers } from '../../worker/testing/testWorkers.ts'
import { until } from '../../worker/testing/until.ts'

const workers = useTestWorkers()
const soon = { pollInterval: 100, heartbeatInterval: 200 }

/** Occurrences for which an attack lasts. */
const COUNT = 5

/**
 * What the ledger has of another's schedule of every second from the beginning of an attack to its end. Each run starts
 * within 3 s, besides what the machine itself is slow; skipped is only what came due while the one before was unfinished.
 */
async function ledgerUnder(attack: () => Promise<() => Promise<unknown>>): Promise<object> {
  await workers.start(soon)
  await workers.insert({
    name: 'others',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })
  await workers.run('others', 'succeeded')
  const stop = await attack()
  const [begun] = await workers.query<{ at: string }>(
    `select max(scheduled_for)::text as at from almanac.runs`,
  )
  let asked = performance.now()
  let slowest = 0
  await until(
    'the schedule went on',
    async () => {
      slowest = Math.max(slowest, performance.now() - asked)
      asked = performance.now()
      const done = await workers.query(
        `select from almanac.runs where status = 'succeeded' and scheduled_for > $1`,
        [begun!.at],
      )
      return done.length >= COUNT
    },
    30_000,
  )
  await stop()
  const [found] = await workers.query(
    `select bool_and(case status
         when 'succeeded' then started_at < scheduled_for + interval '3 seconds' + $2::interval
         else status = 'skipped' and exists (
           select from almanac.runs e where e.schedule_name = 'others' and e.queued_at <= r.scheduled_for
             and e.finished_at > r.scheduled_for) end) as are_punctual,
       max(scheduled_for) - min(scheduled_for) = interval '${COUNT - 1} seconds' as are_all,
       (select count(*)::int from almanac.omissions where schedule_name = 'others') as omitted,
       (select count(*)::int from almanac.workers where status = 'lost') as lost
     from (select * from almanac.runs where scheduled_for > $1 order by scheduled_for limit ${COUNT}) r`,
    // What passes between firing and beginning takes as many turns of the processes.
    [begun!.at, `${5 * slowest} milliseconds`],
  )
  return found!
}
const onTime = { are_punctual: true, are_all: true, omitted: 0, lost: 0 }

/** Partitions as at the turn of a week for which none was made. */
async function forgetPartitions(): Promise<void> {
  await workers.query(`do $$ declare p regclass; begin
    for p in select i.inhrelid from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent in ('almanac.runs'::regclass, 'almanac.run_attempts'::regclass)
        and substring(c.relname from '\\d{8}$')::date > current_date
    loop execute format('drop table %s', p); end loop;
  end $$`)
}

const partitionsAhead = () =>
  workers.query(
    `select from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'almanac.runs'::regclass and substring(c.relname from '\\d{8}$')::date > current_date`,
  )

/** Opens a transaction of this login, which stays open until the returned function is called. */
async function open(client: Client, statement: string): Promise<() => Promise<unknown>> {
  await client.query(`begin; ${statement}`)
  return () => client.query('rollback')
}

describe("another's schedule keeps its time while", { timeout: 60_000 }, () => {
  test('a viewer reads the runs in a transaction that stays open, as a week without a partition begins', async () => {
    await forgetPartitions()
    const viewer = await workers.database.connect('viewer')

    const close = await open(viewer, 'select count(*) from almanac.runs')

    expect(await ledgerUnder(() => Promise.resolve(() => Promise.resolve()))).toEqual(onTime)
    expect(await partitionsAhead()).toEqual([])
    await close()
    await workers.start(soon)
    await until('partitions are made', async () => (await partitionsAhead()).length >= 8)
  })

  test('any login holds the advisory locks that Almanac ever took', async () => {
    const plain = await workers.database.connect('plain')

    const found = await ledgerUnder(async () => {
      await plain.query(
        `select pg_advisory_lock(hashtextextended('almanac:' || k, 0))
         from unnest(array['migrate', 'partitions', 'timezones', 'sequences', 'name:others', 'name:another']) k`,
      )
      await workers.start(soon)
      await workers.query(`select almanac.schedule_every('another', '1 hour', 'almanac:noop')`)
      return () => plain.query('select pg_advisory_unlock_all()')
    })

    expect(found).toEqual(onTime)
  })
})

test('what falls into a stall is fired late, in its order, and none is skipped', async () => {
  await workers.start(soon)
  await workers.insert({
    name: 'others',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })
  await workers.run('others', 'succeeded')
  const owner = await workers.database.connect()
  await owner.query('begin; lock table almanac.schedules in access exclusive mode')
  const { rows } = await owner.query<{ at: string }>('select clock_timestamp()::text as at')
  const begun = rows[0]!.at

  await until('a stall of 5 s', async () => {
    const [row] = await workers.query<{ over: boolean }>(
      `select clock_timestamp() > $1::timestamptz + interval '5 seconds' as over`,
      [begun],
    )
    return row!.over
  })
  await owner.query('rollback')

  await until('what came due meanwhile has run', async () => {
    const done = await workers.query(
      `select from almanac.runs where status = 'succeeded' and scheduled_for > $1::timestamptz + interval '5 seconds'`,
      [begun],
    )
    return done.length > 0
  })
  const [found] = await workers.query(
    `select count(*)::int as count, array_agg(distinct status) as statuses,
       bool_and(started_at >= earlier or earlier is null) as in_order
     from (select r.*, lag(r.finished_at) over (order by r.scheduled_for) as earlier from almanac.runs r) r
     where scheduled_for > $1::timestamptz and scheduled_for <= $1::timestamptz + interval '5 seconds'`,
    [begun],
  )
  expect(found).toEqual({ count: 5, statuses: '{succeeded}', in_order: true })
})

describe('a run that has ended, which is not recorded, is in the way of nothing that is due from then on', () => {
  const now = async () => (await workers.query<{ at: string }>('select clock_timestamp()::text as at'))[0]!.at

  /** A schedule of every second whose first run runs until it is released. */
  async function goesOn(): Promise<() => void> {
    const gate = createGate()
    let calls = 0
    await workers.start({
      ...soon,
      tasks: { gate: (payload, helpers) => (calls++ === 0 ? gate.task(payload, helpers) : null) },
    })
    await workers.insert({ name: 'others', kind: 'interval', every: '1 second', task_identifier: 'gate' })
    await gate.entered()
    return () => gate.open()
  }

  const since = (at: string, until = 'infinity') =>
    workers.query<{ status: string }>(
      `select status from almanac.runs where scheduled_for > $1 and scheduled_for <= $2 order by scheduled_for`,
      [at, until],
    )

  const first = async () =>
    (
      await workers.query<{ status: string; finished_at: Date | null }>(
        `select r.status, r.finished_at from almanac.runs r join almanac.schedules s on s.id = r.schedule_id
         order by r.scheduled_for limit 1`,
      )
    )[0]!

  test('while someone holds its row: the others run on time, and it ended when it did', async () => {
    const letGo = await goesOn()
    const holder = await workers.database.connect()
    const release = await open(holder, `select from almanac.runs where status = 'running' for no key update`)

    letGo()
    await until(
      'its end waits',
      async () => (await workers.query('select from almanac_private.held_runs')).length > 0,
    )
    const ended = await now()
    await until('others have run', async () => {
      const found = await since(ended)
      return found.filter(({ status }) => status === 'succeeded').length >= 3
    })

    expect(await first()).toEqual({ status: 'running', finished_at: null })
    expect((await since(ended)).filter(({ status }) => status === 'skipped')).toEqual([])
    const released = await now()
    await release()
    const { finished_at } = await until('its end is recorded', async () => {
      const run = await first()
      return run.status === 'succeeded' ? run : undefined
    })
    expect(finished_at!.getTime()).toBeLessThan(Date.parse(released) - 1_000)
  })

  test('while nothing can be written: the others are fired late', async () => {
    const letGo = await goesOn()
    const owner = await workers.database.connect()
    const release = await open(owner, 'lock table almanac.runs in exclusive mode')

    letGo()
    const ended = await now()
    await until('three have come due', async () => {
      const [row] = await workers.query<{ over: boolean }>(
        `select clock_timestamp() > $1::timestamptz + interval '3 seconds' as over`,
        [ended],
      )
      return row!.over
    })
    const released = await now()
    await release()

    const statuses = await until('what came due meanwhile has ended', async () => {
      const found = (await since(ended, released)).map(({ status }) => status)
      const isOver = found.length >= 3 && found.every((status) => ['succeeded', 'skipped'].includes(status))
      return isOver ? found : undefined
    })
    expect([...new Set(statuses)]).toEqual(['succeeded'])
  })
})

test('an admin who holds the rows of all schedules is named, and what came due meanwhile is fired late', async () => {
  const worker = await workers.start(soon)
  await workers.insert({
    name: 'others',
    kind: 'interval',
    every: '1 second',
    task_identifier: 'almanac:noop',
  })
  await workers.run('others', 'succeeded')
  const admin = await workers.database.connect('admin')
  const { rows } = await admin.query<{ pid: number }>('select pg_backend_pid() as pid')

  const close = await open(admin, 'select from almanac.schedules for update')
  await until('the log names it', () =>
    Promise.resolve(
      worker.messages.some((message) =>
        message.includes(`Blocked by another session: process ${rows[0]!.pid} of almanac_test_admin`),
      ),
    ),
  )
  const [released] = await workers.query<{ at: string }>('select clock_timestamp()::text as at')
  await close()

  const dueMeanwhile = () =>
    workers.query<{ status: string }>(
      `select distinct r.status from almanac.runs r join almanac.schedules s on s.id = r.schedule_id
       where r.scheduled_for <= $1 and s.next_run_at > $1`,
      [released!.at],
    )
  const done = ['succeeded', 'skipped', 'failed']
  const statuses = await until('what came due meanwhile has ended', async () => {
    const found = await dueMeanwhile()
    return found.length > 0 && found.every(({ status }) => done.includes(status)) ? found : undefined
  })
  expect(statuses).toEqual([{ status: 'succeeded' }])
  expect(await workers.query(`select from almanac.omissions where schedule_name = 'others'`)).toEqual([])
})
