import { valuesOf } from '../graphql/enum.ts'
import { graphql } from '../graphql/graphql.ts'
import { IntervalFragment, intervalText, type Interval } from '../time/interval.ts'
import { lengthParts } from '../time/length.ts'

/** How long runs are kept, for all schedules that say nothing else. */
export const RetentionRuleFragment = graphql(
  `
    fragment RetentionRule on RetentionRecord @_unmask {
      keepFor {
        ...Interval
      }
      keepFailuresFor {
        ...Interval
      }
      keepLast
    }
  `,
  [IntervalFragment],
)

export interface RetentionRule {
  /** Null: forever. */
  readonly keepFor: Interval | null
  /** Null: like others; 0: forever. */
  readonly keepFailuresFor: Interval | null
  /** Null: however many. */
  readonly keepLast: number | null
}

/** "90 days", "Forever". */
export function lengthText(length: Interval | null): string {
  const text = length === null ? '0 seconds' : intervalText(length)
  return text === '0 seconds' ? 'Forever' : text
}

/** "1 year", "Like other runs". */
export function failuresText(length: Interval | null): string {
  return length === null ? 'Like other runs' : lengthText(length)
}

/** "The latest 1,000", "All". */
export function countText(count: number | null): string {
  return count === null || count === 0 ? 'All' : `The latest ${count.toLocaleString('en-GB')}`
}

const units = { year: 'years', month: 'months', week: 'days', day: 'days', hour: 'hours' } as const

/** A length as typed, "1 year 6 months" or "0"; undefined: it is not a length. */
export function readLength(text: string): Interval | undefined {
  if (text.trim() === '0') return { days: 0 }
  const parts = lengthParts(text, valuesOf(units))
  if (parts === undefined) return undefined
  const length: Partial<Record<'years' | 'months' | 'days' | 'hours', number>> = {}
  for (const [count, unit] of parts) {
    const name = units[unit]
    length[name] = (length[name] ?? 0) + count * (unit === 'week' ? 7 : 1)
  }
  return length
}
