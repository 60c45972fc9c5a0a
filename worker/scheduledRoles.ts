import { describeError, type Log } from '../process/log.ts'
import type { Query } from '../process/query.ts'

/** The roles that schedules run as, which a worker keeps slots for. */
export interface ScheduledRoles {
  readonly roles: () => ReadonlySet<string>
  /** Resolves once they have been looked up, or could not be. */
  known(): Promise<void>
  /** With every heartbeat: looks them up again from time to time. */
  beat(): void
}

const PAUSE = 30_000

/** Looks them up. */
export function createScheduledRoles({ query, log }: { query: Query; log: Log }): ScheduledRoles {
  let roles: ReadonlySet<string> = new Set()
  let lookedAt = -Infinity
  let looking: Promise<void> | undefined

  async function look(): Promise<void> {
    lookedAt = performance.now()
    try {
      const rows = await query<{ role: string }>('select role from almanac_private.scheduled_roles() as role')
      roles = new Set(rows.map(({ role }) => role))
    } catch (error) {
      log('warning', `The roles that schedules run as could not be looked up: ${describeError(error)}`)
    }
  }

  return {
    roles: () => roles,
    known: () => (looking ??= look()),
    beat() {
      if (performance.now() - lookedAt >= PAUSE) looking = look()
    },
  }
}
