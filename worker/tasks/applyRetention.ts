import type { Log } from '../../process/log.ts'
import type { RunTask } from '../run.ts'

/** One call, however large the week is that it reads. */
const LONGEST_CALL = '5min'
/** Milliseconds after which a run leaves what remains to the next. */
const LONGEST_RUN = 40 * 60_000

interface Part {
  readonly step: string
  readonly removed: string
  readonly dropped: number
  readonly is_done: boolean
}

/**
 * The task `almanac:apply_retention`: removes history that is no longer kept, part by part, each in a transaction of
 * its own. One that is ended in between is continued by the next run. On a connection of the pool that runs jobs:
 * heartbeats do not wait for it.
 */
export function createApplyRetentionTask({
  log,
  longest = LONGEST_RUN,
}: {
  log: Log
  longest?: number
}): RunTask {
  return async (_payload, { withPgClient, abortSignal }) => {
    const until = performance.now() + longest
    let runs = 0
    let weeks = 0
    for (;;) {
      abortSignal.throwIfAborted()
      const part = await withPgClient(async (client) => {
        await client.query('begin')
        try {
          await client.query(`set local statement_timeout to '${LONGEST_CALL}'`)
          const { rows } = await client.query<Part>(PART)
          await client.query('commit')
          return rows[0]
        } catch (error) {
          await client.query('rollback').catch(() => undefined)
          throw error
        }
      })
      if (!part) throw new Error('Retention returned no result.')
      runs += Number(part.removed)
      weeks += part.dropped
      if (part.step === 'held') {
        log('info', 'Another session removes history, or has not yet committed how long it is kept.')
        return { runs, weeks, is_held: true }
      }
      if (part.is_done) return { runs, weeks }
      if (performance.now() > until) {
        log('info', 'There is more history to remove than one run has time for: the next one continues.')
        return { runs, weeks, is_behind: true }
      }
    }
  }
}

const PART = 'select p.step, p.removed, p.dropped, p.is_done from almanac_private.apply_retention() p'
