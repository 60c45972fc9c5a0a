import { dayKey } from './instant.ts'

/**
 * The first of the database's midnights at which this browser begins no day in the zone; null where both agree. Each has
 * rules of its own for when clocks change, of which one may be older.
 */
export function zoneDifference(midnights: readonly string[], zone: string): string | null {
  return midnights.find((at) => dayKey(at, zone) === dayKey(Date.parse(at) - 1, zone)) ?? null
}
