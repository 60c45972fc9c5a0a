import { describeError, type Log } from '../../process/log.ts'
import type { Query } from '../../process/query.ts'
import { readRulesOn } from './rules.ts'

/** What a worker does besides firing and running, so that nothing stays wrong. */
export interface Maintenance {
  /** Before it writes anything: sequences are raised that are behind their tables. Once it has come off it does nothing more. */
  prepare(): Promise<void>
  /** At its start: time zones reloaded, partitions made, all schedules and runs compared with their jobs, calendar series extended. */
  start(): Promise<void>
  /**
   * With every heartbeat, by the leader: at most once a minute what is due soon is compared with its jobs, at most once
   * an hour, or a minute while some are missing, partitions are made, at most once a day calendar series are extended.
   */
  beat(): Promise<void>
}

const PAUSE = 60_000
const HOUR = 3_600_000
const DAY = 86_400_000
const SOON = '2 minutes'

/** After an upgrade of the system or of PostgreSQL, or a restore of the database, workers start: they put right what that made wrong. */
export function createMaintenance({
  query,
  isLeader,
  log,
}: {
  query: Query
  isLeader: () => boolean
  log: Log
}): Maintenance {
  let reconciledAt = -Infinity
  let partitionsAt = -Infinity
  let readOnAt = -Infinity
  /** Partitions that could not be made at the last try. */
  let missing = 0
  let toldOfMissing = false
  let raised = false

  async function raiseSequences(): Promise<void> {
    for (const line of await raisedSequences(query)) log('warning', line)
    raised = true
  }

  async function refreshTimezones(): Promise<void> {
    const [found] = await query<{ changed: string[]; moved: number }>(
      'select changed, moved from almanac_private.refresh_timezones()',
    )
    if (!found || found.changed.length === 0) return
    log(
      'warning',
      `Time zone rules have changed: ${found.changed.join(', ')}. ${found.moved} schedules now have a different next run.`,
    )
  }

  async function reconcile(within: string | null): Promise<void> {
    reconciledAt = performance.now()
    const repairs = await query<{ repair: string; schedule_name: string | null; detail: string }>(
      'select repair, schedule_name, detail from almanac.reconcile($1)',
      [within],
    )
    for (const { repair, schedule_name, detail } of repairs)
      log('warning', `Repaired: ${schedule_name ?? 'a deleted schedule'} ${repair}. ${detail}`)
  }

  async function makePartitions(): Promise<void> {
    partitionsAt = performance.now()
    const before = missing
    const [found] = await query<{ missing: number }>(
      'select missing from almanac_private.ensure_partitions()',
    )
    missing = found?.missing ?? 0
    if (missing === 0) toldOfMissing = false
    // Of several that begin at once, one makes them.
    if (missing > 0 && before > 0 && !toldOfMissing) {
      toldOfMissing = true
      log(
        'warning',
        `${missing} partitions for the coming weeks could not be created: other sessions hold locks on runs or run_attempts. This is tried again every minute; until then the default partitions take the rows.`,
      )
    }
  }

  async function readOn(): Promise<void> {
    readOnAt = performance.now()
    await readRulesOn({ query, log })
  }

  async function attempt(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      log('warning', `${what}: ${describeError(error)}`)
    }
  }

  return {
    async prepare() {
      if (!raised) await attempt('Sequences could not be compared with their tables', raiseSequences)
    },
    async start() {
      await attempt('The time zones could not be refreshed', refreshTimezones)
      await attempt('Partitions could not be created', makePartitions)
      await attempt('Schedules could not be compared with their jobs', () => reconcile(null))
      await attempt('Calendar series could not be extended', readOn)
    },
    async beat() {
      if (!isLeader() || performance.now() - reconciledAt < PAUSE) return
      await attempt('Schedules could not be compared with their jobs', () => reconcile(SOON))
      if (missing > 0 || performance.now() - partitionsAt >= HOUR)
        await attempt('Partitions could not be created', makePartitions)
      if (performance.now() - readOnAt >= DAY) await attempt('Calendar series could not be extended', readOn)
    },
  }
}

/** Raises the sequences that are behind their tables, and says of each what it was. */
export async function raisedSequences(query: Query): Promise<string[]> {
  const raised = await query<{ sequence_name: string; was_at: string; raised_to: string }>(
    'select sequence_name, was_at, raised_to from almanac_private.raise_sequences()',
  )
  return raised.map(
    ({ sequence_name, was_at, raised_to }) =>
      `Repaired: the sequence ${sequence_name} was at ${was_at}, behind the highest value of its table, ${raised_to}; it continues from there.`,
  )
}
