import { setTimeout as delay } from 'node:timers/promises'
import { createBatch } from './batch.ts'
import type { Cause } from '../../process/causes.ts'
import type { Journal } from '../logs/journal.ts'
import type { Journals } from '../logs/journals.ts'
import type { Notifier } from './notifier.ts'
import { describeError, type Log } from '../../process/log.ts'
import { backoff, persist, type Query } from '../../process/query.ts'
import { errorText } from '../../process/storable.ts'
import { refusedResult } from './result.ts'

/** A run by its schedule, and how many milliseconds ago it ended. */
export interface EndedRun extends ScheduledRun {
  readonly agoMs: number
}

interface ScheduledRun {
  readonly scheduleId: string
  readonly runId: string
}

/** How an attempt ended. */
export interface Ending extends ScheduledRun {
  readonly scheduledFor: string
  readonly workerId: string
  readonly status: 'succeeded' | 'failed' | 'timed_out' | 'cancelled'
  readonly error: string | null
  readonly result: string | null
  /** The error that was thrown and what caused it; null: none was. */
  readonly causes?: readonly Cause[] | null
  /** What the attempt has logged, which is not written yet. */
  readonly journal: Journal
  /** By the clock of performance.now(). */
  readonly endedAt: number
  /** The attempt ended with its worker, not by itself: it is tried again at once, and uses up none of the task's. */
  readonly isReturned?: true
  /** Another attempt would fail the same way: there is none. */
  readonly isPermanent?: boolean
}

/** The answer for an attempt whose run someone holds locked, as by a cancelling that is not committed. */
const HELD = Symbol('held')
/** Milliseconds between tries to record its end, at most. */
const LONGEST_HELD = 1_000
/**
 * Milliseconds after which the record of a beginning or an end is late: until then it counts as one of the moment. The end
 * of a run that is late gives its place in the pool to others.
 */
export const LATE = 500

/** Records the ends of a pool's attempts, those of one moment by one statement. */
export function createEndings({
  query,
  notifier,
  journals,
  onHeld,
  persistence,
}: {
  query: Query
  notifier: Notifier
  journals: Pick<Journals, 'take'>
  onHeld: () => void
  persistence: { log: Log; signal: AbortSignal }
}): (ending: Ending) => Promise<void> {
  const endings = createBatch<Ending, void | typeof HELD>({
    async send(all) {
      const held = new Set<string>()
      for (const worker of new Set(all.map((ending) => ending.workerId))) {
        const own = all.filter((ending) => ending.workerId === worker)
        const rows = await persist(
          'Recording the end of runs',
          () => finish(query, worker, own, journals),
          persistence,
        )
        for (const runId of rows[0]?.held ?? []) held.add(runId)
        notifier.changed(own.filter(({ runId }) => !held.has(runId)).map(({ scheduleId }) => scheduleId))
      }
      return all.map(({ runId }) => (held.has(runId) ? HELD : undefined))
    },
  })

  /** Records an end, again and again while someone holds the run; others of its batch do not wait for it. */
  async function finishRun(ending: Ending): Promise<void> {
    for (let tries = 0; (await endings.add(ending)) === HELD; tries++) {
      onHeld()
      await delay(backoff(tries, LONGEST_HELD), undefined, { signal: persistence.signal })
    }
  }

  async function recordEnding(ending: Ending): Promise<void> {
    try {
      await finishRun(ending)
    } catch (error) {
      if (ending.result !== null) {
        // A task that has done its work is not tried again for what it returned.
        return await finishRun({ ...ending, result: refusedResult(ending.result, error) })
      }
      if (ending.status !== 'failed') throw error
      await finishRun({
        ...ending,
        result: null,
        causes: null,
        error: `Its outcome could not be recorded: ${errorText(describeError(error))}`,
      })
    }
  }

  return recordEnding
}

async function finish(
  query: Query,
  workerId: string,
  endings: readonly Ending[],
  journals: Pick<Journals, 'take'>,
): Promise<{ held: string[] }[]> {
  const results = endings.map(({ result, ...ending }) => {
    const { runId, scheduledFor, status, error, causes, endedAt, isReturned, isPermanent } = ending
    const agoMs = Math.round(performance.now() - endedAt)
    const fields = JSON.stringify({
      runId,
      scheduledFor,
      status,
      error: error ?? undefined,
      causes: causes ?? undefined,
      isReturned,
      isPermanent: isPermanent || undefined,
      // The clocks of the machines differ.
      agoMs: agoMs < LATE ? undefined : agoMs,
    })
    return result === null ? fields : `${fields.slice(0, -1)},"result":${result}}`
  })
  const values: unknown[] = [workerId, `[${results.join(',')}]`]
  const notes = journals.take(endings.map(({ journal }) => journal))
  if (notes.logs === null && notes.reports === null)
    return query('select almanac_private.finish_runs($1, $2) as held', values)
  // First what was logged: what has ended has all of its log, whatever happens to this worker.
  const rows = await query<{ held: string[]; done: boolean }>(
    `select n.done, almanac_private.finish_runs($1, $2) as held from (${NOTE} as done offset 0) n`,
    [...values, notes.logs, notes.reports],
  )
  notes.settle(rows[0]?.done ?? false)
  return rows
}

const NOTE = `select ($3::jsonb is null or almanac_private.write_logs($3))
  and ($4::jsonb is null or almanac_private.note_progress($4))`
