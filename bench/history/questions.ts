import { WEEKS } from './load.ts'

/** What a person or a client asks of the history: a statement, or an operation of the API. */
export type Question =
  | { readonly sql: string }
  /** A page of the client's list. */
  | { readonly find: Readonly<Record<string, unknown>> }
  /** The same by the connection `runs`, which reads on until its page is full. */
  | { readonly filter: Readonly<Record<string, unknown>>; readonly only?: 'count' }

/** The connection is asked of no more runs than these: of more, the server ends what takes longer than 30 seconds. */
export const MOST_FOR_CONNECTION = 1_000_000

const found = (find: Readonly<Record<string, unknown>>): Question => ({ find })
const listed = (filter: Readonly<Record<string, unknown>>): Question => ({ filter })
const schedule = `(select min(id) from almanac.schedules where not is_system)`
const week = (ago: number) =>
  `select * from almanac.calendar(now() - interval '${ago} weeks', now() - interval '${ago - 1} weeks')`

const LATELY = `jsonb_build_object('status', '["failed", "timed_out"]'::jsonb, 'since', now() - interval '1 day')`

/** By name; in the list of runs, which the API gives in pages of 100 with the newest first. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  'runs: the newest': found({}),
  'runs: failed': found({ status: ['failed', 'timed_out'] }),
  'runs: failed in the last 24 hours, counted': {
    sql: `select almanac.run_page_found(f) from almanac.find_runs(${LATELY}, max_count => 1000) f`,
  },
  'the same, by counting all runs of a day': {
    sql: `select count(*) from almanac.runs where status in ('failed', 'timed_out') and scheduled_for >= now() - interval '1 day'`,
  },
  'runs: cancelled, of which there are none': found({ status: ['cancelled'] }),
  'the same, by the connection': listed({ status: { equalTo: 'cancelled' } }),
  'runs: running and waiting, counted': {
    sql: 'select running, retrying, queued, waiting from almanac.find_active_runs()',
  },
  'the same, by the connection (counted)': {
    filter: { status: { in: ['waiting', 'queued', 'running', 'retrying'] } },
    only: 'count',
  },
  'runs: of a schedule': found({ schedule: 'schedule 00007' }),
  'runs: of a task': found({ task: 'history:7' }),
  'runs: with a tag': found({ tag: 'tag 7' }),
  'runs: without frequent schedules': found({ without_frequent: true }),
  'the same, by the connection (frequent)': listed({ not: { schedule: { isFrequent: { equalTo: true } } } }),
  'runs: a text that names a schedule': found({ search: 'schedule 00007' }),
  'runs: a text that errors have': found({ search: 'ECONNREFUSED' }),
  'runs: a text that nothing has': found({ search: 'no such text' }),
  'the same, by the connection (text)': listed(text('no such text')),
  'runs: a number': found({ ids: ['4711'] }),
  'calendar: this week': { sql: week(0) },
  'calendar: last week': { sql: week(1) },
  'calendar: three months ago': { sql: week(WEEKS) },
  'calendar: a year': {
    sql: `select * from almanac.calendar(now() - interval '1 year', now(), bucket => '1 day', max_count => 0)`,
  },
  'the same, by counting all runs': {
    sql: `select date_trunc('day', r.due_at), r.status, count(*) from almanac.runs r
      where r.scheduled_for >= now() - interval '1 year' and r.scheduled_for < now() group by 1, 2`,
  },
  'durations of all schedules': { sql: 'select * from almanac.usual_durations()' },
  'last outcomes of 200 schedules': {
    sql: `select * from almanac.last_outcomes(array(select id from almanac.schedules order by id limit 200))`,
  },
  'why: a run of two months ago': {
    sql: `select almanac.why(s.name, (select r.scheduled_for from almanac.runs r where r.schedule_id = s.id
      and r.scheduled_for < now() - interval '8 weeks' order by r.scheduled_for desc limit 1))
      from almanac.schedules s where s.id = ${schedule}`,
  },
  'check_ledger: a day': { sql: 'select * from almanac.check_ledger()' },
  'retention: what it will remove': { sql: 'select * from almanac.retention()' },
}

/** What find_runs() searches, for the connection. */
function text(words: string) {
  return { or: [{ scheduleName: { includesInsensitive: words } }, { error: { includesInsensitive: words } }] }
}
