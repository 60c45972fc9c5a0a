import type { CalendarView } from '../calendar/grid/calendarRange.ts'

/** A day that a text means, and the view that shows it best; null: the one at hand. */
export interface MeantDate {
  date: string
  view: CalendarView | null
}

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
const months = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
]
/** No object, which would also know "constructor". */
const near = new Map([
  ['today', 0],
  ['tomorrow', 1],
  ['yesterday', -1],
])
const units = ['day', 'week', 'month', 'year'] as const
type Unit = (typeof units)[number]

/** The number, from 1, of the name that a text of three letters or more begins. */
function begun(names: readonly string[], text: string | undefined): number | null {
  if (text === undefined || text.length < 3) return null
  const index = names.findIndex((name) => name.startsWith(text))
  return index === -1 ? null : index + 1
}

function unitOf(text: string | undefined): Unit | null {
  return units.find((unit) => unit === text || `${unit}s` === text || unit[0] === text) ?? null
}

const viewOf: Record<Unit, CalendarView | null> = { day: null, week: 'week', month: 'month', year: 'year' }

/** Of the years around, the one in which a day is nearest. */
function nearest(today: Temporal.PlainDate, month: number, day: number): Temporal.PlainDate | null {
  const years = [today.year - 1, today.year, today.year + 1]
  const found = years.map((year) => dateOf(year, month, day)).filter((date) => date !== null)
  const distance = (date: Temporal.PlainDate) => Math.abs(today.until(date, { largestUnit: 'days' }).days)
  return found.sort((a, b) => distance(a) - distance(b))[0] ?? null
}

function dateOf(year: number, month: number, day: number): Temporal.PlainDate | null {
  try {
    return Temporal.PlainDate.from({ year, month, day }, { overflow: 'reject' })
  } catch {
    return null
  }
}

function weekdayFrom(today: Temporal.PlainDate, which: string | undefined, weekday: number) {
  const monday = today.subtract({ days: today.dayOfWeek - 1 })
  const inWeek = monday.add({ days: weekday - 1 })
  if (which === 'next') return inWeek.add({ days: 7 })
  const isAfter = Temporal.PlainDate.compare(inWeek, today) > 0
  if (which === 'last')
    return Temporal.PlainDate.compare(inWeek, today) < 0 ? inWeek : inWeek.subtract({ days: 7 })
  return isAfter ? inWeek : inWeek.add({ days: 7 })
}

const readers: readonly ((
  words: string[],
  today: Temporal.PlainDate,
) => [Temporal.PlainDate | null, CalendarView | null] | null)[] = [
  ([word, ...rest], today) => {
    const days = rest.length === 0 ? near.get(word ?? '') : undefined
    return days === undefined ? null : [today.add({ days }), null]
  },
  // friday, next friday
  (words, today) => {
    const which = words.length === 2 && /^(next|last|this)$/.test(words[0] ?? '') ? words[0] : undefined
    const weekday = words.length === (which === undefined ? 1 : 2) ? begun(weekdays, words.at(-1)) : null
    return weekday === null ? null : [weekdayFrom(today, which, weekday), null]
  },
  // next month
  ([which, unit, ...rest], today) => {
    const step = unitOf(unit)
    if (step === null || rest.length > 0 || (which !== 'next' && which !== 'last')) return null
    return [today.add({ [`${step}s`]: which === 'next' ? 1 : -1 }), viewOf[step]]
  },
  // in 3 weeks, 3 weeks ago
  (words, today) => {
    const ago = words.at(-1) === 'ago'
    const [count, unit, ...rest] = words.filter((word) => word !== 'in' && word !== 'ago')
    const step = unitOf(unit)
    if (step === null || rest.length > 0 || !/^\d{1,4}$/.test(count ?? '') || ago === (words[0] === 'in'))
      return null
    return [today.add({ [`${step}s`]: Number(count) * (ago ? -1 : 1) }), null]
  },
  // week 12
  ([word, count, ...rest], today) => {
    if (word !== 'week' || rest.length > 0 || !/^([1-9]|[1-4]\d|5[0-3])$/.test(count ?? '')) return null
    const fourth = Temporal.PlainDate.from({ year: today.year, month: 1, day: 4 })
    return [fourth.subtract({ days: fourth.dayOfWeek - 1 }).add({ weeks: Number(count) - 1 }), 'week']
  },
  // 3 dec, dec 3 2027, december 2027
  (words, today) => {
    const [name, ...numbers] = [...words].sort((a, b) => Number(/^\d/.test(a)) - Number(/^\d/.test(b)))
    const month = begun(months, name)
    const read = numbers.map((text) =>
      /^\d{1,4}(st|nd|rd|th|\.)?$/.test(text) ? Number.parseInt(text) : NaN,
    )
    if (month === null || read.some(Number.isNaN) || read.length > 2) return null
    const year = read.find((number) => number > 31)
    const day = read.find((number) => number <= 31)
    if (day === undefined)
      return [dateOf(year ?? nearest(today, month, 15)?.year ?? today.year, month, 1), 'month']
    if (year === undefined) return read.length === 1 ? [nearest(today, month, day), null] : null
    return [dateOf(year, month, day), null]
  },
  (words) => {
    const [, year, month, day] = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(words.join(' ')) ?? []
    return year === undefined ? null : [dateOf(Number(year), Number(month), Number(day)), null]
  },
]

/** The day that a text means: "next friday", "3 dec", "in 2 weeks"; null where it means none. */
export function meantDate(text: string, today: string): MeantDate | null {
  const words = text.trim().toLowerCase().replace(/,/g, ' ').split(/\s+/).slice(0, 5)
  for (const read of readers) {
    const [date, view] = read(words, Temporal.PlainDate.from(today)) ?? [null, null]
    if (date !== null) return { date: date.toString(), view }
  }
  return null
}
