import * as v from 'valibot'
import { countedRows } from '../../../shared/counts.ts'
import { valuesOf } from '../graphql/enum.ts'
import { dayKey, formatDay } from '../time/instant.ts'
import { triggers } from './run.ts'
import { isActive, runStateOf, statusesOf } from './runState.ts'

/** Groups of states that the list can be narrowed to. */
export const stateFilters = {
  active: { label: 'Active', statuses: statusesOf('running', 'waiting') },
  running: { label: 'Running', statuses: statusesOf('running') },
  waiting: { label: 'Waiting', statuses: statusesOf('waiting') },
  failed: { label: 'Failed', statuses: statusesOf('failed') },
  succeeded: { label: 'Succeeded', statuses: statusesOf('succeeded') },
  skipped: { label: 'Skipped or cancelled', statuses: statusesOf('skipped') },
} as const

export const stateNames = valuesOf(stateFilters)

/** Text that looks like a number arrives as one. */
const text = v.pipe(v.union([v.string(), v.number()]), v.transform(String))
const orNull = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.fallback(v.optional(v.nullable(schema), null), null)
const date = v.pipe(v.string(), v.isoDate())

/** What the address of the list says; what cannot be read is as if it was not there. */
export const runListSearch = v.object({
  q: v.fallback(v.optional(text, ''), ''),
  state: orNull(v.picklist(stateNames)),
  schedule: orNull(text),
  /** The first and the last day, in the shown zone. */
  from: orNull(date),
  to: orNull(date),
  task: orNull(text),
  tag: orNull(text),
  worker: orNull(v.pipe(text, v.regex(/^\d{1,18}$/))),
  trigger: orNull(v.picklist(triggers)),
  /** Without the runs of schedules that run many times a day. */
  calm: v.fallback(v.optional(v.boolean(), false), false),
  /** Where the page begins, as the database calls it; null: with the newest. */
  after: orNull(v.string()),
  /** The run in the drawer. */
  run: orNull(v.pipe(text, v.regex(/^\d{1,18}$/))),
})

export type RunListSearch = v.InferOutput<typeof runListSearch>

/** What of it is in the address. */
export type ShortRunSearch = {
  [Key in keyof RunListSearch]?: NonNullable<RunListSearch[Key]>
}

const none: RunListSearch = v.parse(runListSearch, {})

/** Without what is as by default, so that addresses stay short. */
export function shortRunSearch(search: RunListSearch): ShortRunSearch {
  return Object.fromEntries(
    Object.entries(search).filter(([key, value]) => value !== none[key as keyof RunListSearch]),
  )
}

/** Whether the list is narrowed in any way. */
export function isNarrowed(search: RunListSearch): boolean {
  return Object.keys(shortRunSearch({ ...search, after: null, run: null })).length > 0
}

/** When a day of the shown zone begins. */
function startOf(day: string, zone: string, daysLater = 0): string {
  const start = Temporal.PlainDate.from(day).add({ days: daysLater }).toZonedDateTime(zone)
  return start.toInstant().toString()
}

/** The list's filter for the API. */
export function runFilter(search: Omit<RunListSearch, 'after' | 'run'>, zone: string) {
  const { q, state, schedule, from, to, task, tag, worker, trigger, calm } = search
  const text = q.trim()
  const number = /^#?(\d{1,18})$/.exec(text)?.[1]
  return {
    ...(state !== null && { status: { in: [...stateFilters[state].statuses] } }),
    ...(schedule !== null && { scheduleId: { equalTo: schedule } }),
    ...((from !== null || to !== null) && {
      scheduledFor: {
        ...(from !== null && { greaterThanOrEqualTo: startOf(from, zone) }),
        ...(to !== null && { lessThan: startOf(to, zone, 1) }),
      },
    }),
    ...(task !== null && { taskIdentifier: { equalTo: task } }),
    ...(tag !== null && { schedule: { tags: { contains: [tag] } } }),
    ...(worker !== null && { workerId: { equalTo: worker } }),
    ...(trigger !== null && { trigger: { equalTo: trigger } }),
    ...(calm && { not: { schedule: { isFrequent: { equalTo: true } } } }),
    ...(number !== undefined && { rowId: { equalTo: number } }),
    ...(text !== '' &&
      number === undefined && {
        or: [{ scheduleName: { includesInsensitive: text } }, { error: { includesInsensitive: text } }],
      }),
  }
}

/** The filter that counts the running, or the waiting, among those the list may show; null where it shows no such runs. */
export function activeFilter(search: RunListSearch, state: 'running' | 'waiting', zone: string) {
  const isShown = search.state === null || search.state === 'active' || search.state === state
  return isShown ? runFilter({ ...search, state }, zone) : null
}

interface Listed {
  readonly rowId: string
  readonly status: string
  readonly scheduledFor: string
}

export interface RunGroup<Run> {
  readonly title: string
  readonly runs: readonly Run[]
}

/** "Running · 7", and how many of them are not on this page. */
function activeTitle(name: string, listed: number, count: number): string {
  const all = Math.max(listed, count)
  return `${name} · ${countedRows(all)}${all > listed ? ` (${listed.toLocaleString('en-GB')} listed)` : ''}`
}

/** How many runs are unfinished in all. */
export interface ActiveCounts {
  readonly running: number
  readonly waiting: number
}

/** What runs first, then what waits, then day by day, given the newest first. */
export function groupRuns<Run extends Listed>(
  runs: readonly Run[],
  zone: string,
  now: number,
  counts: ActiveCounts,
  /** The status by which a run has its place; another one than its own, while rows hold still. */
  statusOf: (run: Run) => string = ({ status }) => status,
): RunGroup<Run>[] {
  const stateOf = (run: Run) => runStateOf(statusOf(run))
  const running = runs.filter((run) => stateOf(run) === 'running')
  const waiting = runs.filter((run) => isActive(stateOf(run)) && !running.includes(run))
  const days = Map.groupBy(
    runs.filter((run) => !isActive(stateOf(run))),
    (run) => dayKey(run.scheduledFor, zone),
  )
  const today = dayKey(now, zone)
  const active = (name: string, listed: readonly Run[], count: number) =>
    listed.length > 0 || count > 0 ? [{ title: activeTitle(name, listed.length, count), runs: listed }] : []
  return [
    ...active('Running', running, counts.running),
    ...active('Waiting', waiting, counts.waiting),
    ...[...days].map(([key, ofDay]) => ({
      title: key === today ? 'Today' : formatDay(ofDay[0]?.scheduledFor ?? now, zone, now),
      runs: ofDay,
    })),
  ]
}
