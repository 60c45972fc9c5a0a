import { CronExpressionParser } from 'cron-parser'

/** A first idea of the next times, before the database has answered; empty where only the database knows. */
export function firstHint(expression: string, timezone: string, now: number, count: number): number[] {
  const text = expression.trim()
  // The parser takes a shorter expression for a whole one.
  if (!text.startsWith('@') && text.split(/\s+/).length < 5) return []
  try {
    const times = CronExpressionParser.parse(text, { tz: timezone, currentDate: new Date(now) })
    return times.take(count).map((time) => time.getTime())
  } catch {
    return []
  }
}
