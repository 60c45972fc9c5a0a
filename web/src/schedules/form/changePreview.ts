import type { Definition } from './draft.ts'

/** One occurrence that a change adds, removes or moves; or how many more there are of a kind. */
export interface ChangeRow {
  change: string | null
  wasDueAt: string | null
  dueAt: string | null
  count: string | null
}

/** A moved or skipped occurrence, and the one that is so after a change. */
export interface OverrideRow {
  scheduledFor: string | null
  wasMovedTo: string | null
  newScheduledFor: string | null
}

/** What happens to moved and skipped occurrences. */
export interface KeptOverrides {
  /** How many stay so. */
  kept: number
  /** Those that do not, because nothing takes their place: their nominal times, and where they were moved to. */
  lost: readonly { at: number; movedTo: number | null }[]
}

/** What a change does to the occurrences of some time. */
export interface ChangePreview {
  moved: number
  removed: number
  added: number
  /** Those that are listed, by time. */
  rows: readonly { change: 'moved' | 'removed' | 'added'; was: string | null; due: string | null }[]
  isTooMuch: boolean
}

const kinds = ['moved', 'removed', 'added'] as const

/** Columns that decide when something is due. */
const timeColumns = [
  'kind',
  'cron_expression',
  'every',
  'run_at',
  'timezone',
  'starts_at',
  'ends_at',
  'jitter',
  'calendars',
  'exclusion_policy',
]

/** Of some changes, those that move what is upcoming. */
export function timeChanges(changes: Definition): Definition {
  return Object.fromEntries(Object.entries(changes).filter(([column]) => timeColumns.includes(column)))
}

/** Reads the database's rows: single ones, and counts of what is not listed. */
export function readChangePreview(answer: readonly ChangeRow[]): ChangePreview {
  const preview = { moved: 0, removed: 0, added: 0 }
  const rows: ChangePreview['rows'][number][] = []
  for (const { change, wasDueAt, dueAt, count } of answer) {
    const kind = kinds.find((each) => change?.startsWith(each))
    if (kind === undefined) continue
    preview[kind] += Number(count ?? 1)
    if (change === kind) rows.push({ change: kind, was: wasDueAt, due: dueAt })
  }
  return { ...preview, rows, isTooMuch: answer.some(({ change }) => change === 'too many to compare') }
}

/** Reads where the database says that moved and skipped occurrences go. */
export function readOverrides(answer: readonly OverrideRow[]): KeptOverrides {
  return {
    kept: answer.filter(({ newScheduledFor }) => newScheduledFor !== null).length,
    lost: answer
      .filter(({ newScheduledFor }) => newScheduledFor === null)
      .map(({ scheduledFor, wasMovedTo }) => ({
        at: Date.parse(scheduledFor ?? ''),
        movedTo: wasMovedTo === null ? null : Date.parse(wasMovedTo),
      })),
  }
}

/** "30 moved, 4 removed, 2 added" */
export function changeInWords(preview: ChangePreview): string {
  const parts = kinds
    .filter((kind) => preview[kind] > 0)
    .map((kind) => `${preview[kind].toLocaleString('en-GB')} ${kind}`)
  return parts.length === 0 ? 'Nothing changes' : parts.join(', ')
}
