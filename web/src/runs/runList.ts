import { framedParams } from '../address/framedParams.ts'
import { checked, flag, oneOf, readSearch, rowId, text, type SearchOf } from '../address/params.ts'
import { countedRows, MOST_COUNTED } from '../../../shared/counts.ts'
import { valuesOf } from '../graphql/enum.ts'
import type { Json } from '../graphql/graphql.ts'
import { dayKey, formatDay } from '../time/instant.ts'
import { isShownDate } from '../time/shownDates.ts'
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

/** Whether the text is a place in the list, as the database writes it: a nominal time and a run. */
const isPlace = (text: string) => /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z\/\d{1,18}$/.test(text)

/** What the address of the list says. */
export const runListParams = {
  ...framedParams,
  q: text('', 'a text', 'showing all'),
  state: oneOf(stateNames, null, 'a state', 'showing all states'),
  schedule: rowId(null, 'a schedule', 'showing all schedules'),
  /** The first and the last day, in the shown zone. */
  from: checked(isShownDate, null, 'a date of the years 2 to 9998', 'showing all days before'),
  to: checked(isShownDate, null, 'a date of the years 2 to 9998', 'showing all days after'),
  task: text(null, 'a task', 'showing all tasks'),
  tag: text(null, 'a tag', 'showing all tags'),
  worker: rowId(null, 'a worker', 'showing all workers'),
  trigger: oneOf(triggers, null, 'a trigger', 'showing all triggers'),
  /** Without the runs of schedules that run many times a day. */
  calm: flag(false, 'showing frequent schedules too'),
  /** The run whose children are listed; null: no children are. */
  parent: rowId(null, 'a run', 'showing runs without their children'),
  /** Where the page begins, as the database calls it; null: with the newest. */
  after: checked(isPlace, null, 'a place in the list', 'showing the newest'),
  /** The run in the drawer. */
  run: rowId(null, 'a run', 'none is open'),
}

export type RunListSearch = SearchOf<typeof runListParams>

/** The list without any filter. */
export const allRuns: RunListSearch = readSearch(runListParams, {}).search

/** What of it is in the address. */
export type ShortRunSearch = {
  [Key in keyof RunListSearch]?: NonNullable<RunListSearch[Key]>
}

/** Without what is as by default, so that addresses stay short. */
export function shortRunSearch(search: RunListSearch): ShortRunSearch {
  return Object.fromEntries(
    Object.entries(search).filter(([key, value]) => value !== allRuns[key as keyof RunListSearch]),
  )
}

/** Whether the list is narrowed in any way. */
export function isNarrowed(search: RunListSearch): boolean {
  return Object.keys(shortRunSearch({ ...search, zone: undefined, after: null, run: null })).length > 0
}

/** When a day of the shown zone begins. */
function startOf(day: string, zone: string, daysLater = 0): string {
  const start = Temporal.PlainDate.from(day).add({ days: daysLater }).toZonedDateTime(zone)
  return start.toInstant().toString()
}

/** What the list shows, as almanac.find_runs() and its like take it. */
export type RunsFilter = Record<string, Json>

/** The list's filter for the database. */
export function runFilter(search: Omit<RunListSearch, 'after' | 'run' | 'zone'>, zone: string): RunsFilter {
  const { q, state, schedule, from, to, task, tag, worker, trigger, calm, parent } = search
  const text = q.trim()
  const number = /^#?(\d{1,18})$/.exec(text)?.[1]
  return {
    ...(state !== null && { status: stateFilters[state].statuses }),
    ...(schedule !== null && { schedule_id: schedule }),
    ...(from !== null && { since: startOf(from, zone) }),
    ...(to !== null && { until: startOf(to, zone, 1) }),
    ...(task !== null && { task }),
    ...(tag !== null && { tag }),
    ...(worker !== null && { worker_id: worker }),
    ...(trigger !== null && { trigger }),
    ...(parent !== null && { parent_id: parent }),
    ...(calm && { without_frequent: true }),
    ...(number !== undefined && { ids: [number] }),
    ...(text !== '' && number === undefined && { search: text }),
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

/** How many of the states there are together, no further than the database counts; undefined: none were asked for. */
export function activeCount(
  counts: Partial<Record<'running' | 'retrying' | 'queued' | 'waiting', number | null>> | null | undefined,
): number {
  const { running, retrying, queued, waiting } = counts ?? {}
  return Math.min((running ?? 0) + (retrying ?? 0) + (queued ?? 0) + (waiting ?? 0), MOST_COUNTED + 1)
}

/** The rows of a page, and after them those of others that are not on it. */
export function withOthers<Run extends { readonly rowId: string }>(
  page: readonly Run[],
  others: readonly Run[],
): readonly Run[] {
  const known = new Set(page.map(({ rowId }) => rowId))
  return [...page, ...others.filter(({ rowId }) => !known.has(rowId))]
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
