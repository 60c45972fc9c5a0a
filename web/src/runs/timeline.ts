import { runStateOf, type RunState } from './runState.ts'

/** A moment of a run. */
export interface TimelineEvent {
  readonly kind: 'event'
  readonly label: string
  readonly at: number
}

/** What lies between two moments. */
export interface TimelineSpan {
  readonly kind: 'span'
  readonly label: string
  readonly took: number
  /** Of an attempt; null: it waited. */
  readonly state: RunState | null
  /** The moment after it says what it waited for. */
  readonly isPlain: boolean
  /** How much of what it usually takes is over, from 0 to 1; not known where that is left out. */
  readonly over?: number
  /** It has not come yet, and is as the runs before make it likely. */
  readonly isExpected?: true
}

/** How long runs of its schedule usually take, in milliseconds. */
export interface UsualLength {
  readonly p50: number
  readonly p95: number
}

interface TimelineRun {
  readonly status: string
  readonly dueAt: string
  readonly queuedAt: string | null
  readonly attemptStartedAt: string | null
  readonly finishedAt: string | null
  readonly attempt: number
}

interface TimelineAttempt {
  readonly attempt: number
  readonly status: string
  readonly startedAt: string
  readonly finishedAt: string
}

/**
 * How long an attempt will still take by what its runs usually do: the half of them have ended by the median, nearly all by the
 * 95th percentile; after that nothing is expected.
 */
export function leftOf({ p50, p95 }: UsualLength, elapsed: number): { label: string; took: number } | null {
  if (elapsed < p50) return { label: 'about', took: p50 - elapsed }
  if (elapsed < p95) return { label: 'at most, usually', took: p95 - elapsed }
  return null
}

/** Attempts that are shown; of more, the first and the last. */
const most = 6

/** The moments of a run and the lengths between them, in order. `attempts`: those that have ended. */
export function timelineOf(
  run: TimelineRun,
  attempts: readonly TimelineAttempt[],
  now: number,
  usual: UsualLength | null = null,
): readonly (TimelineEvent | TimelineSpan)[] {
  const parts: (TimelineEvent | TimelineSpan)[] = []
  let last = Date.parse(run.dueAt)
  const event = (label: string, at: number) => {
    parts.push({ kind: 'event', label, at })
    last = at
  }
  const wait = (label: string, until: number) => {
    const isPlain = label.startsWith('until ')
    parts.push({ kind: 'span', label, took: Math.max(0, until - last), state: null, isPlain })
  }
  const run1 = (label: string, from: number, until: number, state: RunState) => {
    parts.push({ kind: 'span', label, took: Math.max(0, until - from), state, isPlain: false })
    last = until
  }

  event('Due', last)
  if (run.queuedAt !== null) {
    wait('until it was queued', Date.parse(run.queuedAt))
    event('Queued', Date.parse(run.queuedAt))
  }
  const ended = attempts.toSorted((a, b) => a.attempt - b.attempt)
  const left = ended.length > most ? ended.length - most : 0
  ended.forEach(({ attempt, status, startedAt, finishedAt }, index) => {
    if (left > 0 && index >= most - 1 && index < ended.length - 1) {
      if (index === most - 1) wait(`${left} more attempts`, Date.parse(ended.at(-1)?.startedAt ?? startedAt))
      return
    }
    if (index === 0 || left === 0 || index < most - 1)
      wait(index === 0 ? 'until it began' : 'until the next attempt', Date.parse(startedAt))
    event(attempt === 1 ? 'Begun' : `Attempt ${attempt}`, Date.parse(startedAt))
    run1(`Attempt ${attempt}`, Date.parse(startedAt), Date.parse(finishedAt), runStateOf(status))
  })
  const state = runStateOf(run.status)
  if (state === 'running' && run.attemptStartedAt !== null) {
    const begun = Date.parse(run.attemptStartedAt)
    wait(run.attempt === 1 ? 'until it began' : 'until the next attempt', begun)
    event(run.attempt === 1 ? 'Begun' : `Attempt ${run.attempt}`, begun)
    run1(`Attempt ${run.attempt}`, begun, now, 'running')
    event('Now', now)
    const left = usual && leftOf(usual, now - begun)
    if (usual !== null && left !== null) {
      parts[parts.length - 2] = {
        ...(parts.at(-2) as TimelineSpan),
        over: (now - begun) / (now - begun + left.took),
      }
      parts.push({
        kind: 'span',
        label: left.label,
        took: left.took,
        state: null,
        isPlain: false,
        isExpected: true,
      })
    }
  } else if (run.finishedAt !== null) {
    const end = Date.parse(run.finishedAt)
    if (end - last > 0) wait('', end)
    event('Ended', end)
  } else {
    wait(state === 'retrying' ? 'waits for the next attempt' : 'waits', now)
    event('Now', now)
  }
  return parts
}
