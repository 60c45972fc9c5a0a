import { useEffect } from 'react'
import type { CalendarChanges } from '../calendar/changes/useOccurrenceChanges.ts'
import type { CalendarItem } from '../calendar/items/calendarItem.ts'

/** The occurrence or run that commands act on. */
export interface Subject {
  item: CalendarItem
  changes: CalendarChanges
  may: May
  /** The same once the database has said so. */
  known: Promise<May>
}

/** What someone may do with a schedule. */
export interface May {
  change: boolean
  run: boolean
}

let provide: (() => Subject | null) | null = null

/** Says what is selected on the page that is shown, when it is asked. */
export function useSubject(current: () => Subject | null): void {
  useEffect(() => {
    provide = current
    return () => {
      if (provide === current) provide = null
    }
  })
}

/** What is selected now. */
export function currentSubject(): Subject | null {
  return provide?.() ?? null
}
