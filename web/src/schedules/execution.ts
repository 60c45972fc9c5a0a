import type { EnumValue } from '../graphql/enum.ts'
import { graphql } from '../graphql/graphql.ts'
import { IntervalFragment, intervalText, type Interval } from '../time/interval.ts'

/** How a run is attempted, each value with who says so. */
export const ExecutionFragment = graphql(
  `
    fragment Execution on Execution @_unmask {
      maxAttempts
      maxAttemptsFrom
      retryDelay {
        ...Interval
      }
      retryDelayFrom
      retryBackoff
      retryBackoffFrom
      retryCeiling {
        ...Interval
      }
      retryCeilingFrom
      timeout {
        ...Interval
      }
      timeoutFrom
    }
  `,
  [IntervalFragment],
)

type Source = EnumValue<'SettingSource'> | null

export interface Execution {
  readonly maxAttempts: number | null
  readonly maxAttemptsFrom: Source
  readonly retryDelay: Interval | null
  readonly retryDelayFrom: Source
  readonly retryBackoff: string | null
  readonly retryBackoffFrom: Source
  readonly retryCeiling: Interval | null
  readonly retryCeilingFrom: Source
  readonly timeout: Interval | null
  readonly timeoutFrom: Source
}

type Setting = 'maxAttempts' | 'retryDelay' | 'retryBackoff' | 'retryCeiling' | 'timeout'

/** Who says so, in words; null: the schedule itself. */
export function sourceInWords(source: Source): string | null {
  return source === 'schedule' ? null : source === 'task' ? 'task’s default' : 'default'
}

/** What is in force, in words: "5 seconds", "No limit". */
export function settingText(execution: Execution, setting: Setting): string {
  const value = execution[setting]
  if (value === null) return 'No limit'
  return typeof value === 'object' ? intervalText(value) : String(value)
}

/** What an empty field stands for: "3 (task’s default)". Nothing of a task that is not known. */
export function placeholderOf(execution: Execution | null | undefined, setting: Setting): string {
  if (!execution) return 'The default'
  const source = sourceInWords(execution[`${setting}From`])
  return `${settingText(execution, setting)}${source === null ? '' : ` (${source})`}`
}
