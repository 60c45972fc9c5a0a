import { isTimeZone } from '../calendar/calendarSearch.ts'

const key = 'almanac.timezone'

/** The zone that this viewer chose, else the one of the machine. */
export function ownTimeZone(storage: Pick<Storage, 'getItem'> = localStorage): string {
  const chosen = storage.getItem(key)
  return chosen !== null && isTimeZone(chosen) ? chosen : Intl.DateTimeFormat().resolvedOptions().timeZone
}

/** Remembers a zone for the next visit. */
export function keepTimeZone(name: string, storage: Pick<Storage, 'setItem'> = localStorage): void {
  storage.setItem(key, name)
}
