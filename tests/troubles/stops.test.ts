import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startCluster, type Cluster } from '../../cli/embedded/cluster.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { until } from '../../worker/testing/until.ts'
import { ask } from '../chaos/ask.ts'

/** Seconds that a stop lasts at least, and occurrences of every second that fall into it. */
const SECONDS = 6
/** Those that are later when it is over are not just fired. */
const TOLERANCE = 2

let dataDir: string
let cluster: Cluster
let worker: ChildProcess
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'almanac-stops-'))
  cluster = await startCluster({ dataDir, temporary: true, log: () => undefined })
  await applyMigrations({
    connectionString: cluster.connectionString,
    withCurrent: true,
    logins: { log: () => undefined },
  })
  await query(`select almanac.register_task(task) from unnest(array['quick', 'long']) task`)
}, 120_000)
afterAll(async () => {
  await cluster.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const query = <Row extends object>(text: string, values: unknown[] = []) =>
  ask<Row>(cluster.connectionString, text, values)

const POLICIES = ['run_latest', 'run_all', 'skip'] as const

beforeEach(async () => {
  await query(
    `insert into almanac.schedules (name, kind, every, task_identifier, overlap_policy, missed_run_policy, late_tolerance)
     select coalesce(policy, 'tolerant'), 'interval', '1 second', 'quick', 'skip', coalesce(policy, 'run_latest')::almanac.missed_run_policy,
       case when policy is null then interval '1 hour' else make_interval(secs => $2) end
     from unnest($1::text[] || null::text) policy`,
    [POLICIES, TOLERANCE],
  )
})
afterEach(async () => {
  worker.kill('SIGCONT')
  worker.kill('SIGKILL')
  await query('delete from almanac.schedules where not is_system')
  await query('delete from almanac.workers')
})

/** Starts a worker, which beats that often, and waits until all that is due has run once. */
async function startWorker(heartbeatInterval: number): Promise<void> {
  worker = fork(join(import.meta.dirname, 'stops/worker.ts'), [
    cluster.connectionString,
    String(heartbeatInterval),
  ])
  await until('all run', async () => {
    const idle = await query(
      `select from almanac.schedules s where not s.is_system
         and not exists (select from almanac.runs r where r.schedule_id = s.id and r.started_at is not null)`,
    )
    return idle.length === 0
  })
}

/** A run of a schedule of every second that runs until it is released; the others end at once. */
async function goOn(): Promise<() => void> {
  const begun = once(worker, 'message')
  await query(
    `insert into almanac.schedules (name, kind, every, task_identifier, overlap_policy, late_tolerance)
     values ('long', 'interval', '1 second', 'long', 'skip', '1 hour')`,
  )
  await begun
  return () => worker.send('let go')
}

interface Stop {
  readonly from: string
  readonly until: string
}

/** Holds something up for some seconds by the clock of the machine, which is the database's too. */
async function during(stop: () => Promise<() => unknown>): Promise<Stop> {
  const release = await stop()
  const from = Date.now()
  await until('it has lasted', () => Promise.resolve(Date.now() > from + SECONDS * 1000))
  const released = Date.now()
  await release()
  return { from: new Date(from).toISOString(), until: new Date(released).toISOString() }
}

/** What happened to the occurrences that were due during a stop, by schedule: how many have which status and reason. */
async function ledgerOf({ from, until: end }: Stop): Promise<Record<string, Record<string, number>>> {
  await until(
    'what was due has ended, and the schedules go on',
    async () => {
      const open = await query(
        `select from almanac.schedules s where not s.is_system and (s.next_run_at <= $1::timestamptz
           or exists (select from almanac.runs r where r.schedule_id = s.id and r.scheduled_for <= $1::timestamptz and r.finished_at is null)
           or not exists (select from almanac.runs r where r.schedule_id = s.id and r.scheduled_for > $1::timestamptz and r.status = 'succeeded'))`,
        [end],
      )
      return open.length === 0
    },
    60_000,
  )
  const rows = await query<{ name: string; outcome: string; count: number }>(
    `select r.schedule_name as name, r.status || coalesce(': ' || r.reason, '') as outcome, count(*)::int
     from almanac.runs r where r.scheduled_for > $1 and r.scheduled_for <= $2 group by 1, 2
     union all
     select s.name, o.reason::text, count(*)::int
     from almanac.schedules s join almanac.omissions o on o.schedule_id = s.id
     cross join generate_series(lower(o.during), upper(o.during), s.every) at
     where at > $1 and at <= $2 group by 1, 2`,
    [from, end],
  )
  const found: Record<string, Record<string, number>> = {}
  for (const { name, outcome, count } of rows) (found[name] ??= {})[outcome] = count
  expect(await query('select * from almanac.check_ledger()')).toEqual([])
  return found
}

const total = (outcomes: Record<string, number> = {}) =>
  Object.values(outcomes).reduce((sum, count) => sum + count, 0)

/** A worker that was late for what was due decides by the missed-run policy, and calls nothing overlapped. */
function expectMissed(found: Record<string, Record<string, number>>): void {
  for (const [name, outcomes] of Object.entries(found)) {
    expect([name, Object.keys(outcomes).filter((key) => !['succeeded', 'missed'].includes(key))]).toEqual([
      name,
      [],
    ])
    expect(total(outcomes)).toBeGreaterThanOrEqual(SECONDS - 1)
  }
  expect(found['tolerant']?.['missed']).toBeUndefined()
  expect(found['run_all']?.['missed']).toBeUndefined()
  for (const policy of ['run_latest', 'skip'] as const)
    expect(found[policy]?.['missed']).toBeGreaterThanOrEqual(SECONDS - TOLERANCE - 1)
}

const stopped = (pids: readonly number[]) => () => {
  for (const pid of pids) process.kill(pid, 'SIGSTOP')
  return Promise.resolve(() => {
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  })
}

async function children(pid: number): Promise<number[]> {
  const found: number[] = []
  for (const entry of await readdir('/proc')) {
    const status = await readFile(`/proc/${entry}/status`, 'utf8').catch(() => '')
    if (new RegExp(`^PPid:\\s+${pid}$`, 'm').test(status)) found.push(Number(entry))
  }
  return found
}

/** Holds a table locked. */
const locked = (table: string, mode: string) => async () => {
  const client = new Client({ connectionString: cluster.connectionString })
  await client.connect()
  await client.query(`begin; lock table ${table} in ${mode} mode`)
  return () => client.end()
}

describe('what falls into it is late, and by the missed-run policy run or missed, and none is skipped:', () => {
  // Before or after it fires again, the worker says that it is there.
  test.each([100, 5_000])('the only worker is stopped, which beats every %i ms', async (interval) => {
    await startWorker(interval)
    const letGo = await goOn()

    const stop = await during(stopped([worker.pid!]))
    letGo()

    expectMissed(await ledgerOf(stop))
  })

  test('the process of PostgreSQL that the ticker fires by is stopped', async () => {
    await startWorker(5_000)
    const backend = await until('the ticker is connected', async () => {
      const [found] = await query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'almanac ticker'`,
      )
      return found
    })

    const found = await ledgerOf(await during(stopped([backend.pid])))

    for (const outcomes of Object.values(found))
      expect(Object.keys(outcomes).filter((key) => key.startsWith('skipped'))).toEqual([])
  })

  test('all of PostgreSQL is stopped, while a run ends', async () => {
    await startWorker(1_000)
    const letGo = await goOn()
    const { pid } = cluster.postmaster

    const stop = await during(async () => {
      const release = await stopped([pid, ...(await children(pid))])()
      letGo()
      return release
    })

    expectMissed(await ledgerOf(stop))
  })

  test.each([
    ['almanac.runs', 'exclusive'],
    ['almanac_private.live_runs', 'exclusive'],
    ['almanac.schedules', 'exclusive'],
    ['almanac.schedules', 'access exclusive'],
    ['graphile_worker._private_jobs', 'exclusive'],
  ])('%s is locked, while a run ends', async (table, mode) => {
    await startWorker(1_000)
    const letGo = await goOn()

    const stop = await during(async () => {
      const release = await locked(table, mode)()
      letGo()
      return release
    })

    expectMissed(await ledgerOf(stop))
  })
})

test('the table of attempts is locked, so that no end can be recorded: all fire on time, and none is skipped', async () => {
  await startWorker(1_000)
  const letGo = await goOn()

  const stop = await during(async () => {
    const release = await locked('almanac.run_attempts', 'exclusive')()
    letGo()
    return release
  })

  const { long, ...others } = await ledgerOf(stop)
  for (const outcomes of Object.values(others)) expect(Object.keys(outcomes)).toEqual(['succeeded'])
  // Half a second after its end the worker says so.
  expect(total(long) - (long?.['succeeded'] ?? 0)).toBeLessThanOrEqual(1)
})
