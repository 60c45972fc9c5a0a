import { graphql } from '../graphql/graphql.ts'

export const IntervalFragment = graphql(`
  fragment Interval on Interval @_unmask {
    years
    months
    days
    hours
    minutes
    seconds
  }
`)

/** An interval as the API gives it. */
export interface Interval {
  readonly years?: number | null
  readonly months?: number | null
  readonly days?: number | null
  readonly hours?: number | null
  readonly minutes?: number | null
  readonly seconds?: number | null
}

const units = ['years', 'months', 'days', 'hours', 'minutes', 'seconds'] as const

/** "1 hour 30 minutes": understood by PostgreSQL too. An empty interval is "0 seconds". */
export function intervalText(interval: Interval): string {
  const parts = units.flatMap((unit) => {
    const value = interval[unit] ?? 0
    return value === 0 ? [] : [`${value} ${Math.abs(value) === 1 ? unit.slice(0, -1) : unit}`]
  })
  return parts.length === 0 ? '0 seconds' : parts.join(' ')
}

/** "Every 15 minutes", "Every hour". */
export function everyText(interval: Interval): string {
  return `Every ${intervalText(interval).replace(/^1 (\w+)$/, '$1')}`
}

const seconds: Record<(typeof units)[number], number> = {
  years: 31_557_600,
  months: 2_629_800,
  days: 86_400,
  hours: 3600,
  minutes: 60,
  seconds: 1,
}

/** About how long the interval is, in seconds: for sorting and for words, not for computing times. */
export function roughSeconds(interval: Interval): number {
  return units.reduce((sum, unit) => sum + (interval[unit] ?? 0) * seconds[unit], 0)
}
