import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startCluster, type Cluster } from '../../cli/embedded/cluster.ts'
import { applyMigrations } from '../../cli/migrations.ts'
import { ACTS, pinVacuum } from './acts.ts'
import { admitAttackers, ATTACKS, removeTraces } from './attackers.ts'
import { ask } from './ask.ts'
import { startCrew, type Crew } from './crew.ts'
import { POISONS } from './poisons.ts'
import { randomFrom } from '../random.ts'
import { startClients, type RequestFaults, type Requests } from './requests.ts'
import { startVictimServer, type VictimServer } from './server.ts'
import { FALSE_PARENTS, OUT_OF_ORDER, REGISTER, RUN_ALL, STEPS } from './steps.ts'
import { LIMITS, POISONOUS, TROUBLES } from './troubles.ts'

/** What is done to the system, and for how long. */
export interface ChaosOptions {
  readonly seconds: number
  /** Schedules of one run a second each. */
  readonly schedules: number
  readonly workers: number
  readonly seed: number
  /** Also with locks and limits of time that get in a worker's way, tasks that hurt it, and attacks by roles with few rights. */
  readonly withTroubles: boolean
  readonly log: (message: string) => void
  /** Hears what the workers log. */
  readonly listen?: (line: string) => void
}

/** What was done, and what the ledger says afterwards. All of `wrong` is zero if nothing was lost or doubled. */
export interface ChaosReport extends Ledger {
  /** Workers that ended without being killed, by how. */
  readonly workersEnded: Readonly<Record<string, number>>
  readonly acts: Readonly<Record<string, number>>
  /** Changes asked of the server over GraphQL. */
  readonly requests: Requests
  readonly wrong: Ledger['wrong'] & RequestFaults
}

interface Ledger {
  readonly runs: Readonly<Record<string, number>>
  /** Of the runs, the steps of a group of tasks. */
  readonly steps: Readonly<Record<string, number>>
  readonly omitted: Readonly<Record<string, number>>
  readonly attemptsLost: number
  /** What happened to the tasks that hurt their worker. */
  readonly poisoned: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** Jobs that no one takes any more. */
  readonly left: readonly unknown[]
  readonly wrong: {
    readonly ledgerProblems: number
    readonly occurrencesTwice: number
    readonly runsStuck: number
    readonly jobsLeft: number
    readonly schedulesUnarmed: number
    /** What reconcile() still finds to repair, and failed jobs that are there after it. */
    readonly repairs: number
    readonly garbage: number
    readonly stepsOutOfOrder: number
    readonly falseParents: number
  }
}

/** As durable as a real one, as the server is killed. */
const DURABLE = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on', max_connections: '100' }
const PATIENCE = 120_000

/** Runs schedules, workers and a server with clients, lets things fail around them, then lets them settle and looks at the ledger. */
export async function wreakHavoc(options: ChaosOptions): Promise<ChaosReport> {
  const { seconds, schedules, seed, withTroubles, log } = options
  const random = randomFrom(seed)
  const dataDir = await mkdtemp(join(tmpdir(), 'almanac-chaos-'))
  const cluster = await startCluster({ dataDir, temporary: true, settings: DURABLE, log: () => undefined })
  let crew: Crew | undefined
  let server: VictimServer | undefined
  try {
    await applyMigrations({
      connectionString: cluster.connectionString,
      withCurrent: true,
      logins: { log: () => undefined },
    })
    const url = new URL(cluster.connectionString)
    await ask(url.href, `select almanac.register_task(task) from unnest(array['havoc', 'poison']) task`)
    await ask(url.href, INSERT, [schedules, seconds])
    await ask(url.href, REGISTER, [JSON.stringify(STEPS)])
    await ask(url.href, RUN_ALL, [seconds])
    await ask(url.href, POISONOUS, [Object.keys(POISONS)])
    if (withTroubles) url.searchParams.set('options', LIMITS)
    crew = await startCrew(url.href, options.workers, options.listen ?? (() => undefined))
    server = await startVictimServer(cluster)
    const clients = await startClients(cluster.connectionString, server)
    const unpin = pinVacuum(cluster)

    const acts: Record<string, number> = {}
    if (withTroubles) await admitAttackers(cluster.connectionString)
    const all = withTroubles ? [...ACTS, ...TROUBLES, ...ATTACKS] : ACTS
    let deck: typeof ACTS = []
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      await delay(300 + random(1_200))
      if (deck.length === 0) deck = all
      const drawn = deck[random(deck.length)]!
      const [name, act] = drawn
      deck = deck.filter((other) => other !== drawn)
      acts[name] = (acts[name] ?? 0) + 1
      log(name)
      await act({ cluster, crew, server, random })
    }
    await unpin()
    const { requests, faults } = await clients.stop()
    await removeTraces(cluster.connectionString)
    const ledger = await settle(cluster)
    return { acts, workersEnded: crew.ended, requests, ...ledger, wrong: { ...ledger.wrong, ...faults } }
  } finally {
    await server?.kill()
    await crew?.stop()
    await cluster.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Lets everything come to its end, and counts. */
async function settle(cluster: Cluster): Promise<Ledger> {
  const url = cluster.connectionString
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const [left] = await ask<{ done: boolean }>(url, DONE)
    if (left?.done || performance.now() > deadline) break
    await delay(500)
  }
  const [repaired] = await ask<{ count: number }>(
    url,
    'select count(*)::int as count from almanac.reconcile()',
  )
  const [found] = await ask<{ report: Ledger }>(url, REPORT)
  if (!found || !repaired) throw new Error('The database gave no report.')
  const { report } = found
  return { ...report, wrong: { ...report.wrong, repairs: repaired.count } }
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

/** Jobs that do not belong there when all has come to its end: a system schedule continues, and what has failed for good is deleted by reconcile(). */
const LEFT = `(j.attempts < j.max_attempts or j.locked_at is not null) and not exists (select from almanac.schedules s where s.is_system and j.key = 'schedule:' || s.id)`

const DONE = `
  select not exists (select from almanac_private.live_runs)
    and not exists (select from almanac.schedules s where s.next_run_at is not null and not s.is_system)
    and not exists (select from graphile_worker.jobs j where ${LEFT}) as done`

const REPORT = `
  select jsonb_build_object(
    'runs', (select coalesce(jsonb_object_agg(status, count), '{}') from (select status, count(*) from almanac.runs group by status) r),
    'steps', (select coalesce(jsonb_object_agg(status, count), '{}') from (select status, count(*) from almanac.runs where parent_id is not null group by status) r),
    'omitted', (select coalesce(jsonb_object_agg(reason, count), '{}') from (select reason, sum(count) as count from almanac.omissions group by reason) o),
    'attemptsLost', (select count(*) from almanac.run_attempts where error = 'The worker was lost.'),
    'poisoned', (
      select coalesce(jsonb_object_agg(name, statuses), '{}') from (
        select schedule_name as name, jsonb_object_agg(status, count) as statuses
        from (select schedule_name, status, count(*) from almanac.runs where task_identifier = 'poison' group by 1, 2) r group by 1) p),
    'left', (
      select coalesce(jsonb_agg(to_jsonb(j)), '[]') from (
        select j.key, j.task_identifier, j.attempts, j.max_attempts, j.locked_by, j.run_at, left(j.last_error, 200) as last_error
        from graphile_worker.jobs j where ${LEFT} limit 20) j),
    'wrong', jsonb_build_object(
      'ledgerProblems', (select count(*) from almanac.check_ledger(now() - interval '1 day', now(), 100000)),
      'occurrencesTwice', (
        select count(*) from (select from almanac.runs where trigger = 'schedule' group by schedule_id, scheduled_for having count(*) > 1) d),
      'runsStuck', (select count(*) from almanac.runs where finished_at is null),
      'jobsLeft', (select count(*) from graphile_worker.jobs j where ${LEFT}),
      'stepsOutOfOrder', (${OUT_OF_ORDER}),
      'falseParents', (${FALSE_PARENTS}),
      'garbage', (select count(*) from graphile_worker.jobs j where j.attempts >= j.max_attempts and j.locked_at is null),
      'schedulesUnarmed', (
        select count(*) from almanac.schedules s where s.next_run_at is not null
          and not exists (select from graphile_worker.jobs j where j.key = 'schedule:' || s.id)))) as report`
