import { graphql } from '../graphql/graphql.ts'
import { IntervalFragment, intervalText, type Interval } from '../time/interval.ts'

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
  const typed = text.trim().toLowerCase()
  if (typed === '0') return { days: 0 }
  if (!/^(\d{1,4} ?(year|month|week|day|hour)s?(,? |$))+$/.test(typed)) return undefined
  const length: Partial<Record<'years' | 'months' | 'days' | 'hours', number>> = {}
  for (const [, count, unit] of typed.matchAll(/(\d+) ?(year|month|week|day|hour)/g)) {
    const name = units[unit as keyof typeof units]
    length[name] = (length[name] ?? 0) + Number(count) * (unit === 'week' ? 7 : 1)
  }
  return length
}
