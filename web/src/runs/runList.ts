import * as v from 'valibot'
import { countedRows } from '../../../shared/counts.ts'
import { dayKey, formatDay } from '../time/instant.ts'
import { isActive, runStateOf } from './runState.ts'

/** Groups of states that the list can be narrowed to. */
export const stateFilters = {
  active: { label: 'Active', statuses: ['waiting', 'queued', 'running', 'retrying'] },
  failed: { label: 'Failed', statuses: ['failed', 'timed_out'] },
  succeeded: { label: 'Succeeded', statuses: ['succeeded'] },
  skipped: { label: 'Skipped or cancelled', statuses: ['skipped', 'cancelled'] },
} as const

type StateFilter = keyof typeof stateFilters

/** What the address of the list says; what cannot be read is as if it was not there. */
export const runListSearch = v.object({
  q: v.fallback(v.optional(v.string(), ''), ''),
  state: v.fallback(
    v.optional(v.nullable(v.picklist(['active', 'failed', 'succeeded', 'skipped'])), null),
    null,
  ),
  schedule: v.fallback(
    v.optional(v.nullable(v.pipe(v.union([v.string(), v.number()]), v.transform(String))), null),
    null,
  ),
})

export type RunListSearch = v.InferOutput<typeof runListSearch>

/** What of it stands in the address. */
export interface ShortRunSearch {
  q?: string
  state?: StateFilter
  schedule?: string
}

/** Without what is as by default, so that addresses stay short. */
export function shortRunSearch({ q, state, schedule }: RunListSearch): ShortRunSearch {
  return { ...(q !== '' && { q }), ...(state !== null && { state }), ...(schedule !== null && { schedule }) }
}

/** The list's filter for the API. */
export function runFilter({ q, state, schedule }: RunListSearch) {
  const text = q.trim()
  const number = /^#?(\d{1,18})$/.exec(text)?.[1]
  return {
    ...(state !== null && { status: { in: [...stateFilters[state].statuses] } }),
    ...(schedule !== null && { scheduleId: { equalTo: schedule } }),
    ...(number !== undefined && { rowId: { equalTo: number } }),
    ...(text !== '' &&
      number === undefined && {
        or: [{ scheduleName: { includesInsensitive: text } }, { error: { includesInsensitive: text } }],
      }),
  }
}

/** The filter that counts unfinished runs among those the list may show; null where the list shows no such runs. */
export function activeFilter(search: RunListSearch) {
  return search.state === null || search.state === 'active' ? runFilter({ ...search, state: 'active' }) : null
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

/** "Active · 7", and how many of them are not on this page. */
function activeTitle(listed: number, count: number): string {
  const all = Math.max(listed, count)
  return `Active · ${countedRows(all)}${all > listed ? ` (${listed.toLocaleString('en-GB')} listed)` : ''}`
}

/** Unfinished ones first, then day by day, given the newest first; `activeCount` is how many are unfinished in all. */
export function groupRuns<Run extends Listed>(
  runs: readonly Run[],
  zone: string,
  now: number,
  activeCount: number,
): RunGroup<Run>[] {
  const active = runs.filter((run) => isActive(runStateOf(run.status)))
  const days = Map.groupBy(
    runs.filter((run) => !isActive(runStateOf(run.status))),
    (run) => dayKey(run.scheduledFor, zone),
  )
  const today = dayKey(now, zone)
  return [
    ...(active.length > 0 || activeCount > 0
      ? [{ title: activeTitle(active.length, activeCount), runs: active }]
      : []),
    ...[...days].map(([key, ofDay]) => ({
      title: key === today ? 'Today' : formatDay(ofDay[0]?.scheduledFor ?? now, zone, now),
      runs: ofDay,
    })),
  ]
}

/** How many rows stand above the one that was the first when the list was last at its top. */
export function newerCount(runs: readonly Listed[], held: string | null): number {
  return held === null
    ? 0
    : Math.max(
        0,
        runs.findIndex(({ rowId }) => rowId === held),
      )
}
