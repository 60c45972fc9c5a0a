/** The rules that pickers can show; everything else is an expression. */
export type CronChoice =
  | { readonly repeats: 'minutes'; readonly step: number }
  | { readonly repeats: 'hour'; readonly minute: number }
  | { readonly repeats: 'day'; readonly time: string }
  /** Weekdays from 1 for Monday to 7. */
  | { readonly repeats: 'week'; readonly time: string; readonly weekdays: readonly number[] }
  | { readonly repeats: 'month'; readonly time: string; readonly day: number }

const macros = new Map(
  Object.entries({
    '@daily': '0 0 * * *',
    '@midnight': '0 0 * * *',
    '@hourly': '0 * * * *',
    '@weekly': '0 0 * * 0',
    '@monthly': '0 0 1 * *',
  }),
)

const names = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

function numberIn(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null
  const value = Number(text)
  return value >= least && value <= most ? value : null
}

function weekday(text: string): number | null {
  const named = names.indexOf(text.toLowerCase())
  return named === -1 ? numberIn(text, 0, 7) : named
}

/** Days from 1 for Monday to 7, of "1-5" or "MON,WED"; null where there is anything else. */
function weekdaysOf(text: string): number[] | null {
  const found = new Set<number>()
  for (const part of text.split(',')) {
    const [from, to, ...more] = part.split('-').map(weekday)
    if (from == null || to === null || more.length > 0 || (to !== undefined && to < from)) return null
    for (let day = from; day <= (to ?? from); day += 1) found.add(day === 0 ? 7 : day)
  }
  return [...found].sort((a, b) => a - b)
}

const two = (value: number) => String(value).padStart(2, '0')

/** What an expression means to the pickers; null where they cannot show it. */
export function readCron(expression: string): CronChoice | null {
  const text = expression.trim().toLowerCase()
  const [minuteText = '', hourText = '', day, month, weekdayText = '', ...more] = (
    macros.get(text) ?? text
  ).split(/\s+/)
  if (month !== '*' || more.length > 0) return null
  if (hourText === '*') {
    if (day !== '*' || weekdayText !== '*') return null
    const step = /^\*\/\d+$/.test(minuteText) ? numberIn(minuteText.slice(2), 1, 59) : null
    if (step !== null || minuteText === '*') return { repeats: 'minutes', step: step ?? 1 }
    const minute = numberIn(minuteText, 0, 59)
    return minute === null ? null : { repeats: 'hour', minute }
  }
  const minute = numberIn(minuteText, 0, 59)
  const hour = numberIn(hourText, 0, 23)
  if (minute === null || hour === null) return null
  const time = `${two(hour)}:${two(minute)}`
  if (day === '*' && weekdayText === '*') return { repeats: 'day', time }
  if (day === '*') {
    const weekdays = weekdaysOf(weekdayText)
    return weekdays === null ? null : { repeats: 'week', time, weekdays }
  }
  const dayOfMonth = numberIn(day ?? '', 1, 31)
  return weekdayText === '*' && dayOfMonth !== null ? { repeats: 'month', time, day: dayOfMonth } : null
}

/** "1-5" for days in a row, else "1,3,5". */
function weekdaysText(weekdays: readonly number[]): string {
  const days = weekdays.toSorted((a, b) => a - b)
  const [first = 1] = days
  const last = days.at(-1) ?? first
  return days.length > 2 && last - first === days.length - 1 ? `${first}-${last}` : days.join(',')
}

/** The expression that says it. */
export function writeCron(choice: CronChoice): string {
  if (choice.repeats === 'minutes') return choice.step === 1 ? '* * * * *' : `*/${choice.step} * * * *`
  if (choice.repeats === 'hour') return `${choice.minute} * * * *`
  const [hour, minute] = choice.time.split(':').map(Number)
  if (choice.repeats === 'day') return `${minute} ${hour} * * *`
  return choice.repeats === 'week'
    ? `${minute} ${hour} * * ${weekdaysText(choice.weekdays)}`
    : `${minute} ${hour} ${choice.day} * *`
}

/** Another way to repeat, which keeps what both have. */
export function repeatAs(repeats: CronChoice['repeats'], before: CronChoice | null): CronChoice {
  const time = before !== null && 'time' in before ? before.time : '09:00'
  switch (repeats) {
    case 'minutes':
      return { repeats, step: 15 }
    case 'hour':
      return { repeats, minute: Number(time.slice(3)) }
    case 'day':
      return { repeats, time }
    case 'week':
      return { repeats, time, weekdays: [1, 2, 3, 4, 5] }
    case 'month':
      return { repeats, time, day: 1 }
  }
}
