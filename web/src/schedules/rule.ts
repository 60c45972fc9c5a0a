import cronstrue from 'cronstrue'
import type { EnumValue } from '../graphql/enum.ts'
import { clocksIn } from '../time/clockHours.ts'
import { formatClock, formatDay } from '../time/instant.ts'
import { everyText, type Interval } from '../time/interval.ts'

/** How a schedule's times are given. */
export interface Rule {
  readonly kind: EnumValue<'ScheduleKind'>
  readonly cronExpression?: string | null
  readonly every?: Interval | null
  readonly runAt?: string | null
  readonly timezone: string
}

/** The kinds in words. */
export const kindNames: Record<Rule['kind'], string> = {
  cron: 'Cron',
  interval: 'Interval',
  once: 'Once',
  manual: 'Manual',
}

const macros: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** A cron expression in words; null where there are none for it. */
export function cronInWords(expression: string): string | null {
  const text = expression.trim()
  try {
    const words = cronstrue.toString(macros[text.toLowerCase()] ?? text, { use24HourTimeFormat: true })
    return clocksIn(/^At [\d:]+$/.test(words) ? `${words} every day` : words)
  } catch {
    return null
  }
}

/** The rule as a sentence, without its zone. */
export function ruleInWords(rule: Rule): string {
  switch (rule.kind) {
    case 'cron':
      return cronInWords(rule.cronExpression ?? '') ?? 'Cron expression'
    case 'interval':
      return rule.every ? everyText(rule.every) : 'At an interval'
    case 'once':
      return rule.runAt
        ? `Once, ${formatDay(rule.runAt, rule.timezone, 0)} ${formatClock(rule.runAt, rule.timezone)}`
        : 'Once'
    case 'manual':
      return 'Only when triggered'
  }
}

/** The exact text behind the words, where there is one. */
export function ruleText(rule: Rule): string | null {
  return rule.kind === 'cron' ? (rule.cronExpression ?? null) : null
}

/** "1 run", "1,838 runs" */
export function runsInWords(count: string): string {
  return count === '1' ? '1 run' : `${Number(count).toLocaleString('en-GB')} runs`
}
