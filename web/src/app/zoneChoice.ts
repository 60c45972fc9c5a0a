import { isTimeZone } from '../time/zone.ts'

const key = 'almanac.timezone'

/** The zone that was chosen for this tab, to look at times from elsewhere for a while. */
export function tabTimeZone(storage: Pick<Storage, 'getItem'> = sessionStorage): string | null {
  const chosen = storage.getItem(key)
  return chosen !== null && isTimeZone(chosen) ? chosen : null
}

/** Keeps a zone for this tab, also when it is loaded again; null: one's own. */
export function keepTabTimeZone(
  name: string | null,
  storage: Pick<Storage, 'setItem' | 'removeItem'> = sessionStorage,
): void {
  if (name === null) storage.removeItem(key)
  else storage.setItem(key, name)
}
