import { describeError, type Log } from '../process/log.ts'
import { paced } from './paced.ts'
import type { Query } from '../process/query.ts'

/** The roles that schedules run as, which a worker keeps slots for. */
export interface ScheduledRoles {
  readonly roles: () => ReadonlySet<string>
  /** Resolves once they have been looked up for the first time, or could not be. */
  known(): Promise<void>
  /** With every heartbeat: looks them up again from time to time. */
  beat(): void
  /** Schedules have changed, as anyone may say: looks them up again, which tells of one that is a role's first. */
  changed(): void
}

const PAUSE = 30_000
/** Milliseconds between look-ups that anyone may ask for. */
const CHANGE_PAUSE = 100

/** Looks them up. */
export function createScheduledRoles({
  query,
  log,
  now = () => performance.now(),
  pause = CHANGE_PAUSE,
}: {
  query: Query
  log: Log
  now?: () => number
  pause?: number
}): ScheduledRoles {
  let roles: ReadonlySet<string> = new Set()
  let lookedAt = -Infinity
  let first: Promise<void> | undefined

  // One at a time: while the schedules are locked, each takes a connection.
  const look = paced(async () => {
    lookedAt = Infinity
    try {
      const rows = await query<{ role: string }>('select role from almanac_private.scheduled_roles() as role')
      roles = new Set(rows.map(({ role }) => role))
    } catch (error) {
      log('warning', `Could not look up the roles that schedules run as: ${describeError(error)}`)
    }
    lookedAt = now()
  }, pause)

  function lookAgain(): void {
    const looked = look()
    first ??= looked
  }

  return {
    roles: () => roles,
    known: () => (first ??= look()),
    beat() {
      if (now() - lookedAt >= PAUSE) lookAgain()
    },
    changed: lookAgain,
  }
}
