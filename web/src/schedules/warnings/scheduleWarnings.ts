import { createContext, useContext } from 'react'
import { formatDuration } from '../../time/duration.ts'

const names = {
  'never runs': 'Never runs',
  'outlasts its slot': 'Outlasts its slot',
  'no worker': 'No worker',
  'not loaded': 'Task not loaded',
} as const

type WarningKind = keyof typeof names

/** Something that is wrong with a schedule as it is. */
export interface ScheduleWarning {
  kind: WarningKind
  name: string
  /** In full sentences. */
  text: string
}

/** One row of the database's answer. */
export interface WarningAnswer {
  warning: string | null
  detail: string | null
  /** In milliseconds. */
  p95: number | null
  distance: number | null
}

const isKind = (text: string): text is WarningKind => Object.hasOwn(names, text)

/** The same in words; null where it is of no kind that is known here. */
export function readWarning({ warning, detail, p95, distance }: WarningAnswer): ScheduleWarning | null {
  if (warning === null || !isKind(warning)) return null
  const lasts =
    p95 === null || distance === null
      ? null
      : `19 of 20 runs take up to ${formatDuration(p95)}, the next is due after ${formatDuration(distance)}.`
  return {
    kind: warning,
    name: names[warning],
    text: [lasts, detail].filter((part) => part !== null).join(' '),
  }
}

/** By schedule; one that is as it should be is not there. */
export type ScheduleWarnings = ReadonlyMap<string, readonly ScheduleWarning[]>

const none: readonly ScheduleWarning[] = []

/** What is known of all schedules on the page. */
export const WarningsContext = createContext<ScheduleWarnings>(new Map())

/** What is wrong with a schedule. */
export function useWarningsOf(scheduleId: string): readonly ScheduleWarning[] {
  return useContext(WarningsContext).get(scheduleId) ?? none
}

/** All of it in one line, for titles and spoken labels. */
export function warningsText(warnings: readonly ScheduleWarning[]): string {
  return warnings.map(({ name, text }) => `${name}: ${text}`).join(' ')
}
