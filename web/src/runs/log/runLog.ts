/** A line of a run's log, or what is said in the place of lines that are not kept. */
export interface LogLine {
  /** Where it is in the log of the run: later ones have greater numbers. */
  readonly id: string
  readonly attempt: number
  /** Number in its attempt. */
  readonly line: number
  readonly at: string
  readonly level: LogLevel
  readonly text: string
  /** How many lines are not kept here; null: it is a line. */
  readonly cut: number | null
  readonly cutBecause: string | null
}

export const logLevels = ['debug', 'info', 'warning', 'error'] as const
export type LogLevel = (typeof logLevels)[number]

/** What the server says of one. */
export interface LogRecord {
  id: string | null
  attempt: number | null
  line: number | null
  loggedAt: string | null
  level: string | null
  message: string | null
  cutLines: number | null
  cutBecause: string | null
}

/** Reads what the server says; a level that is unknown is "info". */
export function readLine(record: LogRecord): LogLine {
  return {
    id: record.id ?? '0',
    attempt: record.attempt ?? 1,
    line: record.line ?? 0,
    at: record.loggedAt ?? '1970-01-01T00:00:00Z',
    level: logLevels.find((level) => level === record.level) ?? 'info',
    text: record.message ?? '',
    cut: record.cutLines,
    cutBecause: record.cutBecause,
  }
}

/** The lines with those of the next page. What was cut meanwhile takes the place of the lines that it tells of. */
export function joinLines(lines: readonly LogLine[], page: readonly LogLine[]): readonly LogLine[] {
  const [first] = page
  if (first === undefined) return lines
  const last = lines.at(-1)
  const overlaps = first.cut !== null && last !== undefined && last.attempt === first.attempt
  const kept = overlaps
    ? lines.filter(({ attempt, line }) => attempt < first.attempt || line < first.line)
    : lines
  return [...kept, ...page]
}

export interface LogFilter {
  readonly hidden: ReadonlySet<LogLevel>
  readonly attempt: number | null
}

/** The lines that are shown. What is not kept is always said. */
export function shownLines(lines: readonly LogLine[], { hidden, attempt }: LogFilter): readonly LogLine[] {
  return lines.filter(
    (line) =>
      (attempt === null || line.attempt === attempt) && (line.cut !== null || !hidden.has(line.level)),
  )
}

/** The indexes of those that have the text, in either case. */
export function matchesIn(lines: readonly LogLine[], text: string): readonly number[] {
  const wanted = text.toLowerCase()
  if (wanted === '') return []
  return lines.flatMap(({ text: line }, index) => (line.toLowerCase().includes(wanted) ? [index] : []))
}

/** The text in parts; every second one is what is looked for. */
export function partsOf(text: string, wanted: string): readonly string[] {
  if (wanted === '') return [text]
  const lower = text.toLowerCase()
  // A letter that is longer in lower case would shift what follows.
  if (lower.length !== text.length) return [text]
  const parts: string[] = []
  let from = 0
  for (
    let at = lower.indexOf(wanted.toLowerCase());
    at >= 0;
    at = lower.indexOf(wanted.toLowerCase(), from)
  ) {
    parts.push(text.slice(from, at), text.slice(at, at + wanted.length))
    from = at + wanted.length
  }
  return [...parts, text.slice(from)]
}

/** Why lines of a log are not kept. */
export const cutReasons: Readonly<Record<string, string>> = {
  bound: 'A run keeps its first and its last 5,000 lines, and 500 kB of each.',
  limit: 'Its role or owner has reached the hourly limit for logs.',
  lost: 'The database could not be reached.',
}

/** "1,204 lines are not kept." and why. */
export function cutInWords({ cut, cutBecause }: Pick<LogLine, 'cut' | 'cutBecause'>): string {
  const count = cut ?? 0
  const said =
    count === 1 ? 'One line was not kept.' : `${count.toLocaleString('en-GB')} lines were not kept.`
  return `${said} ${cutReasons[cutBecause ?? ''] ?? ''}`.trim()
}

/** The log as a file. */
export function logAsText(lines: readonly LogLine[]): string {
  return lines
    .map((line) =>
      line.cut === null
        ? `${line.at}\t${line.attempt}\t${line.level}\t${line.text}\n`
        : `${line.at}\t${line.attempt}\t\t${cutInWords(line)}\n`,
    )
    .join('')
}
