import type { Logger } from 'graphile-worker'
import { endsWithin } from '../../process/endsWithin.ts'
import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'
import type { Run } from '../run.ts'
import type { Redaction } from './redaction.ts'
import {
  createJournal,
  type Journal,
  type KeptLog,
  type Level,
  type LogPart,
  type Report,
} from './journal.ts'
import { linesOf } from './lines.ts'
import { passOn } from './passOn.ts'

/** What is written of several attempts by one statement. */
interface Notes {
  /** For write_logs() and note_progress(), in JSON; null: there is nothing. */
  readonly logs: string | null
  readonly reports: string | null
  /** Tells the journals whether write_logs() wrote it. */
  settle(isWritten: boolean): void
}

/** What the attempts of a pool log and report, on its way to the database. */
export interface Journals {
  /** Begins the journal of an attempt. */
  open(run: Run): Journal
  /** A logger that writes to the journal what it is given, and its beginning to another logger. */
  logger(journal: Journal, other: Logger): Logger
  /** It is so far: what is not a number is logged, and no more. */
  report(journal: Journal, progress: unknown, note: unknown): void
  /** The attempt has ended: what it logs from here on is left out. What is too much for the statement that records the end is written before. */
  close(journal: Journal): Promise<void>
  /** What these have to say, for the statement that records their ends. */
  take(journals: readonly Journal[]): Notes
  /** Writes what is left, in that many milliseconds at most. */
  flush(patience: number): Promise<void>
}

/** Milliseconds after which what is logged is written: what has ended by then is written with its end. */
const PAUSE = 250
/** The same of a run that logs more than is kept of it, and of reports. */
const LONG_PAUSE = 5_000
const REPORT_PAUSE = 1_000
/** Characters of lines that one statement has, and that the statement has which records ends. */
const MOST_AT_ONCE = 2_000_000
const MOST_AT_END = 64_000
/** Milliseconds that the end of an attempt waits for what it has logged before. */
const LONGEST_CLOSE = 2_000
/** Tries after which what could not be written of an attempt that has ended is noted as lost, and then forgotten. */
const MOST_TRIES = 20
/** Ended attempts whose log is not written yet, at most, and how many of them are written at once. */
const MOST_LEFT = 1_000
const LEFT_AT_ONCE = 50

/** Makes the journals of one pool. */
export function createJournals({
  query,
  kept,
  redaction,
  onWritten,
  log,
  pause = PAUSE,
}: {
  query: Query
  /** What the database keeps of a run. */
  kept: () => KeptLog
  /** Takes the secrets of the worker out of what is logged; null: it has none. */
  redaction: Redaction | null
  /** Called with runs that have not ended, of which something new was written. */
  onWritten: (runs: readonly Run[], hasReports: boolean) => void
  log: Log
  pause?: number
}): Journals {
  const open = new Set<Journal>()
  /** Those that have ended, and are not written: how often that was tried. */
  const left = new Map<Journal, number>()
  const reportedAt = new WeakMap<Journal, number>()
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  function schedule(): void {
    timer ??= setTimeout(() => {
      timer = null
      writing = writing.then(writeDue)
    }, pause).unref()
  }

  function isDue(journal: Journal): boolean {
    const now = Date.now()
    const since = journal.since()
    if (since !== null && now - since >= (journal.isLong() ? LONG_PAUSE : pause)) return true
    return journal.hasReport() && now - (reportedAt.get(journal) ?? 0) >= REPORT_PAUSE
  }

  async function writeDue(): Promise<void> {
    const due = [...open].filter(isDue)
    for (let from = 0; from < due.length;) {
      const batch: Journal[] = []
      for (let size = 0; from < due.length && size < MOST_AT_ONCE; from++) {
        batch.push(due[from]!)
        size += due[from]!.size()
      }
      if (!(await write(batch))) break
    }
    // One by one: should one be refused, it alone is.
    for (const journal of [...left.keys()].slice(0, LEFT_AT_ONCE)) if (!(await write([journal]))) break
    if (left.size > 0 || [...open].some((journal) => journal.since() !== null || journal.hasReport()))
      schedule()
  }

  async function write(journals: readonly Journal[]): Promise<boolean> {
    const notes = take(journals)
    if (notes.logs === null && notes.reports === null) return true
    try {
      const [row] = await query<{ done: boolean }>(STATEMENT, [notes.logs, notes.reports])
      notes.settle(row?.done ?? false)
      if (!row?.done) return false
      const runs = journals.flatMap((journal) => (open.has(journal) ? [journal.run] : []))
      if (runs.length > 0) onWritten(runs, notes.reports !== null)
      return true
    } catch (error) {
      log('debug', `Logs of runs could not be written yet: ${describeError(error)}`)
      notes.settle(false)
      return false
    }
  }

  function take(journals: readonly Journal[]): Notes {
    let size = 0
    const parts = journals.map((journal) => {
      const isTooMuch = size > 0 && size + journal.size() > 2 * MOST_AT_ONCE
      size += isTooMuch ? 0 : journal.size()
      return [journal, isTooMuch ? [] : [...journal.unwritten()]] as const
    })
    const logs: readonly LogPart[] = parts.flatMap(([, given]) => given)
    const reports: Report[] = journals.flatMap((journal) => {
      const report = journal.unreported()
      if (report) reportedAt.set(journal, Date.now())
      return report ?? []
    })
    return {
      logs: logs.length > 0 ? JSON.stringify(logs) : null,
      reports: reports.length > 0 ? JSON.stringify(reports) : null,
      settle(isWritten) {
        for (const [journal, given] of parts) {
          if (isWritten) journal.written(given)
          settleOne(journal, isWritten && journal.size() === 0)
        }
      },
    }
  }

  function settleOne(journal: Journal, isWritten: boolean): void {
    if (open.has(journal)) return
    const tries = (left.get(journal) ?? 0) + 1
    if (isWritten || tries >= 2 * MOST_TRIES || (tries === 1 && left.size >= MOST_LEFT)) {
      if (!isWritten) log('warning', `The log of run ${journal.run.id} could not be written.`)
      left.delete(journal)
      return
    }
    if (tries === MOST_TRIES) journal.abandon()
    left.delete(journal)
    left.set(journal, tries)
    schedule()
  }

  function note(journal: Journal, level: Level, message: unknown): void {
    if (!open.has(journal)) return
    journal.add(level, linesOf(message, redaction), Date.now())
    schedule()
  }

  return {
    open(run) {
      const journal = createJournal(run, kept())
      open.add(journal)
      return journal
    },
    logger: (journal, other) =>
      passOn(other, journal.run.id, redaction, (level, message) => note(journal, level, message)),
    report(journal, progress, text) {
      if (!open.has(journal)) return
      if (typeof progress !== 'number' || Number.isNaN(progress)) {
        note(journal, 'warning', `progress() takes a number from 0 to 1, and was given ${String(progress)}.`)
        return
      }
      const [line = ''] = typeof text === 'string' ? linesOf(text, redaction) : []
      journal.report(Math.min(1, Math.max(0, progress)), line === '' ? null : line)
      schedule()
    },
    async close(journal) {
      const patience = AbortSignal.timeout(LONGEST_CLOSE)
      while (journal.size() > MOST_AT_END && !patience.aborted) {
        const before = journal.size()
        writing = writing.then(async () => void (await write([journal])))
        await endsWithin(LONGEST_CLOSE, writing)
        if (journal.size() >= before) break
      }
      open.delete(journal)
    },
    take,
    async flush(patience) {
      await endsWithin(patience, writing.then(writeDue))
    },
  }
}

/** Asks the database how much it keeps of what a run logs. */
export async function readKeptLog(query: Query): Promise<KeptLog> {
  const [row] = await query<KeptLog>('select lines, bytes as text from almanac_private.kept_log()')
  if (!row) throw new Error('The database did not return how much of a log it keeps.')
  return row
}

const STATEMENT = `
  select ($1::jsonb is null or almanac_private.write_logs($1)) and ($2::jsonb is null or almanac_private.note_progress($2)) as done`
