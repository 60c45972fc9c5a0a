import { Temporal } from '@js-temporal/polyfill'
import { findDatabaseUrl, withQuery } from './database.ts'
import type { Settings } from './settings.ts'
import { readRunning } from './start/runningFile.ts'

interface Status {
  version: string
  workers: { name: string; status: string; concurrency: number; seen: number; leader: boolean }[]
  schedules: Record<string, number>
  runs: Record<string, number>
  next: { name: string; at: string } | null
  ledger: LedgerCheck | null
}

/** The last check of the ledger. */
interface LedgerCheck {
  at: string
  found: number
  counts: Record<string, number>
  isStale: boolean
}

/** `almanac status`. */
export async function printStatus(settings: Settings): Promise<void> {
  const running = settings.databaseUrl ? null : await readRunning(settings.dataDir)
  const [status] = await withQuery(await findDatabaseUrl(settings), (query) =>
    query<{ status: Status }>(STATUS),
  )
  const { version, workers, schedules, runs, next, ledger } = status!.status

  const lines = [
    ['Database', `PostgreSQL ${version}`],
    ['Web', running ? (running.url ?? 'starting') : null],
    ...workers.map((worker) => [
      'Worker',
      `${worker.name}, ${worker.status}, ${worker.concurrency} at a time, seen ${Math.round(worker.seen)} s ago${worker.leader ? ', fires first' : ''}`,
    ]),
    ...(workers.length === 0 ? [['Worker', 'none lives: nothing runs']] : []),
    ['Schedules', counted(schedules)],
    ['Last hour', counted(runs)],
    ['Next', next ? `${next.name} at ${localTime(next.at, Temporal.Now.timeZoneId())}` : 'nothing is due'],
    ['Ledger', ledgerText(ledger, Temporal.Now.timeZoneId())],
  ]
  for (const [label, text] of lines) if (text) process.stdout.write(`${`${label}:`.padEnd(11)} ${text}\n`)
  if (workers.length === 0) process.exitCode = 1
}

const STATUS = `
  select pg_catalog.jsonb_build_object(
    'version', pg_catalog.current_setting('server_version'),
    'workers', coalesce((
      select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('name', w.name, 'status', case when w.last_heartbeat_at < now() - interval '15 seconds' then 'not heard of' else w.status end, 'concurrency', w.concurrency,
        'seen', extract(epoch from now() - w.last_heartbeat_at), 'leader', almanac.workers_is_leader(w)) order by w.id)
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
    'ledger', (
      select pg_catalog.jsonb_build_object('at', c.checked_at, 'found', c.found, 'counts', c.counts, 'isStale', c.stale_at < now())
      from almanac.last_ledger_check() c where c.id is not null)
  ) as status`

/** What the last check of the ledger says, in one line. */
export function ledgerText(check: LedgerCheck | null, timeZone: string): string {
  if (check === null) return 'never checked yet'
  const { at, found, counts, isStale } = check
  const result =
    found === 0
      ? 'no gap, no duplicate'
      : `${found} ${found === 1 ? 'problem' : 'problems'} (${counted(counts)}), see almanac.ledger_checks`
  const checked = `checked ${localTime(at, timeZone)}`
  return isStale ? `${result} when last ${checked}: nobody checks` : `${result}, ${checked}`
}

/** An instant as a clock in the zone shows it, with the zone. */
export function localTime(instant: string, timeZone: string): string {
  const local = Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone)
  return `${local.toPlainDate().toString()} ${local.toPlainTime().toString({ smallestUnit: 'second' })} ${local.offset} ${timeZone}`
}

function counted(counts: Record<string, number> | null): string {
  const parts = Object.entries(counts ?? {}).map(([status, count]) => `${count} ${status.replace('_', ' ')}`)
  return parts.join(', ') || 'none'
}
