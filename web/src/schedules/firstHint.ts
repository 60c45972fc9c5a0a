import { CronExpressionParser } from 'cron-parser'

/** A first idea of the next times, before the database has answered; empty where only the database knows. */
export function firstHint(expression: string, timezone: string, now: number, count: number): number[] {
  try {
    const times = CronExpressionParser.parse(expression.trim(), { tz: timezone, currentDate: new Date(now) })
    return times.take(count).map((time) => time.getTime())
  } catch {
    return []
  }
}
