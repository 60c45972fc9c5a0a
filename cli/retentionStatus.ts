/** What `almanac.retention()` says, as far as `almanac status` shows it. */
export interface Retention {
  /** In words. Null: forever. */
  readonly keepFor: string | null
  /** Null: like others. */
  readonly keepFailuresFor: string | null
  readonly keepLast: number | null
  /** How many schedules say something else. */
  readonly otherwise: number
  readonly oldest: string | null
  /** The week that goes next. */
  readonly next: {
    readonly from: string
    readonly until: string
    readonly runs: number
    readonly at: string
  } | null
  readonly isRunning: boolean
  readonly endedAt: string | null
  readonly removedRuns: number
  readonly droppedWeeks: number
  readonly isBehind: boolean
  /** Whether what is removed is written to files. */
  readonly archives: boolean
  /** About how many removed runs are not in a file yet, and since when. */
  readonly waiting: { readonly runs: number; readonly since: string; readonly isBehind: boolean } | null
}

export const RETENTION = `
  select pg_catalog.jsonb_build_object(
    'keepFor', almanac_private.spoken_interval(r.keep_for),
    'keepFailuresFor', almanac_private.spoken_interval(r.keep_failures_for), 'keepLast', r.keep_last,
    'otherwise', r.schedules_otherwise,
    'oldest', r.oldest_run_at, 'next', case when r.next_at is not null then pg_catalog.jsonb_build_object(
      'from', r.next_from, 'until', r.next_until, 'runs', r.next_runs, 'at', r.next_at) end,
    'isRunning', r.is_running, 'endedAt', r.ended_at, 'removedRuns', r.removed_runs, 'droppedWeeks', r.dropped_weeks,
    'isBehind', r.is_behind, 'archives', r.archive,
    'waiting', case when r.archive_waits_since is not null then pg_catalog.jsonb_build_object(
      'runs', r.archive_waiting, 'since', r.archive_waits_since, 'isBehind', r.archive_is_behind) end)
  from almanac.retention() r where r.is_behind is not null`

/** For how long runs are kept, what goes next, and what went last, in one line. */
export function retentionText(
  { keepFor, keepFailuresFor, keepLast, otherwise, oldest, next, archives, waiting, ...pass }: Retention,
  time: (instant: string) => string,
): string {
  const rule = [
    `kept ${forText(keepFor)}`,
    keepFailuresFor === null
      ? null
      : `failures ${forText(keepFailuresFor === '0 seconds' ? null : keepFailuresFor)}`,
    keepLast === null ? null : `the latest ${counted(keepLast, 'run')} of each schedule`,
    otherwise === 0 ? null : `${counted(otherwise, 'schedule says', 'schedules say')} otherwise`,
  ]
  const week = next && `the week of ${next.from.slice(0, 10)}, about ${counted(next.runs, 'run')}`
  return [
    rule.filter((part) => part !== null).join(', '),
    oldest === null ? 'no run has ended' : `the oldest is of ${time(oldest)}`,
    week === null ? null : `next to go: ${week}, at ${time(next!.at)}`,
    lastText(pass, time),
    waiting !== null
      ? `about ${counted(waiting.runs, 'removed run')} not in a file yet, since ${time(waiting.since)}`
      : archives
        ? 'all removed runs are in files'
        : null,
  ]
    .filter((part) => part !== null)
    .join('; ')
}

function lastText(
  {
    isRunning,
    endedAt,
    removedRuns,
    droppedWeeks,
  }: Pick<Retention, 'isRunning' | 'endedAt' | 'removedRuns' | 'droppedWeeks'>,
  time: (instant: string) => string,
): string {
  const removed = `${counted(removedRuns, 'run')} and ${counted(droppedWeeks, 'whole week')}`
  if (isRunning) return `being removed now: ${removed} so far`
  return endedAt === null
    ? 'nothing was removed yet'
    : `last looked at ${time(endedAt)}, which removed ${removed}`
}

const forText = (length: string | null) => (length === null ? 'forever' : `for ${length}`)

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
}
