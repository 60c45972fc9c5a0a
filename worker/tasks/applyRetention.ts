import type { WithPgClient } from 'graphile-worker'
import type { Log } from '../../process/log.ts'
import type { RunTask } from '../run.ts'
import { writeArchive } from './archive.ts'

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
 * its own, and counts what there is of days that are over. One that is ended in between is continued by the next run.
 * On a connection of the pool that runs jobs: heartbeats do not wait for it. What is to be archived is then written to files in `directory`; null: this worker has none.
 */
export function createApplyRetentionTask({
  log,
  directory,
  longest = LONGEST_RUN,
}: {
  log: Log
  directory: string | null
  longest?: number
}): RunTask {
  return async (_payload, { withPgClient, abortSignal }) => {
    const until = performance.now() + longest
    const done = await removeParts(withPgClient, { until, signal: abortSignal, log })
    await countDays(withPgClient, { until, signal: abortSignal })
    if (directory === null) {
      const [waits] = await withPgClient(async (client) => (await client.query<{ runs: string }>(WAITS)).rows)
      if (!waits) return done
      throw new Error(
        `About ${waits.runs} removed runs wait in the database to be written to files, and this worker has no ALMANAC_ARCHIVE_DIR. Set it for every worker.`,
      )
    }
    let archived = 0
    for (let written = 1; written > 0 && performance.now() < until; archived += written) {
      written = await withPgClient((client) => writeArchive(client, { directory, signal: abortSignal }))
    }
    return { ...done, archived }
  }
}

interface Done {
  readonly runs: number
  readonly weeks: number
  /** Another session has what it needs. */
  readonly is_held?: true
  /** There is more than one run has time for. */
  readonly is_behind?: true
}

async function removeParts(
  withPgClient: WithPgClient,
  { until, signal, log }: { until: number; signal: AbortSignal; log: Log },
): Promise<Done> {
  let runs = 0
  let weeks = 0
  for (;;) {
    signal.throwIfAborted()
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

/** Counts the runs of days that are over: what was removed has changed them. */
async function countDays(
  withPgClient: WithPgClient,
  { until, signal }: { until: number; signal: AbortSignal },
): Promise<void> {
  for (let isDone = false; !isDone && performance.now() < until;) {
    signal.throwIfAborted()
    isDone = await withPgClient(
      async (client) => (await client.query<{ is_done: boolean }>(COUNT)).rows[0]?.is_done ?? true,
    )
  }
}

const COUNT = 'select c.is_done from almanac_private.count_days() c'
const PART = 'select p.step, p.removed, p.dropped, p.is_done from almanac_private.apply_retention() p'
const WAITS =
  'select r.archive_waiting as runs from almanac.retention() r where r.archive and r.archive_waits_since is not null'
