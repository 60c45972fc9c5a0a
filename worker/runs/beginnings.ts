import { setTimeout as delay } from 'node:timers/promises'
import { createBatch } from './batch.ts'
import type { Notifier } from './notifier.ts'
import type { Log } from '../../process/log.ts'
import { persist, type Query } from '../../process/query.ts'
import type { Run, RunTicket } from '../run.ts'
import { KEPT_IN_HAND, type Lack, type Sharing } from '../sharing/sharing.ts'

/** A run whose attempt has begun. */
export interface Begun {
  readonly run: Run
  readonly workerId: string
  readonly taskIdentifier: string
  readonly maxAttempts: number
  readonly timeout: number | null
  /** Gives back its slot, and what else it has. */
  readonly giveBack: () => void
}

/** There is no room for it yet: it is still queued. */
interface Refused {
  readonly account: string
  readonly lacks: Lack
}

/** Someone holds it locked, and its job too: it is still queued, and has no other job. */
const KEPT = 'kept'
/** Milliseconds after which such a run is asked for again. */
const KEPT_PAUSE = 250

/** A run that is to begin. */
export interface Beginning extends RunTicket {
  readonly isStatement: boolean
}

/** Records the beginnings of a pool's attempts, those of one moment by one statement. */
export function createBeginnings({
  query,
  workerId,
  sharing,
  notifier,
  onHeld,
  onGroupFull,
  persistence,
  pause = (ms) => delay(ms),
}: {
  query: Query
  workerId: () => Promise<string>
  sharing: Sharing
  notifier: Notifier
  onHeld: () => void
  /** Called when a run is left queued as its resource group has no room. */
  onGroupFull: () => void
  persistence: { log: Log; signal: AbortSignal }
  pause?: (ms: number) => Promise<void>
}): (beginning: Beginning) => Promise<Begun | null> {
  const beginnings = createBatch<Beginning, Begun | Refused | typeof KEPT | null>({
    async send(tickets) {
      const worker = await workerId()
      const rows = await persist(
        'Recording the start of runs',
        () => {
          const statements = tickets.filter(({ isStatement }) => isStatement)
          return begin(query, worker, tickets, sharing.room(tickets.length, statements.length))
        },
        persistence,
      )
      const begun = new Map(rows.map((row) => [row.run_id, row]))
      notifier.changed(
        rows.filter(({ is_held, lacks }) => !is_held && lacks === null).map((row) => row.schedule_id),
      )
      if (rows.some((row) => row.is_held)) onHeld()
      return tickets.map((ticket) => {
        const row = begun.get(ticket.runId)
        // Of two jobs for one run, one has it.
        if (row?.job_id !== ticket.jobId) return null
        if (row.is_held) return row.is_postponed ? null : KEPT
        if (row.lacks === null) return toBegun(ticket, row, worker, sharing)
        if (row.lacks === 'group') {
          sharing.passBy(ticket)
          onGroupFull()
          return row.is_postponed ? null : KEPT
        }
        sharing.refuse(row.account, row.lacks, row.is_postponed, ticket)
        return row.is_postponed ? null : { account: row.account, lacks: row.lacks }
      })
    },
  })

  /** Begins a run, once there is room for it; null: it is not to begin here and now. */
  async function beginRun(beginning: Beginning): Promise<Begun | null> {
    const deadline = performance.now() + KEPT_IN_HAND
    for (;;) {
      const answer = await beginnings.add(beginning)
      if (answer === KEPT) {
        await pause(KEPT_PAUSE)
        continue
      }
      if (!answer || !('lacks' in answer)) return answer
      await sharing.turn(answer.account, answer.lacks, deadline)
    }
  }

  return beginRun
}

interface BegunRow {
  readonly run_id: string
  readonly job_id: string | null
  readonly schedule_id: string
  readonly attempt: number
  readonly max_attempts: number
  readonly task_identifier: string
  readonly timeout_ms: number | null
  readonly run_as: string
  /** Who shares slots with others: a role, or a user of the web client. */
  readonly account: string
  /** Someone holds it locked. */
  readonly is_held: boolean
  /** What there is no room for it in; null: it has begun. */
  readonly lacks: Lack | 'group' | null
  /** It has a new job for later; else it keeps the one that it has. */
  readonly is_postponed: boolean
}

function begin(
  query: Query,
  workerId: string,
  tickets: readonly RunTicket[],
  room: object | null,
): Promise<BegunRow[]> {
  return query<BegunRow>('select * from almanac_private.begin_runs($1, $2, $3, $4, room => $5)', [
    workerId,
    tickets.map((ticket) => ticket.runId),
    tickets.map((ticket) => ticket.scheduledFor),
    tickets.map((ticket) => ticket.jobId),
    room && JSON.stringify(room),
  ])
}

function toBegun(ticket: RunTicket, row: BegunRow, workerId: string, sharing: Sharing): Begun {
  return {
    run: {
      id: ticket.runId,
      scheduleId: row.schedule_id,
      scheduledFor: ticket.scheduledFor,
      attempt: row.attempt,
      runAs: row.run_as,
    },
    workerId,
    taskIdentifier: row.task_identifier,
    maxAttempts: row.max_attempts,
    timeout: row.timeout_ms,
    giveBack: sharing.take(row.account, row.task_identifier === 'almanac:sql', ticket),
  }
}
