/** A line of the next times: due, or skipped manually. */
export interface NextLine {
  key: string
  /** Its place among those that are due; null for one that is not. */
  number: number | null
  at: string
  /** Due at another time than its nominal one; the note says why. */
  isElsewhere: boolean
  note: string | null
  isSkipped: boolean
}

interface Answer {
  upcoming: readonly { scheduledFor: string | null; dueAt: string | null; note: string | null }[]
  skipped: readonly { scheduledFor: string; reason: string | null }[]
}

/** The next times by when they are due, and among them those that were skipped. */
export function nextLines({ upcoming, skipped }: Answer): NextLine[] {
  const due = upcoming.flatMap(({ scheduledFor, dueAt, note }, index): NextLine[] => {
    if (scheduledFor === null || dueAt === null) return []
    const isElsewhere = Date.parse(scheduledFor) !== Date.parse(dueAt)
    return [{ key: scheduledFor, number: index + 1, at: dueAt, isElsewhere, note, isSkipped: false }]
  })
  const last = Math.max(...due.map(({ at }) => Date.parse(at)))
  const out = skipped
    .filter(({ scheduledFor }) => Date.parse(scheduledFor) <= last)
    .map(({ scheduledFor, reason }) => ({
      key: `skipped ${scheduledFor}`,
      number: null,
      at: scheduledFor,
      isElsewhere: false,
      note: reason === null ? 'Skipped manually.' : `Skipped manually: ${reason}`,
      isSkipped: true,
    }))
  return [...due, ...out].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}
