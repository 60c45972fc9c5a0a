import { dayKey } from './instant.ts'

export interface ZoneDifference {
  /** The start of the day on which it begins. */
  readonly at: string
  /** It is there with the first midnight already, so that it began at or before that. */
  readonly isEarlier: boolean
}

/**
 * From when on this browser begins days at other times than the database's midnights in a zone; null where both agree. Each
 * has rules of its own for when clocks change, of which one may be older.
 */
export function zoneDifference(midnights: readonly string[], zone: string): ZoneDifference | null {
  const first = midnights.findIndex((at) => dayKey(at, zone) === dayKey(Date.parse(at) - 1, zone))
  const at = midnights[Math.max(first - 1, 0)]
  return first < 0 || at === undefined ? null : { at, isEarlier: first === 0 }
}
