/** Around these the database has room for every view in every zone: its times are of the years 1 to 9999. */
const firstDate = '0002-01-01'
const lastDate = '9998-12-31'

/** Why another date is refused. */
export const shownYears = 'The years 2 to 9998 can be shown.'

/** Whether the text is a date as 2026-11-25. */
export function isDate(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text).toString() === text
  } catch {
    return false
  }
}

/** Whether it is a date that can be shown. */
export function isShownDate(text: string): boolean {
  return /^\d{4}-/.test(text) && isDate(text) && nearestShown(text) === text
}

/** The date itself, or the nearest one that can be shown. */
export function nearestShown(date: string): string {
  const plain = Temporal.PlainDate.from(date)
  if (Temporal.PlainDate.compare(plain, firstDate) < 0) return firstDate
  return Temporal.PlainDate.compare(plain, lastDate) > 0 ? lastDate : date
}
