import { Temporal } from '@js-temporal/polyfill'
import { BLOCKERS, describeBlocker, type Blocker } from '../worker/membership/blockers.ts'
import { findDatabaseUrl, withQuery } from './database.ts'
import { RETENTION, retentionText, type Retention } from './retentionStatus.ts'
import { signalWarning, superuserWarning } from './rights/ownership.ts'
import type { Settings } from './settings.ts'
import { readRunning } from './start/runningFile.ts'

/** Of 8 GB, as PostgreSQL is set up: it empties at once unless someone prevents that. */
const CROWDED = 0.1
/** Milliseconds that the database may take: what it waits for longer is what is wrong. */
const LONGEST_ANSWER = 10_000

export interface Status {
  readonly version: string
  readonly copiedFrom: string | null
  /** The owner of the functions, if it is a superuser. */
  readonly superuser: string | null
  /** The owner, if it may not end sessions that hold up the others. */
  readonly endsNoSessions: string | null
  readonly stopped: { readonly by: string; readonly reason: string | null } | null
  readonly workers: readonly {
    readonly name: string
    readonly status: string
    readonly concurrency: number
    /** Seconds since its last heartbeat. */
    readonly seen: number
    readonly leader: boolean
    /** A task holds its CPU. */
    readonly busy: {
      readonly since: string
      readonly runId: string | null
      readonly at: string | null
    } | null
    /** Null: it takes jobs. */
    readonly stall: { readonly since: string; readonly reason: string } | null
  }[]
  readonly schedules: Record<string, number> | null
  readonly runs: Record<string, number> | null
  readonly next: { readonly name: string; readonly at: string } | null
  /** Runs that no worker can take, by their tasks. */
  readonly lacking: readonly { readonly task: string; readonly count: number }[] | null
  readonly overdue: {
    readonly count: number
    readonly name: string
    readonly at: string
    /** Of each time zone that the server does not know, a schedule that has it. */
    readonly lost?: readonly { readonly name: string; readonly timezone: string }[] | null
  } | null
  /** Schedules that are due and that firing has to leave for later, by what holds them up. */
  readonly heldUp: readonly {
    readonly count: number
    /** The first of them. */
    readonly name: string
    readonly since: string
    readonly because: string
    readonly remedy: string
  }[]
  /** Runs that are queued though a worker has their task. */
  readonly notBegun: {
    /** Not: all slots are taken, and none of them has been queued for long. */
    readonly isFault: boolean
    readonly count: number
    /** The schedule of the first. */
    readonly name: string
    readonly since: string
    readonly slots: number
    /** What holds most of the slots. */
    readonly holders: readonly { readonly role: string; readonly task: string; readonly count: number }[]
  } | null
  /** Runs that begin later, because they are caught up at a pace. */
  readonly paced: { readonly count: number; readonly name: string; readonly until: string } | null
  /** Limits that roles and operators have reached, and until when schedules are put off: in words. */
  readonly limits: readonly string[]
  /** Logins of almanac:sql that someone changed in the last day, and what. */
  readonly changedLogins: readonly { readonly login: string; readonly at: string; readonly what: string }[]
  /** Schedules that were fired beyond the clock, which was ahead, and how far. */
  readonly ahead: { readonly count: number; readonly until: string } | null
  readonly ledger: LedgerCheck | null
  /** Null: someone holds what says it. */
  readonly retention: Retention | null
  readonly blockers: readonly Blocker[]
  /** How full PostgreSQL's notification queue is, from 0 to 1; when it is full, whatever notifies fails. */
  readonly notifications: number
  /** The session that has been in a transaction for longest, if the login may see that of others. */
  readonly longest: LongTransaction | null
}

interface LongTransaction {
  readonly pid: number
  readonly role: string
  readonly application: string | null
  readonly since: string
}

/** The last check of the ledger. */
interface LedgerCheck {
  readonly at: string
  readonly found: number
  readonly counts: Record<string, number>
  readonly isStale: boolean
}

/** `almanac status`: ends with 1 when something is wrong, for whoever watches by it, and not for what is only noted. */
export async function printStatus(settings: Settings): Promise<void> {
  const running = settings.databaseUrl ? null : await readRunning(settings.dataDir)
  const [found] = await withQuery(
    await findDatabaseUrl(settings),
    (query) => query<{ status: Status }>(STATUS),
    'almanac_viewer',
    LONGEST_ANSWER,
  )
  const { status } = found!
  const timeZone = Temporal.Now.timeZoneId()
  const wrong = problemsOf(status, timeZone)
  const { version, workers, schedules, runs, next, ledger, retention } = status

  const lines = [
    ['Database', `PostgreSQL ${version}`],
    ...wrong.map((problem) => ['Wrong', problem]),
    ...notesOf(status, timeZone).map((note) => ['Note', note]),
    ['Warning', status.superuser === null ? null : superuserWarning(status.superuser)],
    ['Warning', status.endsNoSessions === null ? null : signalWarning(status.endsNoSessions)],
    ['Web', running ? (running.url ?? 'starting') : null],
    ...workers.map((worker) => [
      'Worker',
      `${worker.name}, ${worker.status}, ${worker.concurrency} at a time, seen ${Math.round(worker.seen)} s ago${worker.leader ? ', leader' : ''}`,
    ]),
    ['Schedules', counted(schedules)],
    ['Last hour', counted(runs)],
    ['Next', next ? `${next.name} at ${localTime(next.at, timeZone)}` : 'nothing is due'],
    ['Ledger', ledgerText(ledger, timeZone)],
    ['History', retention && retentionText(retention, (at) => localTime(at, timeZone))],
  ]
  for (const [label, text] of lines) if (text) process.stdout.write(`${`${label}:`.padEnd(11)} ${text}\n`)
  if (wrong.length > 0) process.exitCode = 1
}

/** What is wrong, each with what it means or what to do. */
export function problemsOf(status: Status, timeZone: string): string[] {
  const {
    copiedFrom,
    stopped,
    workers,
    lacking,
    overdue,
    notBegun,
    changedLogins,
    ahead,
    ledger,
    retention,
    blockers,
    notifications,
    longest,
  } = status
  const problems: string[] = []
  if (copiedFrom !== null) {
    problems.push(
      `this database is a copy of ${copiedFrom}: nothing fires or runs. Decide what happens here with "npx almanac adopt"`,
    )
  }
  if (!workers.some(({ status }) => status === 'active')) {
    problems.push('no worker is running, so nothing runs. Start one: npx almanac worker')
  }
  for (const { name, stall, busy } of workers) {
    if (stall)
      problems.push(
        `worker ${name} has taken no jobs since ${localTime(stall.since, timeZone)}: ${stall.reason}`,
      )
    if (busy)
      problems.push(
        `${busy.runId === null ? 'something' : `run ${busy.runId}`} has held the CPU of worker ${name} since ${localTime(busy.since, timeZone)}, so its other runs wait${busy.at === null ? '' : `: ${busy.at}`}`,
      )
  }
  for (const { task, count } of lacking ?? [])
    problems.push(
      `${count} ${count === 1 ? 'run waits' : 'runs wait'} for the task ${task}, which no running worker has: start one that has it, or change the task of the schedule`,
    )
  for (const blocker of blockers) {
    const { pid } = blocker
    problems.push(
      `${describeBlocker(blocker, (at) => localTime(at, timeZone))}. Its own role, a member of pg_signal_backend or a superuser can end it: select pg_terminate_backend(${pid})`,
    )
  }
  if (notifications > CROWDED)
    problems.push(
      `PostgreSQL's notification queue is ${Math.round(notifications * 100)} % full, and once it is full nothing fires: a listening session has an open transaction. ${keeperText(longest, timeZone)}`,
    )
  if (overdue) {
    const { count, name, at } = overdue
    problems.push(
      `${count} ${count === 1 ? 'schedule is' : 'schedules are'} overdue, ${name} since ${localTime(at, timeZone)}`,
    )
    for (const { name, timezone } of overdue.lost ?? [])
      problems.push(
        `this server does not know the time zone ${timezone} of schedule ${name}, which cannot fire: update almanac.schedules set timezone = '…' where timezone = '${timezone}'`,
      )
  }
  // What has been due for less is caught up by itself.
  if (overdue) problems.push(...status.heldUp.map((group) => heldUpText(group, timeZone)))
  if (notBegun?.isFault) {
    const { count } = notBegun
    problems.push(
      `${count} ${count === 1 ? 'run does' : 'runs do'} not begin, ${slotsText(notBegun, timeZone)}. Start more workers, raise ALMANAC_CONCURRENCY (for almanac:sql ALMANAC_SQL_CONNECTIONS), or cancel what is queued: select * from almanac.cancel_queued(…)`,
    )
  }
  if (ahead) {
    const { count, until } = ahead
    problems.push(
      `the clock was ahead: ${count} ${count === 1 ? 'schedule was' : 'schedules were'} fired up to ${localTime(until, timeZone)}. If it is correct now: select * from almanac.replan_from_now()`,
    )
  }
  for (const { login, at, what } of changedLogins)
    problems.push(
      `the login ${login} of almanac:sql was found to have been changed at ${localTime(at, timeZone)} (${what}). Its password and settings were reset. See which statements ran as it, and the errors of failed runs`,
    )
  if (stopped) {
    problems.push(
      `all schedules were paused by ${stopped.by}${stopped.reason ? ` (${stopped.reason})` : ''}: select almanac.resume_all()`,
    )
  }
  if (ledger && (ledger.found > 0 || ledger.isStale))
    problems.push(`the ledger: ${ledgerText(ledger, timeZone)}`)
  if (retention?.isBehind && retention.next)
    problems.push(
      `history is not removed as it should be: the week of ${retention.next.from.slice(0, 10)} could have gone at ${localTime(retention.next.at, timeZone)}. See the last runs of the system schedule almanac:apply-retention, and who reads old runs for hours: select * from pg_stat_activity`,
    )
  return problems
}

/** What someone who watches may want to know, though nothing is wrong: it passes by itself. */
export function notesOf({ overdue, heldUp, notBegun, paced, limits }: Status, timeZone: string): string[] {
  const notes = limits.map((note) => note.replace(/^S/, 's').replace(/\.$/, ''))
  if (!overdue) notes.push(...heldUp.map((group) => heldUpText(group, timeZone)))
  if (notBegun && !notBegun.isFault) {
    const { count } = notBegun
    notes.push(
      `${count} ${count === 1 ? 'run waits' : 'runs wait'} for a slot, ${slotsText(notBegun, timeZone)}. It counts as wrong after 5 minutes`,
    )
  }
  if (paced) {
    const { count, name, until } = paced
    notes.push(
      `${count === 1 ? '1 run is being caught up at the pace of its schedule' : `${count} runs are being caught up at the pace of their schedules`}, the next of ${name}, the last at ${localTime(until, timeZone)}`,
    )
  }
  return notes
}

function heldUpText({ count, name, since, because, remedy }: Status['heldUp'][number], timeZone: string) {
  const who =
    count === 1
      ? `1 schedule is due and held up, ${name}`
      : `${count} schedules are due and held up, the first ${name}`
  return `${who}, since ${localTime(since, timeZone)}: ${because}. ${remedy.replace(/\.$/, '')}`
}

function slotsText({ name, since, slots, holders }: NonNullable<Status['notBegun']>, timeZone: string) {
  const held = holders.map((holder) => `${holder.count} by ${holder.task} of ${holder.role}`).join(', ')
  return `one of ${name} since ${localTime(since, timeZone)}. Of ${slots} slots are taken: ${held || 'none'}`
}

/** In any database: they share one queue. */
export const LONGEST_TRANSACTION = `
  select pg_catalog.jsonb_build_object(
    'pid', a.pid, 'role', a.usename, 'application', nullif(a.application_name, ''), 'since', a.xact_start)
  from pg_catalog.pg_stat_activity a
  where a.backend_type = 'client backend' and a.pid <> pg_catalog.pg_backend_pid() and a.xact_start is not null
  order by a.xact_start limit 1`

const STATUS = `
  select pg_catalog.jsonb_build_object(
    'version', pg_catalog.current_setting('server_version'),
    'copiedFrom', almanac.copied_from(),
    'superuser', (
      select r.rolname from pg_catalog.pg_proc p join pg_catalog.pg_roles r on r.oid = p.proowner
      where p.oid = 'almanac.current_user_id()'::pg_catalog.regprocedure and r.rolsuper),
    'endsNoSessions', (
      select r.rolname from pg_catalog.pg_proc p join pg_catalog.pg_roles r on r.oid = p.proowner
      where p.oid = 'almanac.current_user_id()'::pg_catalog.regprocedure and not pg_catalog.pg_has_role(r.oid, 'pg_signal_backend', 'usage')),
    'stopped', (
      select pg_catalog.jsonb_build_object('by', s.stopped_by, 'reason', s.reason) from almanac.stops s where s.resumed_at is null),
    'workers', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', w.name, 'status', case when w.last_heartbeat_at < now() - almanac_private.worker_lease() then 'no heartbeat' else w.status end, 'concurrency', w.concurrency,
        'seen', greatest(0, extract(epoch from now() - w.last_heartbeat_at)), 'leader', almanac.workers_is_leader(w),
        'stall', case when w.takes_nothing_since is not null then pg_catalog.jsonb_build_object('since', w.takes_nothing_since, 'reason', w.takes_nothing_because) end,
        'busy', case when w.busy_since is not null then pg_catalog.jsonb_build_object('since', w.busy_since, 'runId', w.culprit_run_id::text, 'at', w.culprit_at) end) order by w.id)
      from almanac.workers w where w.status in ('active', 'draining')), '[]'),
    'schedules', (
      select pg_catalog.jsonb_object_agg(s.status, s.count)
      from (select s.status, count(*) from almanac.schedules s where s.deleted_at is null and not s.is_system group by s.status) s),
    'runs', (
      select pg_catalog.jsonb_object_agg(r.status, r.count)
      from (select r.status, count(*) from almanac.runs r where r.scheduled_for between now() - interval '1 hour' and now() group by r.status) r),
    'next', (
      select pg_catalog.jsonb_build_object('name', s.name, 'at', s.next_run_at)
      from almanac.schedules s where s.next_run_at is not null order by s.next_run_at limit 1),
    'lacking', (
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('task', l.task_identifier, 'count', l.count) order by l.task_identifier)
      from (
        select r.task_identifier, count(*) from almanac.runs r join almanac.tasks t on t.identifier = r.task_identifier
        where almanac_private.has_running_worker() and not t.available and r.status in ('queued', 'retrying') and r.scheduled_for > now() - interval '7 days' group by r.task_identifier) l),
    'overdue', almanac_private.overdue(now()),
    'heldUp', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(h)) from almanac_private.schedules_held_up() h), '[]'),
    'notBegun', almanac_private.runs_not_begun(now()),
    'paced', almanac_private.runs_paced(now()),
    'ahead', (
      select pg_catalog.jsonb_build_object('count', count(*), 'until', max(a.cursor_at))
      from almanac_private.schedules_ahead(clock_timestamp()) a having count(*) > 0),
    'limits', coalesce((select pg_catalog.jsonb_agg(l.note) from almanac.limits() l where l.note is not null), '[]'),
    'changedLogins', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('login', c.role_name, 'at', c.changed_at, 'what', c.changed_what))
      from almanac_private.sql_logins_changed(now() - interval '1 day') c), '[]'),
    'ledger', (
      select pg_catalog.jsonb_build_object('at', c.checked_at, 'found', c.found, 'counts', c.counts, 'isStale', c.stale_at < now())
      from almanac.last_ledger_check() c where c.id is not null),
    'retention', (${RETENTION}),
    'blockers', coalesce((select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(b)) from (${BLOCKERS}) b), '[]'),
    'notifications', pg_catalog.pg_notification_queue_usage()::numeric,
    'longest', (${LONGEST_TRANSACTION})
  ) as status`

/** Which session it is that listens, PostgreSQL tells only in its log. */
function keeperText(longest: LongTransaction | null, timeZone: string): string {
  if (longest === null)
    return "PostgreSQL's log names it; a member of pg_read_all_stats can find it: select pid, usename, xact_start from pg_stat_activity where xact_start is not null order by xact_start"
  const { pid, role, application, since } = longest
  const who = `process ${pid} of ${role}${application === null ? '' : `, ${application},`}`
  return `PostgreSQL's log names it. The longest transaction is that of ${who} since ${localTime(since, timeZone)}. Its own role, a member of pg_signal_backend or a superuser can end it: select pg_terminate_backend(${pid})`
}

/** What the last check of the ledger says, in one line. */
export function ledgerText(check: LedgerCheck | null, timeZone: string): string {
  if (check === null) return 'not checked yet'
  const { at, found, counts, isStale } = check
  const result =
    found === 0
      ? 'no gaps, no duplicates'
      : `${found} ${found === 1 ? 'problem' : 'problems'} (${counted(counts)}), see almanac.ledger_checks`
  const checked = `checked ${localTime(at, timeZone)}`
  return isStale ? `${result} when last ${checked}: the check is overdue` : `${result}, ${checked}`
}

/** An instant as a clock in the zone shows it, with the zone. */
export function localTime(instant: string, timeZone: string): string {
  const local = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone)
  const zone = /^(Etc\/)?UTC$/.test(timeZone) ? 'UTC' : `${local.offset} ${timeZone}`
  return `${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'second' })} ${zone}`
}

function counted(counts: Record<string, number> | null): string {
  const parts = Object.entries(counts ?? {}).map(([status, count]) => `${count} ${status.replace('_', ' ')}`)
  return parts.join(', ') || 'none'
}
