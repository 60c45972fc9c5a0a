import { setTimeout as delay } from 'node:timers/promises'
import { describeError, type Log } from '../../process/log.ts'
import { persist, type Query } from '../../process/query.ts'

/** How often it is said again that nothing is done. */
const REPEAT = 60_000

/**
 * Resolves when the worker may do the work of its database: at once, unless that is a copy of another, or of another
 * environment. Then it is held until someone adopts it, and says so; or until the signal ends it.
 */
export async function untilAdopted({
  query,
  environment,
  log,
  signal,
  interval = 5_000,
}: {
  query: Query
  environment: string | undefined
  log: Log
  signal: AbortSignal
  interval?: number
}): Promise<void> {
  const say = sayNowAndThen(log)
  for (let isHeld = false; !signal.aborted; isHeld = true) {
    const reason = await persist(
      'Checking whether the database is a copy',
      () => whyHeld(query, environment),
      {
        log,
        signal,
      },
    )
    if (reason === null) {
      if (isHeld) log('info', 'The database was adopted: the worker starts.')
      return
    }
    say(`HELD: ${reason} The worker takes no jobs and fires nothing. ${REMEDY}`)
    await delay(interval, undefined, { signal }).catch(() => undefined)
  }
}

/** Looks, with each heartbeat, whether the database became a copy under a running worker, and says so. */
export function createPlaceWatch({ query, log }: { query: Query; log: Log }): { beat(): Promise<void> } {
  const say = sayNowAndThen(log)
  return {
    async beat() {
      try {
        const [row] = await query<{ original: string | null }>('select almanac.copied_from() as original')
        if (row?.original)
          say(`HELD: This database is a copy of ${row.original}. Nothing fires or runs in it. ${REMEDY}`)
      } catch (error) {
        log('warning', `Could not check whether the database is a copy: ${describeError(error)}`)
      }
    },
  }
}

const REMEDY =
  'If the original is still in use: "npx almanac adopt --skip"; if it no longer exists: "npx almanac adopt --continue".'

async function whyHeld(query: Query, environment: string | undefined): Promise<string | null> {
  const [row] = await query<{ reason: string | null }>('select almanac_private.enter_place($1) as reason', [
    environment ?? null,
  ])
  return row?.reason ?? null
}

function sayNowAndThen(log: Log): (text: string) => void {
  let saidAt = -Infinity
  return (text) => {
    if (performance.now() - saidAt < REPEAT) return
    log('error', text)
    saidAt = performance.now()
  }
}
