const tones: Record<string, string> = { active: 'good', paused: 'paused' }

/** The status of a schedule next to its name. */
export function ScheduleTag({ status }: { status: string }) {
  return (
    <span className="tag" data-tone={tones[status]}>
      {status.replace(/^./, (first) => first.toUpperCase())}
    </span>
  )
}
