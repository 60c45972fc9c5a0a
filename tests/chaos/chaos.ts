import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, type QueryResultRow } from 'pg'
import { startCluster, type Cluster } from '../../cli/embedded/cluster.ts'
import { applyMigrations } from '../../cli/migrations.ts'

/** What is done to the system, and for how long. */
export interface ChaosOptions {
  readonly seconds: number
  /** Schedules of one run a second each. */
  readonly schedules: number
  readonly workers: number
  readonly seed: number
  readonly log: (message: string) => void
}

/** What was done, and what the ledger says afterwards. All of `wrong` is nought if nothing was lost or doubled. */
export interface ChaosReport {
  readonly acts: Readonly<Record<string, number>>
  readonly runs: Readonly<Record<string, number>>
  readonly omitted: Readonly<Record<string, number>>
  readonly attemptsLost: number
  readonly wrong: {
    readonly ledgerProblems: number
    readonly occurrencesTwice: number
    readonly runsStuck: number
    readonly jobsLeft: number
    readonly schedulesUnarmed: number
  }
}

/** As durable as a real one, as the server is killed. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', max_connections: '100' }
const PATIENCE = 120_000

/** Runs schedules and workers, lets things fail around them, then lets them settle and looks at the ledger. */
export async function wreakHavoc(options: ChaosOptions): Promise<ChaosReport> {
  const { seconds, schedules, seed, log } = options
  const random = randomFrom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-chaos-'))
  const cluster = await startCluster({ dataDir, temporary: true, settings: DURABLE, log: () => undefined })
  const workers: ChildProcess[] = []
  try {
    await applyMigrations({ connectionString: cluster.connectionString, withCurrent: true })
    await ask(cluster.connectionString, `select almanac.register_task('havoc')`)
    await ask(cluster.connectionString, INSERT, [schedules, seconds])
    for (let number = 0; number < options.workers; number++) workers.push(await startVictim(cluster))

    const acts: Record<string, number> = {}
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      await delay(300 + random(1_200))
      const [name, act] = ACTS[random(ACTS.length)]!
      acts[name] = (acts[name] ?? 0) + 1
      log(name)
      await act({ cluster, workers, random })
    }
    return { acts, ...(await settle(cluster)) }
  } finally {
    await Promise.all(workers.map(stop))
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

interface Scene {
  readonly cluster: Cluster
  readonly workers: ChildProcess[]
  readonly random: (below: number) => number
}

const ACTS: readonly (readonly [string, (scene: Scene) => Promise<void>])[] = [
  [
    'kill a worker',
    async ({ cluster, workers, random }) => {
      const place = random(workers.length)
      workers[place]!.kill('SIGKILL')
      await delay(random(1_500))
      workers[place] = await startVictim(cluster)
    },
  ],
  [
    'kill PostgreSQL',
    async ({ cluster }) => {
      const { pid, ended } = cluster.postmaster
      process.kill(pid, 'SIGKILL')
      await ended
      await restart(cluster)
    },
  ],
  [
    'cut connections, one after the other',
    async ({ cluster, random }) => {
      for (let round = 0; round < 10; round++) {
        await ask(
          cluster.adminConnectionString,
          `select pg_terminate_backend(pid) from pg_stat_activity
           where usename = 'almanac' and pid <> pg_backend_pid() order by random() limit 3`,
        )
        await delay(random(100))
      }
    },
  ],
  [
    'use up all connections',
    async ({ cluster }) => {
      const held: Client[] = []
      for (let number = 0; number < 100; number++) {
        const client = new Client({ connectionString: cluster.connectionString })
        client.on('error', () => undefined)
        if (
          !(await client.connect().then(
            () => true,
            () => false,
          ))
        )
          break
        held.push(client)
      }
      await delay(1_500)
      await Promise.all(held.map((client) => client.end().catch(() => undefined)))
    },
  ],
  [
    'leave a transaction open that holds schedules and pins vacuum',
    async ({ cluster }) => {
      await hold(
        cluster,
        `select from almanac.schedules where id % 10 = 0 for update; select txid_current()`,
        1_500,
      )
    },
  ],
  [
    'edit, pause and resume schedules',
    async ({ cluster, random }) => {
      const some = `not is_system and id % 7 = ${random(7)} and status in ('active', 'paused')`
      await ask(
        cluster.connectionString,
        `update almanac.schedules set status = 'paused' where ${some} and status = 'active'`,
      )
      await delay(random(1_000))
      await ask(
        cluster.connectionString,
        `update almanac.schedules set status = 'active', timezone = 'Europe/Paris' where ${some}`,
      )
    },
  ],
]

/** Its backends may outlive a killed postmaster for a moment, and hold on to its shared memory. */
async function restart(cluster: Cluster): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await cluster.restart()
      return
    } catch (error) {
      if (tries > 50) throw error
      await delay(200)
    }
  }
}

async function startVictim(cluster: Cluster): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'victim.ts'), [cluster.connectionString])
  await once(child, 'message')
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

/** Lets everything come to its end, and counts. */
async function settle(cluster: Cluster): Promise<Omit<ChaosReport, 'acts'>> {
  const url = cluster.connectionString
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const [left] = await ask<{ done: boolean }>(url, DONE)
    if (left?.done || performance.now() > deadline) break
    await delay(500)
  }
  const [report] = await ask<{ report: Omit<ChaosReport, 'acts'> }>(url, REPORT)
  if (!report) throw new Error('The database gave no report.')
  return report.report
}

/** Asks again while the database is away: whoever wrecks it must outlive it. */
async function ask<Row extends QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  for (let tries = 0; ; tries++) {
    const client = new Client({ connectionString: url, application_name: 'almanac chaos' })
    client.on('error', () => undefined)
    try {
      await client.connect()
      return (await client.query<Row>(text, values)).rows
    } catch (error) {
      if (tries > 100) throw error
      await delay(100)
    } finally {
      await client.end().catch(() => undefined)
    }
  }
}

async function hold(cluster: Cluster, text: string, ms: number): Promise<void> {
  const client = new Client({ connectionString: cluster.connectionString })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`begin; ${text}`)
    await delay(ms)
    await client.query('rollback')
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** mulberry32: the same seed, the same havoc. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

const INSERT = `
  with start as (select date_trunc('second', clock_timestamp()) + interval '1 second' as at)
  insert into almanac.schedules
    (name, kind, every, starts_at, ends_at, task_identifier, overlap_policy, missed_run_policy, late_tolerance, max_attempts, retry_delay, jitter)
  select 'havoc ' || i, 'interval', '1 second', s.at, s.at + $2 * interval '1 second', 'havoc',
    (array['allow', 'allow', 'queue_all', 'skip', 'cancel_running'])[1 + i % 5]::almanac.overlap_policy,
    (array['run_latest', 'run_all', 'skip'])[1 + i % 3]::almanac.missed_run_policy,
    (array['1 second', '1 minute'])[1 + i % 2]::interval, 100, '0', case when i % 4 = 0 then interval '500 milliseconds' end
  from start s, generate_series(1, $1) i`

/** Jobs that do not belong there when all has come to its end: a system schedule goes on. */
const LEFT = `not exists (select from almanac.schedules s where s.is_system and j.key = 'schedule:' || s.id)`

const DONE = `
  select not exists (select from almanac_private.live_runs)
    and not exists (select from almanac.schedules s where s.next_run_at is not null and not s.is_system)
    and not exists (select from graphile_worker.jobs j where ${LEFT}) as done`

const REPORT = `
  select jsonb_build_object(
    'runs', (select coalesce(jsonb_object_agg(status, count), '{}') from (select status, count(*) from almanac.runs group by status) r),
    'omitted', (select coalesce(jsonb_object_agg(reason, count), '{}') from (select reason, sum(count) as count from almanac.omissions group by reason) o),
    'attemptsLost', (select count(*) from almanac.run_attempts where error = 'The worker was lost.'),
    'wrong', jsonb_build_object(
      'ledgerProblems', (select count(*) from almanac.check_ledger(now() - interval '1 day', now(), 100000)),
      'occurrencesTwice', (
        select count(*) from (select from almanac.runs where trigger = 'schedule' group by schedule_id, scheduled_for having count(*) > 1) d),
      'runsStuck', (select count(*) from almanac.runs where finished_at is null),
      'jobsLeft', (select count(*) from graphile_worker.jobs j where ${LEFT}),
      'schedulesUnarmed', (
        select count(*) from almanac.schedules s where s.next_run_at is not null
          and not exists (select from graphile_worker.jobs j where j.key = 'schedule:' || s.id)))) as report`
