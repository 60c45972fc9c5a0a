import type ICAL from 'ical.js'

interface Series {
  rules: readonly ICAL.Recur[]
  start: ICAL.Time
  /** How long each occurrence lasts. */
  seconds: number
  /** Nothing is taken out of the series, added to it, or changed in it. */
  isPlain: boolean
  /** Its times are those of the calendar's zone. */
  isInZone: boolean
  now: number
}

const day = 86_400

/**
 * A series as cron and duration; null where cron cannot say the same. What ends, skips a period or has exceptions
 * cannot, nor what begins only after cron would have matched already.
 */
export function recurringWindow(series: Series): { cron_expression: string; duration: string } | null {
  const { rules, start, seconds, isPlain, isInZone, now } = series
  const [rule] = rules
  if (rule === undefined || rules.length > 1 || !isPlain || !isInZone) return null
  if (rule.interval > 1 || rule.count !== null || rule.until !== null) return null
  if (start.second !== 0 || seconds <= 0) return null
  const days = dayFields(rule, start)
  if (days === null) return null
  const begin = Date.UTC(start.year, start.month - 1, start.day, start.hour, start.minute)
  const isFromNow = begin <= now || (rule.freq === 'YEARLY' && begin <= now + 364 * day * 1000)
  if (!isFromNow) return null
  const clock = start.isDate ? '0 0' : `${start.minute} ${start.hour}`
  return { cron_expression: `${clock} ${days}`, duration: durationText(seconds, start.isDate) }
}

const weekdays: Record<string, string> = {
  MO: 'MON',
  TU: 'TUE',
  WE: 'WED',
  TH: 'THU',
  FR: 'FRI',
  SA: 'SAT',
  SU: 'SUN',
}

const weekdayOrder = Object.keys(weekdays)

/** Day, month and weekday of cron, for the rules that mean the same there. */
function dayFields(rule: ICAL.Recur, start: ICAL.Time): string | null {
  const parts = rule.parts as Record<string, readonly (string | number)[] | undefined>
  const { BYDAY: byDay, BYMONTHDAY: byMonthDay, BYMONTH: byMonth, ...others } = parts
  if (Object.values(others).some((part) => part !== undefined && part.length > 0)) return null
  switch (rule.freq) {
    case 'DAILY':
      return byDay || byMonthDay || byMonth ? null : '* * *'
    case 'WEEKLY': {
      if (byMonthDay || byMonth) return null
      const own = byDay ?? [weekdayOrder[(start.dayOfWeek() + 5) % 7] ?? '']
      const names = own.map((each) => weekdays[each])
      return names.includes(undefined) ? null : `* * ${names.join(',')}`
    }
    case 'MONTHLY':
      if (byDay || byMonth) return null
      return dayInMonth(byMonthDay, start, '*')
    case 'YEARLY': {
      if (byMonth && byMonth.length > 1) return null
      const month = Number(byMonth?.[0] ?? start.month)
      if (!byDay) return dayInMonth(byMonthDay, start, String(month))
      return byMonthDay || !byMonth ? null : weekdayInMonth(byDay, month)
    }
    default:
      return null
  }
}

function dayInMonth(
  byMonthDay: readonly (string | number)[] | undefined,
  start: ICAL.Time,
  month: string,
): string | null {
  if (byMonthDay && byMonthDay.length > 1) return null
  const own = Number(byMonthDay?.[0] ?? start.day)
  return own > 0 ? `${own} ${month} *` : own === -1 ? `L ${month} *` : null
}

/** The fourth Thursday of November is THU#4, the last Monday of May MONL. */
function weekdayInMonth(byDay: readonly (string | number)[], month: number): string | null {
  const found = byDay.length === 1 ? /^\+?(-1|[1-5])(\w\w)$/.exec(String(byDay[0])) : null
  const name = weekdays[found?.[2] ?? '']
  if (found === null || name === undefined) return null
  return `* ${month} ${name}${found[1] === '-1' ? 'L' : `#${found[1]}`}`
}

/** Whole days go from midnight to midnight, other lengths are elapsed time. */
function durationText(seconds: number, isDate: boolean): string {
  const many = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`
  if (isDate) return many(Math.round(seconds / day), 'day')
  return seconds % 3600 === 0 ? many(seconds / 3600, 'hour') : many(seconds / 60, 'minute')
}
