import { describeError, type Log } from '../process/log.ts'
import type { Query } from '../process/query.ts'

/** Tells clients that runs of schedules have changed, or, as almanac_logs, that runs have logged something. */
export interface Notifier {
  /** Ids of the schedules concerned, of almanac_logs those of runs; `null`: too many to name. */
  changed(ids: Iterable<string> | null): void
  /** Sends what is left. */
  flush(): Promise<void>
}

/**
 * Sends a NOTIFY, by default almanac_runs, at most once per `pause` and outside every other transaction: a commit with a NOTIFY
 * takes a lock that all such commits of a database share. A lost one costs a client some seconds, nothing else.
 */
export function createNotifier({
  query,
  log,
  channel = 'almanac_runs',
  pause = 100,
}: {
  query: Query
  log: Log
  channel?: 'almanac_runs' | 'almanac_logs'
  pause?: number
}): Notifier {
  let ids = new Set<string>()
  let bulk = false
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<void> = Promise.resolve()

  function send(): Promise<void> {
    timer = null
    if (ids.size === 0 && !bulk) return sending
    const changed = bulk ? null : [...ids]
    ids = new Set()
    bulk = false
    timer = setTimeout(() => void send(), pause)
    sending = query('select almanac_private.notify_changed($1, $2)', [channel, changed]).then(
      () => undefined,
      (error: unknown) => log('debug', `NOTIFY ${channel} failed: ${describeError(error)}`),
    )
    return sending
  }

  return {
    changed(scheduleIds) {
      if (scheduleIds === null) bulk = true
      else if (!bulk) for (const id of scheduleIds) ids.add(id)
      if (timer === null) void send()
    },
    async flush() {
      if (timer !== null) clearTimeout(timer)
      await send()
      if (timer !== null) clearTimeout(timer)
      timer = null
      await sending
    },
  }
}
