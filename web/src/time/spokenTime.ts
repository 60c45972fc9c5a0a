/** A time as the database writes it within a text: Mon 30 Nov 2026 07:30:00 (Europe/Paris). */
const spoken =
  /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d:\d\d:\d\d(?:\.\d+)?) \(([^()]+)\)/g

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const two = (value: number) => String(value).padStart(2, '0')

/** The instant of a clock; null where it shows that time twice, or there is no such zone. */
function instantOf(local: string, zone: string): Temporal.Instant | null {
  try {
    const plain = Temporal.PlainDateTime.from(local)
    const [earlier, later] = (['earlier', 'later'] as const).map((disambiguation) =>
      plain.toZonedDateTime(zone, { disambiguation }).toInstant(),
    )
    return earlier !== undefined && later?.equals(earlier) === true ? earlier : null
  } catch {
    return null
  }
}

/** A text of the database with its times on the clock of another zone; those that it could get wrong stay as they are. */
export function timesIn(text: string, zone: string): string {
  return text.replace(
    spoken,
    (before, day: string, month: string, year: string, clock: string, of: string) => {
      const number = two(months.indexOf(month) + 1)
      const instant = of === zone ? null : instantOf(`${year}-${number}-${day}T${clock}`, of)
      if (instant === null) return before
      const at = instant.toZonedDateTimeISO(zone)
      const date = `${days[at.dayOfWeek - 1] ?? ''} ${two(at.day)} ${months[at.month - 1] ?? ''} ${at.year}`
      const time = at.toPlainTime().toString({ smallestUnit: clock.includes('.') ? 'microsecond' : 'second' })
      return `${date} ${time} (${zone})`
    },
  )
}
