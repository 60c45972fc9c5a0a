import { EventError } from './icsError.ts'
import { day, type IcsDuration } from './icsTime.ts'

/** The parts of an RRULE by their names, each a list. */
export type IcsRule = ReadonlyMap<string, readonly string[]>

/** Whole numbers between these, or their negatives where days count from the end. */
const between = (low: number, high: number, isSigned = false) => ({
  test: (text: string) => {
    const size = Math.abs(Number(text))
    return /^[+-]?\d{1,3}$/.test(text) && (isSigned || !text.startsWith('-')) && size >= low && size <= high
  },
})

const partPatterns: Readonly<Record<string, Pick<RegExp, 'test'>>> = {
  FREQ: /^(YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY)$/,
  INTERVAL: /^0*[1-9]\d{0,5}$/,
  COUNT: /^0*[1-9]\d{0,6}$/,
  UNTIL: /^\d/,
  WKST: /^(MO|TU|WE|TH|FR|SA|SU)$/,
  BYDAY: /^[+-]?\d{0,2}(MO|TU|WE|TH|FR|SA|SU)$/,
  BYMONTH: /^(0?[1-9]|1[0-3])L?$/,
  BYSECOND: between(0, 60),
  BYMINUTE: between(0, 59),
  BYHOUR: between(0, 23),
  BYMONTHDAY: between(1, 31, true),
  BYYEARDAY: between(1, 366, true),
  BYWEEKNO: between(1, 53, true),
  BYSETPOS: between(1, 366, true),
  RSCALE: /^[A-Z-]+$/,
  SKIP: /^(OMIT|BACKWARD|FORWARD)$/,
}

/** Takes an RRULE apart; null if it is empty. What is not part of RFC 5545 is refused: it would mean something else. */
export function parseRule(text: string): IcsRule | null {
  if (text.length > 4000) throw new EventError('Its rule has more than 4000 characters.')
  const rule = new Map<string, readonly string[]>()
  for (const part of text
    .toUpperCase()
    .replace(/[\s\\]/g, '')
    .split(';')) {
    const [name = '', value = ''] = part.split('=')
    const items = value.split(',').filter((item) => item !== '')
    if (name === '' || name.startsWith('X-') || items.length === 0) continue
    // Confluence says so that there is none.
    if (name === 'COUNT' && value === '-1') continue
    const pattern = partPatterns[name]
    if (!pattern || !items.every((item) => pattern.test(item)) || part.split('=').length > 2)
      throw new EventError(`Its rule has ${part}, which is not part of a recurrence rule.`)
    rule.set(name, items)
  }
  if (rule.size === 0) return null
  if (!rule.has('FREQ')) throw new EventError('Its rule does not say how often: it has no FREQ.')
  return rule
}

/** The rule without its end, as a text that libraries read. */
export function printRule(rule: IcsRule): string {
  return [...rule]
    .filter(([name]) => name !== 'UNTIL')
    .map(([name, items]) => `${name}=${items.join(',')}`)
    .join(';')
}

interface Series {
  rule: IcsRule
  /** Its first begin, as its own clock shows it. */
  start: number
  isAllDay: boolean
  length: IcsDuration
  now: number
}

/**
 * A rule as cron and duration; null where cron cannot say the same. What ends or skips a period cannot, nor what begins
 * only after cron would have matched already.
 */
export function cronWindow(series: Series): { cron_expression: string; duration: string } | null {
  const { rule, start, isAllDay, length, now } = series
  const duration = durationText(length)
  if (rule.has('COUNT') || rule.has('UNTIL') || duration === null || start % 60_000 !== 0) return null
  // The first of a month's days is one time of day only.
  if (rule.has('BYSETPOS') && (rule.get('BYHOUR')?.length ?? 1) > 1) return null
  const days = dayFields(rule, new Date(start))
  if (days === null) return null
  if (start > now + (isOnceIn(days) ?? 0) * day) return null
  const clock = isAllDay ? '0 0' : clockFields(rule, new Date(start))
  return clock === null ? null : { cron_expression: `${clock} ${days}`, duration }
}

const weekdays: Readonly<Record<string, string>> = {
  MO: 'MON',
  TU: 'TUE',
  WE: 'WED',
  TH: 'THU',
  FR: 'FRI',
  SA: 'SAT',
  SU: 'SUN',
}
const weekdayOrder = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
const workdays = 'FR,MO,TH,TU,WE'

/** One date a year, a month or a week: days for which a rule may still be to begin. */
function isOnceIn(days: string): number | null {
  if (/^(\d+ \d+ \*|L \d+ \*|\* \d+ [A-Z]{3}(#\d|L))$/.test(days)) return 364
  if (/^(\d+|L) \* \*$|^\* \* [A-Z]{3}(#\d|L)$/.test(days)) return 27
  return /^\* \* [A-Z]{3}$/.test(days) ? 6 : null
}

/** Minute and hour: those of the begin, or the ones that the rule names. */
function clockFields(rule: IcsRule, start: Date): string | null {
  if (rule.has('BYSECOND')) return null
  const minutes = rule.get('BYMINUTE') ?? [String(start.getUTCMinutes())]
  const hours = rule.get('BYHOUR') ?? [String(start.getUTCHours())]
  return minutes.length === 1 ? `${Number(minutes[0])} ${hours.map(Number).join(',')}` : null
}

/** Day, month and weekday of cron, for the rules that mean the same there. */
function dayFields(rule: IcsRule, start: Date): string | null {
  if (['BYYEARDAY', 'BYWEEKNO', 'RSCALE', 'SKIP'].some((part) => rule.has(part))) return null
  const [interval, byDay, byMonthDay] = [
    Number(rule.get('INTERVAL')?.[0] ?? 1),
    rule.get('BYDAY'),
    rule.get('BYMONTHDAY'),
  ]
  const months = rule.get('BYMONTH')
  if (months?.some((month) => month.endsWith('L'))) return null
  const inMonths = months?.map(Number).join(',') ?? '*'
  const position = rule.get('BYSETPOS')
  switch (rule.get('FREQ')?.[0]) {
    case 'DAILY':
      if (interval > 1 || position || (byDay && byMonthDay)) return null
      return byMonthDay ? dayInMonth(byMonthDay, inMonths) : everyWeek(byDay ?? [], inMonths)
    case 'WEEKLY':
      if (interval > 1 || position || byMonthDay) return null
      return everyWeek(byDay ?? [weekdayOrder[start.getUTCDay()] ?? ''], inMonths)
    case 'MONTHLY': {
      const every = monthsOf(interval, start)
      if (every === null || (months && interval > 1)) return null
      return dayOfMonth(
        byDay,
        byMonthDay ?? (byDay ? undefined : [String(start.getUTCDate())]),
        position,
        months ? inMonths : every,
      )
    }
    case 'YEARLY': {
      if (interval > 1) return null
      if (byDay || byMonthDay) {
        // Without a month a yearly rule numbers the weekdays of the year.
        if (byDay && !months && byDay.some((each) => /\d/.test(each))) return null
        if (position && !(months?.length === 1)) return null
        return dayOfMonth(byDay, byMonthDay, position, inMonths)
      }
      if (position) return null
      return dayInMonth([String(start.getUTCDate())], months ? inMonths : String(start.getUTCMonth() + 1))
    }
    default:
      return null
  }
}

/** The months of every n-th month, if they are the same each year. */
function monthsOf(interval: number, start: Date): string | null {
  if (interval === 1) return '*'
  if (12 % interval !== 0) return null
  const first = start.getUTCMonth() % interval
  return Array.from({ length: 12 / interval }, (_, index) => first + index * interval + 1).join(',')
}

function everyWeek(byDay: readonly string[], months: string): string | null {
  if (byDay.length === 0) return `* ${months} *`
  const names = byDay.map((each) => weekdays[each])
  return names.includes(undefined) ? null : `* ${months} ${names.join(',')}`
}

function dayOfMonth(
  byDay: readonly string[] | undefined,
  byMonthDay: readonly string[] | undefined,
  position: readonly string[] | undefined,
  months: string,
): string | null {
  if (byDay && byMonthDay) return null
  if (byMonthDay) return position ? null : dayInMonth(byMonthDay, months)
  if (!byDay) return null
  return position ? dayAtPosition(byDay, position, months) : weekdayInMonth(byDay, months)
}

function dayInMonth(byMonthDay: readonly string[], months: string): string | null {
  const days = byMonthDay.map(Number).map((own) => (own > 0 ? String(own) : own === -1 ? 'L' : `L${own + 1}`))
  return byMonthDay.some((own) => Number(own) === 0 || Number(own) < -31)
    ? null
    : `${days.join(',')} ${months} *`
}

/** The fourth Thursday of November is THU#4, the last Monday of May MONL, every Friday FRI. */
function weekdayInMonth(byDay: readonly string[], months: string): string | null {
  const names = byDay.map((each) => {
    const [, number = '', name = ''] = /^\+?(|-1|[1-5])(\w\w)$/.exec(each) ?? []
    const weekday = weekdays[name]
    if (weekday === undefined) return null
    return number === '' ? weekday : `${weekday}${number === '-1' ? 'L' : `#${number}`}`
  })
  return names.includes(null) ? null : `* ${months} ${names.join(',')}`
}

/** BYDAY=TU;BYSETPOS=2 is the second Tuesday, all five workdays with -1 the last workday. */
function dayAtPosition(
  byDay: readonly string[],
  positions: readonly string[],
  months: string,
): string | null {
  const [position] = positions
  const [only] = byDay
  if (positions.length !== 1 || position === undefined) return null
  if (byDay.length === 1 && only !== undefined && /^\w\w$/.test(only))
    return weekdayInMonth([`${Number(position)}${only}`], months)
  return Number(position) === -1 && byDay.toSorted().join() === workdays ? `LW ${months} *` : null
}

/** Days by the calendar, or elapsed time; null for what is both, too short or too long for a window. */
function durationText({ days, milliseconds }: IcsDuration): string | null {
  const seconds = milliseconds / 1000
  const many = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`
  if (days > 0) return seconds > 0 || days > 366 ? null : many(days, 'day')
  if (seconds <= 0 || seconds > 366 * 86_400 || !Number.isInteger(seconds)) return null
  if (seconds % 3600 === 0) return many(seconds / 3600, 'hour')
  return seconds % 60 === 0 ? many(seconds / 60, 'minute') : many(seconds, 'second')
}
