import type { Run } from '../run.ts'

/** As Graphile Worker's loggers have them. */
export type Level = 'error' | 'warning' | 'info' | 'debug'

/** Lines of an attempt, as almanac_private.write_logs() takes them. */
export interface LogPart {
  readonly schedule_id: string
  readonly run_id: string
  readonly attempt: number
  readonly first_line: number
  readonly line_count: number
  /** When the first was logged, in milliseconds since 1970. */
  readonly at: number
  /** Milliseconds after that, level, text. */
  readonly lines?: readonly (readonly [number, Level, string])[]
  /** Why there are none. */
  readonly cut_because?: 'bound' | 'lost'
}

/** How far an attempt says it is, as almanac_private.note_progress() takes it. */
export interface Report {
  readonly run_id: string
  readonly scheduled_for: string
  readonly attempt: number
  readonly progress: number
  readonly note: string | null
}

/** What one attempt says of itself, until it is written. */
export interface Journal {
  readonly run: Run
  /** It is so far. */
  report(progress: number, note: string | null): void
  /** The last that it said of that, once; null: nothing new. */
  unreported(): Report | null
  /** Whether it says something new of that. */
  hasReport(): boolean
  add(level: Level, lines: readonly string[], at: number): void
  /** What is not written yet: given again and again, until it is. */
  unwritten(): readonly LogPart[]
  /** These are written. */
  written(parts: readonly LogPart[]): void
  /** When the oldest line was logged that was not given yet; null: there is none. */
  since(): number | null
  /** Characters that wait, given or not. */
  size(): number
  /** Whether it has logged more than is kept of a run: only its end still counts. */
  isLong(): boolean
  /** Those that were not written are dropped. */
  abandon(): void
}

/** Lines and characters that the database keeps of a run's beginning, and of its end: as many wait at most. */
export interface KeptLog {
  readonly lines: number
  readonly text: number
}

/** Lines and characters of one part. */
const LINES_OF_PART = 500
const TEXT_OF_PART = 100_000

interface Line {
  readonly nth: number
  readonly at: number
  readonly level: Level
  readonly text: string
}

/** Makes the journal of an attempt. */
export function createJournal(run: Run, kept: KeptLog): Journal {
  let count = 0
  let text = 0
  /** The first that wait, and the last, of which the oldest give way. */
  let head: Line[] = []
  let tail: Line[] = []
  let tailStart = 0
  let headText = 0
  let tailText = 0
  let given: LogPart[] = []
  let givenText = 0
  let latest: Report | null = null

  function add(level: Level, lines: readonly string[], at: number): void {
    for (const line of lines) {
      const entry = { nth: ++count, at, level, text: line }
      text += line.length
      if (tail.length === 0 && head.length < kept.lines && headText < kept.text) {
        head.push(entry)
        headText += line.length
        continue
      }
      tail.push(entry)
      tailText += line.length
      while (tail.length - tailStart > kept.lines || (tailText > kept.text && tail.length - tailStart > 1))
        tailText -= tail[tailStart++]!.text.length
      if (tailStart > kept.lines) {
        tail = tail.slice(tailStart)
        tailStart = 0
      }
    }
  }

  function partOf(lines: readonly Line[]): LogPart {
    const [first] = lines as [Line]
    return {
      ...of(first.nth, lines.length, first.at),
      lines: lines.map((line) => [line.at - first.at, line.level, line.text]),
    }
  }

  function of(first_line: number, line_count: number, at: number) {
    return {
      schedule_id: run.scheduleId,
      run_id: run.id,
      attempt: run.attempt,
      first_line,
      line_count,
      at,
    }
  }

  function give(lines: readonly Line[]): void {
    let from = 0
    let size = 0
    lines.forEach((line, index) => {
      if (index > from && (index - from >= LINES_OF_PART || size + line.text.length > TEXT_OF_PART)) {
        given.push(partOf(lines.slice(from, index)))
        from = index
        size = 0
      }
      size += line.text.length
    })
    if (from < lines.length) given.push(partOf(lines.slice(from)))
  }

  return {
    run,
    report(progress, note) {
      latest = { run_id: run.id, scheduled_for: run.scheduledFor, attempt: run.attempt, progress, note }
    },
    unreported() {
      const report = latest
      latest = null
      return report
    },
    hasReport: () => latest !== null,
    add,
    unwritten() {
      // What waits long, as the database does not answer, stays where its middle gives way.
      if (givenText > kept.text) return given
      const first = tail[tailStart]
      const last = head.at(-1)
      give(head)
      if (first && last && first.nth > last.nth + 1)
        given.push({ ...of(last.nth + 1, first.nth - last.nth - 1, last.at), cut_because: 'bound' })
      give(tail.slice(tailStart))
      givenText += headText + tailText
      head = []
      tail = []
      tailStart = headText = tailText = 0
      return given
    },
    written(parts) {
      const done = new Set(parts)
      given = given.filter((part) => !done.has(part))
      if (given.length === 0) givenText = 0
    },
    since: () => head[0]?.at ?? null,
    size: () => givenText + headText + tailText,
    isLong: () => count > 2 * kept.lines || text > 2 * kept.text,
    abandon() {
      given = given.map(({ lines: _, ...part }) => ({ ...part, cut_because: 'lost' }))
      givenText = 0
    },
  }
}
