import { describeError, type Log } from '../../process/log.ts'
import { paced } from '../paced.ts'
import type { Query } from '../../process/query.ts'

/** The accounts that have schedules, which a worker keeps slots for. */
export interface ScheduledAccounts {
  readonly accounts: () => ReadonlySet<string>
  /** Resolves once they have been looked up for the first time, or could not be. */
  known(): Promise<void>
  /** With every heartbeat: looks them up again from time to time. */
  beat(): void
  /** Schedules have changed, which anyone may announce: looks them up again, which tells of one that is an account's first. */
  changed(): void
}

const PAUSE = 30_000
/** Milliseconds between look-ups that anyone may ask for. */
const CHANGE_PAUSE = 100

/** Looks them up. */
export function createScheduledAccounts({
  query,
  log,
  now = () => performance.now(),
  pause = CHANGE_PAUSE,
}: {
  query: Query
  log: Log
  now?: () => number
  pause?: number
}): ScheduledAccounts {
  let accounts: ReadonlySet<string> = new Set()
  let lookedAt = -Infinity
  let first: Promise<void> | undefined

  // One at a time: while the schedules are locked, each takes a connection.
  const look = paced(async () => {
    lookedAt = Infinity
    try {
      const rows = await query<{ account: string }>(
        'select account from almanac_private.scheduled_accounts() as account',
      )
      accounts = new Set(rows.map(({ account }) => account))
    } catch (error) {
      log('warning', `Could not look up the accounts that have schedules: ${describeError(error)}`)
    }
    lookedAt = now()
  }, pause)

  function lookAgain(): void {
    const looked = look()
    first ??= looked
  }

  return {
    accounts: () => accounts,
    known: () => (first ??= look()),
    beat() {
      if (now() - lookedAt >= PAUSE) lookAgain()
    },
    changed: lookAgain,
  }
}
