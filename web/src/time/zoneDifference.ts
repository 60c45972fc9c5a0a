import { dayKey } from './instant.ts'

/**
 * The start of the first day at whose end this browser begins no day in the zone, of the database's midnights; null where
 * both agree. Each has rules of its own for when clocks change, of which one may be older.
 */
export function zoneDifference(midnights: readonly string[], zone: string): string | null {
  const first = midnights.findIndex((at) => dayKey(at, zone) === dayKey(Date.parse(at) - 1, zone))
  return first < 0 ? null : (midnights[Math.max(first - 1, 0)] ?? null)
}
