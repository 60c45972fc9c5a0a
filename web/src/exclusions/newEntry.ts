import { instantOf } from '../time/localTime.ts'
import type { EntryKind } from './entry.ts'

export const durationUnits = ['minutes', 'hours', 'days', 'weeks'] as const

type DurationUnit = (typeof durationUnits)[number]

/** What is typed for a new entry, whatever its kind, so that nothing is lost on the way between kinds. */
export interface EntryDraft {
  kind: EntryKind
  label: string
  startsOn: string
  endsOn: string
  startsAt: string
  endsAt: string
  cron: string
  count: string
  unit: DurationUnit
}

/** What is sent for it. */
export type NewEntry = { label: string | null } & (
  | { kind: 'dates'; startsOn: string; endsOn: string | null }
  | { kind: 'range'; startsAt: string; endsAt: string }
  | { kind: 'recurring'; cron: string; duration: { minutes?: number; hours?: number; days?: number } }
)

export const emptyEntry: EntryDraft = {
  kind: 'dates',
  label: '',
  startsOn: '',
  endsOn: '',
  startsAt: '',
  endsAt: '',
  cron: '0 22 * * *',
  count: '8',
  unit: 'hours',
}

/** The same kind again, with its label and times empty. */
export function nextDraft(draft: EntryDraft): EntryDraft {
  return { ...emptyEntry, kind: draft.kind, cron: draft.cron, count: draft.count, unit: draft.unit }
}

const isDate = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text)

/** What to send; a sentence where something is missing. */
export function newEntry(draft: EntryDraft, timeZone: string): NewEntry | string {
  const label = draft.label.trim() || null
  switch (draft.kind) {
    case 'dates':
      if (!isDate(draft.startsOn) || (draft.endsOn !== '' && !isDate(draft.endsOn))) return 'Choose a date.'
      return { kind: 'dates', label, startsOn: draft.startsOn, endsOn: draft.endsOn || null }
    case 'range': {
      const startsAt = instantOf(draft.startsAt, timeZone)
      const endsAt = instantOf(draft.endsAt, timeZone)
      if (startsAt === null || endsAt === null) return 'Choose when it starts and when it ends.'
      const text = (at: number) => new Date(at).toISOString()
      return { kind: 'range', label, startsAt: text(startsAt), endsAt: text(endsAt) }
    }
    case 'recurring': {
      const count = Number(draft.count)
      if (!Number.isInteger(count) || count < 1) return 'Enter the duration as a whole number.'
      const duration = draft.unit === 'weeks' ? { days: count * 7 } : { [draft.unit]: count }
      return { kind: 'recurring', label, cron: draft.cron.trim(), duration }
    }
  }
}

/** "8 hours", "1 day" */
export function lengthInWords({ count, unit }: Pick<EntryDraft, 'count' | 'unit'>): string {
  return `${count} ${count === '1' ? unit.slice(0, -1) : unit}`
}
