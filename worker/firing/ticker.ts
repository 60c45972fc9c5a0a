import type { Client } from 'pg'
import { reportJump, watchClock } from './clock.ts'
import { DEAF_FOR, FLOODED, hangUp, watchForFlood } from '../../process/flood.ts'
import { describeError, type Log } from '../../process/log.ts'
import { backoff, isLockTimeout } from '../../process/query.ts'
import { jobCount } from '../pool/nudging.ts'

/** Fires schedules at the instant they are due. Without one they still fire, by their jobs, some seconds late. */
export interface Ticker {
  /** Whether it is connected and firing, as far as is known. */
  readonly ticking: boolean
  stop(): Promise<void>
}

/** Looks again at least so often: over longer sleeps the clocks of the two machines would drift apart. */
const LONGEST_SLEEP = 60_000
/** How much later than the leader a standby fires what is still due. */
const STAND_IN_DELAY = 100
/** Schedules fired by the first call at an instant: few, so that workers begin early; each further call takes twice as many. */
const FIRST_CALL = 100
const LARGEST_CALL = 500
/** One whose call takes longer leads no more: it may wait for a lock, or its connection lead nowhere. */
const LONGEST_CALL = 10_000
/** A call that takes longer may wait for a lock. */
const HELD_AFTER = 1_200
/** A statement that takes longer when it is to stop is cut off. */
const LONGEST_STOP = 2_000
/** Changes of schedules that come one upon another are looked at together. */
const CHANGE_PAUSE = 10

/**
 * connecting ──► asleep until the next due time ──► firing while anything is due ─┐
 *     ▲            ▲    NOTIFY almanac_schedules, almanac_leads: look again       │
 *     │            └─────────────────────────────────────────────────────────────┘
 *     ├── with a growing pause, after any error
 *     └── at once, after a flood of notifications, and without listening for a while
 *
 * `connect` opens a connection with a session of its own: LISTEN does not go through a transaction pooler.
 */
export function startTicker({
  connect,
  isLeader,
  onJobs,
  onCancels,
  onChanges,
  onLeadFree,
  onConnected,
  onFired,
  onHeld,
  log,
}: {
  connect: () => Promise<Client>
  isLeader: () => boolean
  /** Called with the number of new jobs, where no one else can listen for them. */
  onJobs: ((count: number) => void) | null
  /** Called when runs are to be cancelled, which anyone may announce. */
  onCancels: () => void
  /** Called when schedules have changed, which anyone may announce. */
  onChanges: () => void
  /** Called when the leader has given its lead away, which anyone may announce; resolves when it is known who leads now. */
  onLeadFree: () => Promise<void>
  onConnected: () => void
  /** Called with the ids of the schedules that a call has moved on, and how many runs came of it. */
  onFired: (scheduleIds: readonly string[], runs: number) => void
  /** Called again and again while it waits for a lock, or what is due is held by others. */
  onHeld: () => void
  log: Log
}): Ticker {
  const clock = watchClock()
  let stopped = false
  let ticking = false
  let callingSince: number | null = null
  let changed = false
  let leadFree = false
  let failed: Error | null = null
  let connection: Client | null = null
  /** Until when it does not listen, because it was flooded; null: it listens. */
  let deafUntil: number | null = null
  let wakeUp: () => void = () => undefined

  /** Sleeps until `ms` have passed or something happened; what happens in between is not lost. */
  function sleep(ms: number, interruptedBy: () => boolean): Promise<void> {
    if (interruptedBy()) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.ceil(ms))
      wakeUp = () => {
        if (interruptedBy()) done()
      }
      function done(): void {
        clearTimeout(timer)
        wakeUp = () => undefined
        resolve()
      }
    })
  }

  function lookAnew(): void {
    changed = true
    wakeUp()
  }

  const isOver = () => stopped || failed !== null

  async function tick(client: Client): Promise<void> {
    let blocked = 0
    let locked = false
    let maxCount = FIRST_CALL
    while (!isOver()) {
      if (deafUntil !== null && performance.now() >= deafUntil) await listen(client)
      changed = false
      if (leadFree) {
        leadFree = false
        void onLeadFree().then(lookAnew)
      }
      const sentAt = performance.now()
      callingSince = performance.now()
      const waiting = setTimeout(onHeld, HELD_AFTER)
      const firing = await fireDue(client, maxCount)
        .catch((error: unknown) => {
          if (!isLockTimeout(error)) throw error
          if (!locked) log('warning', `Schedules could not be fired; trying again: ${describeError(error)}`)
          locked = true
        })
        .finally(() => {
          callingSince = null
          clearTimeout(waiting)
        })
      if (!firing) continue
      locked = false
      const { moved, fired, dueIn, laterIn, databaseMs } = firing
      const jump = clock.observe(databaseMs, { sentAt, receivedAt: performance.now() })
      if (jump !== 0) reportJump(log, { jump, ahead: await countAhead(client) })
      maxCount = dueIn <= 0 ? Math.min(LARGEST_CALL, 2 * maxCount) : FIRST_CALL
      if (moved.length > 0) onFired(moved, fired)
      blocked = moved.length === 0 && dueIn <= 0 ? blocked + 1 : 0
      if (blocked > 0) onHeld()
      if (dueIn <= 0 && blocked === 0) continue

      const pause = blocked > 0 ? Math.min(500, 10 * 2 ** blocked, laterIn) : dueIn
      const asleepUntil =
        performance.now() +
        Math.min(deafUntil === null ? LONGEST_SLEEP : DEAF_FOR, pause + (isLeader() ? 0 : STAND_IN_DELAY))
      await sleep(asleepUntil - performance.now(), () => isOver() || changed)
      if (changed) await sleep(Math.min(CHANGE_PAUSE, Math.max(0, asleepUntil - performance.now())), isOver)
    }
    if (failed) throw failed
  }

  async function listen(client: Client): Promise<void> {
    deafUntil = null
    await client.query(
      `listen almanac_schedules; listen almanac_cancels; listen almanac_leads${onJobs ? '; listen "jobs:insert"' : ''}`,
    )
  }

  async function session(): Promise<void> {
    failed = null
    const client = await connect()
    connection = client
    client.on('error', (error) => {
      failed = error
      wakeUp()
    })
    client.on('notification', ({ channel, payload }) => {
      if (channel === 'jobs:insert') return onJobs?.(jobCount(payload))
      if (channel === 'almanac_cancels') return onCancels()
      if (channel === 'almanac_leads') leadFree = true
      else onChanges()
      lookAnew()
    })
    watchForFlood(client, () => {
      deafUntil = performance.now() + DEAF_FOR
      hangUp(client)
    })
    try {
      if (deafUntil === null) await listen(client)
      ticking = true
      onConnected()
      await tick(client)
    } finally {
      ticking = false
      await client.end().catch(() => undefined)
    }
  }

  async function run(): Promise<void> {
    for (let tries = 0; !stopped; tries++) {
      const begun = performance.now()
      try {
        await session()
      } catch (error) {
        if (stopped) return
        if (deafUntil !== null) {
          log('warning', FLOODED)
          tries = -1
          continue
        }
        if (performance.now() - begun > 10_000) tries = 0
        const wait = backoff(tries)
        log('warning', `The ticker restarts in ${wait} ms: ${describeError(error)}`)
        failed = null
        await sleep(wait, () => stopped)
      }
    }
  }

  const ended = run()
  return {
    get ticking() {
      return ticking && (callingSince === null || performance.now() - callingSince < LONGEST_CALL)
    },
    stop() {
      stopped = true
      wakeUp()
      // Its statement may wait for a lock.
      const cut = setTimeout(() => void connection?.end().catch(() => undefined), LONGEST_STOP)
      return ended.finally(() => clearTimeout(cut))
    },
  }
}

interface Firing {
  /** Ids of the schedules that it moved on; none, while something is due: others hold it. */
  readonly moved: readonly string[]
  /** How many runs came of it. */
  readonly fired: number
  /** Milliseconds until the next is due, which may be already. */
  readonly dueIn: number
  /** Where one is due already: until what is not yet will be. */
  readonly laterIn: number
  /** The database's clock, in milliseconds since 1970. */
  readonly databaseMs: number
}

async function fireDue(client: Client, maxCount: number): Promise<Firing> {
  const { rows } = await client.query<{
    moved: string[]
    fired: number
    due_in: string | null
    later_in: string | null
    clock: string
  }>(
    `select f.moved_ids::text[] as moved, f.fired, ${milliseconds('f.next_due - clock_timestamp()')} as due_in,
       ${milliseconds('f.next_later - clock_timestamp()')} as later_in, ${milliseconds('clock_timestamp()')} as clock
     from almanac_private.fire_due(max_count => $1) f`,
    [maxCount],
  )
  const [row] = rows
  return {
    moved: row?.moved ?? [],
    fired: row?.fired ?? 0,
    dueIn: Number(row?.due_in ?? Infinity),
    laterIn: Math.max(0, Number(row?.later_in ?? Infinity)),
    databaseMs: Number(row?.clock ?? NaN),
  }
}

/** As text: a number that is not whole would be rounded as the setting extra_float_digits says. */
function milliseconds(expression: string): string {
  return `(extract(epoch from ${expression}) * 1000)::text`
}

async function countAhead(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    'select count(*)::int as count from almanac_private.schedules_ahead(clock_timestamp())',
  )
  return rows[0]?.count ?? 0
}
