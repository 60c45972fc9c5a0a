import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'

/** A session that keeps Almanac waiting. */
export interface Blocker {
  readonly pid: number
  readonly role: string
  readonly application: string | null
  /** When its transaction began; null: the login may not see it. */
  readonly since: string | null
  readonly query: string | null
  /** What waits. */
  readonly blocks: string
  readonly blockedSince: string
}

export const ALL_BLOCKERS = `
  select b.pid, b.role_name as role, b.application_name as application, b.transaction_since::text as since, b.query, b.blocks,
    b.blocked_since::text as "blockedSince"
  from almanac.blockers() b`

/** Those that it has waited for longer than a moment. */
export const BLOCKERS = `${ALL_BLOCKERS} where b.blocked_since < pg_catalog.clock_timestamp() - interval '1 second'`

/** One line that says who it is, and what to do about it. */
export function describeBlocker(
  blocker: Blocker,
  // Whole seconds, as PostgreSQL writes the rest.
  time: (instant: string) => string = (instant) => instant.replace(/\.\d+/, ''),
): string {
  const { pid, role, application, since, query, blocks, blockedSince } = blocker
  const who = `process ${pid} of ${role}${application === null ? '' : `, ${application},`}`
  const transaction = since === null ? '' : `, in a transaction since ${time(since)}`
  const statement = query === null ? '' : `, with: ${query}`
  return `${who} has been blocking since ${time(blockedSince)}: ${blocks}${transaction}${statement}`
}

const PAUSE = 2_000

/** Called whenever firing or recording waits: says who holds it up, and ends who may be ended. */
export function createBlockerWatch({ query, log }: { query: Query; log: Log }): () => Promise<void> {
  let lookedAt = -Infinity
  const told = new Set<string>()

  function tell(key: string, message: string): void {
    if (told.has(key)) return
    if (told.size > 100) told.clear()
    told.add(key)
    log('warning', message)
  }

  return async () => {
    if (performance.now() - lookedAt < PAUSE) return
    lookedAt = performance.now()
    try {
      for (const blocker of await query<Blocker & Record<string, unknown>>(BLOCKERS)) {
        const { pid, since, blockedSince } = blocker
        tell(`${pid} ${since ?? blockedSince}`, `Blocked by another session: ${describeBlocker(blocker)}`)
      }
      const ended = await query<{ pid: number; role_name: string; is_ended: boolean }>(
        'select pid, role_name, is_ended from almanac_private.end_blockers()',
      )
      for (const { pid, role_name, is_ended } of ended) {
        const who = `Process ${pid} of ${role_name}, which blocked the schedules of others,`
        const remedy = `could not be ended: grant pg_signal_backend to the owner of the schema almanac, or end it yourself: select pg_terminate_backend(${pid})`
        tell(`ended ${pid}`, `${who} ${is_ended ? 'was ended' : remedy}.`)
      }
    } catch (error) {
      tell(describeError(error), `Could not look up what blocks the worker: ${describeError(error)}`)
    }
  }
}
