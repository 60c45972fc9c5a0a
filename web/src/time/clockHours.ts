export type ClockHours = 12 | 24

let shown: ClockHours = 24

/** Whether clocks have 12 or 24 hours, for every time that is shown from now on: one setting for the page, as its language is. */
export function setClockHours(hours: ClockHours): void {
  shown = hours
}

const two = (value: number) => String(value).padStart(2, '0')

/** "02:30", "02:30:15"; "2:30 am" on a clock of 12 hours. */
export function clockText(hour: number, minute: number, second?: number): string {
  const rest = `:${two(minute)}${second === undefined ? '' : `:${two(second)}`}`
  if (shown === 24) return two(hour) + rest
  return `${hour % 12 === 0 ? 12 : hour % 12}${rest}\u00a0${hour % 24 < 12 ? 'am' : 'pm'}`
}

/** The end of a day, where a range of its times reaches it. */
export function dayEndText(): string {
  return shown === 24 ? '24:00' : 'midnight'
}

/** An hour, short enough for the head of a column: "06", "6 am". */
export function hourText(hour: number): string {
  return shown === 24 ? two(hour) : clockText(hour, 0).replace(':00', '')
}

/** A text that has times of a clock of 24 hours, as words that others make of a rule do. */
export function clocksIn(text: string): string {
  return text.replace(
    /(?<![\d:])([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?![\d:])/g,
    (_, hour, minute, second) =>
      clockText(Number(hour), Number(minute), second === undefined ? undefined : Number(second)),
  )
}
