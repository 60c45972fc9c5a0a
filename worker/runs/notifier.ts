import { describeError, type Log } from '../../process/log.ts'
import { backoff, type Query } from '../../process/query.ts'

/** Tells clients that runs of schedules have changed, or, as almanac_logs, that runs have logged something. */
export interface Notifier {
  /** Ids of the schedules concerned, of almanac_logs those of runs; `null`: too many to name. */
  changed(ids: Iterable<string> | null): void
  /** Sends what is left. */
  flush(): Promise<void>
}

/**
 * Sends a NOTIFY, by default almanac_runs, at most once per `pause` and outside every other transaction: a commit with a
 * NOTIFY takes a lock that all such commits of a database share. What could not be sent is sent with the next: no one else
 * tells clients that a run has ended.
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
  let isClosing = false
  let telling: Promise<void> | null = null
  let endRest = () => {}

  const isAnythingLeft = () => bulk || ids.size > 0

  async function send(): Promise<boolean> {
    const sent = { ids, bulk }
    ids = new Set()
    bulk = false
    try {
      await query('select almanac_private.notify_changed($1, $2)', [
        channel,
        sent.bulk ? null : [...sent.ids],
      ])
      return true
    } catch (error) {
      log('debug', `NOTIFY ${channel} failed: ${describeError(error)}`)
      bulk ||= sent.bulk
      for (const id of sent.ids) ids.add(id)
      return false
    }
  }

  const rest = (wait: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait)
      endRest = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function tell(): Promise<void> {
    for (let failures = 0; isAnythingLeft() && !isClosing;) {
      failures = (await send()) ? 0 : failures + 1
      if (!isClosing) await rest(failures === 0 ? pause : Math.max(pause, backoff(failures)))
    }
    telling = null
  }

  return {
    changed(changed) {
      if (changed === null) bulk = true
      else for (const id of changed) ids.add(id)
      telling ??= tell()
    },
    async flush() {
      isClosing = true
      endRest()
      await telling
      if (isAnythingLeft()) await send()
    },
  }
}
