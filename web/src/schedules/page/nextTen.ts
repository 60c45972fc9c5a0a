/** A line of the next times: due, or skipped manually. */
export interface NextLine {
  key: string
  /** Its place among those that are due; null for one that is not. */
  number: number | null
  at: string
  /** Nominal time, where it is another. */
  nominal: string | null
  note: string | null
  isSkipped: boolean
}

interface Answer {
  upcoming: readonly { scheduledFor: string | null; dueAt: string | null; note: string | null }[]
  /** What a clock change does to a nominal time. */
  preview: readonly { scheduledFor: string | null; note: string | null }[]
  skipped: readonly { scheduledFor: string; reason: string | null }[]
}

/** The next times by when they are due, and among them those that were skipped. */
export function nextLines({ upcoming, preview, skipped }: Answer): NextLine[] {
  const notes = new Map(preview.map(({ scheduledFor, note }) => [scheduledFor, note]))
  const due = upcoming.flatMap(({ scheduledFor, dueAt, note }, index): NextLine[] => {
    if (scheduledFor === null || dueAt === null) return []
    const nominal = Date.parse(scheduledFor) === Date.parse(dueAt) ? null : scheduledFor
    const why = note ?? notes.get(scheduledFor) ?? null
    return [{ key: scheduledFor, number: index + 1, at: dueAt, nominal, note: why, isSkipped: false }]
  })
  const last = Math.max(...due.map(({ at }) => Date.parse(at)))
  const out = skipped
    .filter(({ scheduledFor }) => Date.parse(scheduledFor) <= last)
    .map(({ scheduledFor, reason }) => ({
      key: `skipped ${scheduledFor}`,
      number: null,
      at: scheduledFor,
      nominal: null,
      note: reason === null ? 'Skipped manually.' : `Skipped manually: ${reason}`,
      isSkipped: true,
    }))
  return [...due, ...out].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
