import * as v from 'valibot'
import { formatClock, formatDay } from '../time/instant.ts'

/** One problem that a check found. */
export interface Finding {
  problem: string
  scheduleId: string
  scheduleName: string
  scheduledFor: string
  detail: string
}

/** What a check of the ledger said. */
export interface LedgerCheck {
  checkedAt: string
  rangeStart: string
  rangeEnd: string
  /** From here to `rangeStart` no check has looked; null: nothing is left out. */
  uncheckedSince: string | null
  found: number
  /** Without a newer check by then, no one checks. */
  staleAt: string
}

/** The state of the ledger: as it should be, with problems, no longer checked, or never. */
export type LedgerState = 'good' | 'problems' | 'stale' | 'never'

const findingRows = v.array(
  v.object({
    problem: v.string(),
    schedule_id: v.string(),
    schedule_name: v.string(),
    scheduled_for: v.string(),
    detail: v.string(),
  }),
)
const kindCounts = v.record(v.string(), v.number())

/** The findings of a check, as the database keeps them. */
export function readFindings(json: unknown): readonly Finding[] {
  return v.parse(findingRows, json).map((row) => ({
    problem: row.problem,
    scheduleId: row.schedule_id,
    scheduleName: row.schedule_name,
    scheduledFor: row.scheduled_for,
    detail: row.detail,
  }))
}

/** The state of the ledger at a moment, by its latest check. */
export function ledgerState(check: LedgerCheck | null, now: number): LedgerState {
  if (check === null) return 'never'
  if (Date.parse(check.staleAt) < now) return 'stale'
  return check.found === 0 ? 'good' : 'problems'
}

/** "No gaps, no duplicates" or "2 problems". */
export function resultText(found: number): string {
  if (found === 0) return 'No gaps, no duplicates'
  return found === 1 ? '1 problem' : `${found.toLocaleString('en-GB')} problems`
}

/** How the ledger stands, in a few words. */
export function stateText(check: LedgerCheck | null, now: number): string {
  if (check === null) return 'Not checked yet'
  return ledgerState(check, now) === 'stale' ? 'Check overdue' : resultText(check.found)
}

/** "checked 12:17", with the day where it is another one. */
export function checkedText(check: LedgerCheck, now: number, zone: string): string {
  const clock = formatClock(check.checkedAt, zone, 'never')
  const day = formatDay(check.checkedAt, zone)
  return day === formatDay(now, zone) ? `checked ${clock}` : `checked ${day} ${clock}`
}

/** All of it in one line: "No gaps, no duplicates · checked 12:17". */
export function ledgerLine(check: LedgerCheck | null, now: number, zone: string): string {
  if (check === null) return stateText(check, now)
  const last = ledgerState(check, now) === 'stale' ? 'last ' : ''
  return `${stateText(check, now)} · ${last}${checkedText(check, now, zone)}`
}

interface ProblemWords {
  label: string
  what: string
  remedy: string
  /** What the check says of each finding is no more than this. */
  isAll?: boolean
}

const words: Record<string, ProblemWords> = {
  missing: {
    label: 'Missing',
    what: 'The rule names these times, but nothing is recorded for them: neither a run nor a reason.',
    remedy: 'Open the schedule, and trigger it if the work is still needed.',
    isAll: true,
  },
  twice: {
    label: 'Twice',
    what: 'These occurrences have a run and are also recorded as a gap.',
    remedy: 'Open the schedule and check the run; if it did its work, there is nothing to do.',
  },
  unplanned: {
    label: 'Unplanned',
    what: 'These runs are recorded for times that no rule names.',
    remedy: 'Check what the run did, and whether someone wrote to the ledger directly.',
  },
  miscounted: {
    label: 'Miscounted',
    what: 'The number of occurrences in these gaps differs from what the rule names.',
    remedy: 'If the times around them are recorded, nothing is lost: check what the schedule did then.',
  },
  'unknown zone': {
    label: 'Unknown time zone',
    what: 'The server does not know the time zone of this rule, so its times cannot be checked.',
    remedy: 'Give the schedule a time zone that the server knows; it does not fire until then.',
  },
  overdue: {
    label: 'Overdue',
    what: 'These had been due for more than a minute when the ledger was checked, but had not fired.',
    remedy: 'Check whether a worker is running. As soon as one is, late occurrences are fired or recorded.',
  },
}

/** What a problem means, and what to do about it. */
export function problemWords(problem: string): ProblemWords {
  return Object.hasOwn(words, problem)
    ? words[problem]!
    : { label: problem, what: 'See the details of each.', remedy: 'Open the schedule.' }
}

/** Findings by their problem, those that lose work first, with how many there are of each in all. */
export function groupFindings(
  findings: readonly Finding[],
  counts: unknown,
): readonly { problem: string; count: number; findings: readonly Finding[] }[] {
  const order = Object.keys(words)
  const place = (problem: string) => (order.includes(problem) ? order.indexOf(problem) : order.length)
  return Object.entries(v.parse(kindCounts, counts))
    .toSorted(([a], [b]) => place(a) - place(b) || (a < b ? -1 : 1))
    .map(([problem, count]) => ({
      problem,
      count,
      findings: findings.filter((finding) => finding.problem === problem),
    }))
}

/** The statement that lists all problems of a range. */
export function checkSql(from: string, to: string): string {
  return `select * from almanac.check_ledger(\n  '${from}',\n  '${to}',\n  max_count => 100000);`
}
