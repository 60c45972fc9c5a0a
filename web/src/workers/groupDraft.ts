import { valuesOf } from '../graphql/enum.ts'
import { lengthParts } from '../time/length.ts'
import { intervalText, type Interval } from '../time/interval.ts'

/** A resource group as the database has it. */
export interface Group {
  readonly name: string | null
  readonly description: string | null
  readonly maxRunning: number | null
  readonly maxStarts: number | null
  readonly startsPer: Interval | null
}

/** What `set_resource_group()` takes. */
export interface GroupLimits {
  readonly name: string
  readonly maxRunning: number | null
  readonly maxStarts: number | null
  readonly startsPer: Interval | null
  readonly description: string
}

/** What is typed into the form. */
export interface GroupDraft {
  readonly name: string
  readonly description: string
  readonly maxRunning: string
  readonly maxStarts: string
  readonly startsPer: string
}

/** The form of a group, or of a new one. */
export function draftOf(group: Group | null): GroupDraft {
  return {
    name: group?.name ?? '',
    description: group?.description ?? '',
    maxRunning: String(group?.maxRunning ?? ''),
    maxStarts: String(group?.maxStarts ?? ''),
    startsPer: group?.startsPer == null ? '' : intervalText(group.startsPer),
  }
}

const units = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const

/** "1 hour", "90 seconds": as seconds, so that PostgreSQL adds it up; undefined: it is not a length. */
function readPeriod(text: string): Interval | undefined {
  const parts = lengthParts(text, valuesOf(units))
  return parts && { seconds: parts.reduce((sum, [count, unit]) => sum + count * units[unit], 0) }
}

const count = (text: string) =>
  text.trim() === '' ? null : /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : undefined

export type GroupProblems = { readonly [Field in keyof GroupDraft]?: string }

/** The limits of a draft, or what is wrong with which field. `taken`: names of other groups. */
export function readGroup(
  draft: GroupDraft,
  taken: readonly string[],
): { readonly limits: GroupLimits } | { readonly problems: GroupProblems } {
  const name = draft.name.trim().normalize('NFC')
  const maxRunning = count(draft.maxRunning)
  const maxStarts = count(draft.maxStarts)
  const startsPer = draft.startsPer.trim() === '' ? null : readPeriod(draft.startsPer)
  const wholeNumber = 'Enter a whole number.'
  const problems: GroupProblems = {
    ...(name === '' && { name: 'Enter a name.' }),
    ...(taken.includes(name) && { name: 'A group has this name: change that one instead.' }),
    ...(maxRunning === undefined && { maxRunning: wholeNumber }),
    ...(maxStarts === undefined && { maxStarts: wholeNumber }),
    ...(startsPer === undefined && { startsPer: 'Enter a length such as 1 hour or 90 seconds.' }),
    ...(maxRunning === null &&
      maxStarts === null &&
      startsPer === null && { maxRunning: 'Enter how many run at once, or how many start in a time.' }),
    ...(maxStarts === null && startsPer !== null && { maxStarts: 'How many starts in that time?' }),
    ...(maxStarts !== null && startsPer === null && { startsPer: 'In how much time?' }),
  }
  if (
    Object.keys(problems).length > 0 ||
    maxRunning === undefined ||
    maxStarts === undefined ||
    startsPer === undefined
  )
    return { problems }
  return { limits: { name, maxRunning, maxStarts, startsPer, description: draft.description.trim() } }
}
