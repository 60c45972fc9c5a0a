import './progress.css'

interface ProgressProps {
  /** From 0 to 1. */
  of: number
  /** What the task says of it. */
  note: string | null
}

/** How far a run says it is. */
export function Progress({ of, note }: ProgressProps) {
  return (
    <span className="run-progress">
      <progress value={of} max={1} aria-label="Progress" />
      <b>{Math.floor(of * 100)} %</b>
      {note !== null && <span title={note}>{note}</span>}
    </span>
  )
}
