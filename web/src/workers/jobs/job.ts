import { framedParams } from '../../address/framedParams.ts'
import { oneOf, rowId, text, type SearchOf } from '../../address/params.ts'
import { valuesOf } from '../../graphql/enum.ts'
import type { RunState } from '../../runs/runState.ts'

/** How each state of an application's job is drawn and said. */
export const jobStates = {
  ready: { glyph: 'queued', label: 'Ready' },
  scheduled: { glyph: 'future', label: 'Scheduled' },
  retrying: { glyph: 'retrying', label: 'Retrying' },
  locked: { glyph: 'running', label: 'Locked' },
  failed: { glyph: 'failed', label: 'Failed' },
} as const satisfies Record<string, { glyph: RunState; label: string }>

export const jobStateNames = valuesOf(jobStates)
type JobState = keyof typeof jobStates

/** How a job's state is drawn and said; an unknown one stands for itself. */
export function jobState(state: string): { glyph: RunState; label: string } {
  return Object.hasOwn(jobStates, state) ? jobStates[state as JobState] : { glyph: 'future', label: state }
}

/** What the address of the page says. */
export const jobParams = {
  ...framedParams,
  q: text('', 'a text', 'showing all'),
  state: oneOf(jobStateNames, null, 'a state', 'showing every state'),
  task: text(null, 'a task', 'showing all tasks'),
  /** The page has jobs older than this one; null: the newest. */
  before: rowId(null, 'a job', 'showing the newest'),
}

export type JobSearch = SearchOf<typeof jobParams>
export type ShortJobSearch = { [Key in keyof JobSearch]?: NonNullable<JobSearch[Key]> }

/** Without what is as by default, so that addresses stay short. */
export function shortJobSearch(search: JobSearch): ShortJobSearch {
  return Object.fromEntries(
    Object.entries(search).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  )
}

/** How many jobs of a task are in each state. */
export type JobCounts = { readonly [State in JobState]: number | null }

/** "1,204 jobs: 3 ready, 1 failed", of all tasks; states that no job is in are left out. */
export function countsInWords(tasks: readonly JobCounts[], isWhole: boolean): string {
  const sum = (state: JobState) => tasks.reduce((total, counts) => total + (counts[state] ?? 0), 0)
  const number = (value: number) => value.toLocaleString('en-GB')
  const total = jobStateNames.reduce((all, state) => all + sum(state), 0)
  if (total === 0) return isWhole ? 'No jobs' : 'None of the oldest 10,000 jobs'
  const parts = jobStateNames
    .filter((state) => sum(state) > 0)
    .map((state) => `${number(sum(state))} ${jobStates[state].label.toLowerCase()}`)
  const most = isWhole ? '' : ' (of the oldest 10,000 of Graphile Worker)'
  return `${number(total)} ${total === 1 ? 'job' : 'jobs'}${most}: ${parts.join(', ')}`
}

/** A payload as it is read: indented, where it is whole. */
export function payloadText(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2)
  } catch {
    return payload
  }
}
