import { describeError, type Log } from '../../process/log.ts'
import { persist, type Query } from '../../process/query.ts'
import type { Stop } from '../pulse/beacon.ts'
import type { EndedRun } from '../runs/endings.ts'

/** A pool's place among the workers: its row in almanac.workers, kept alive by heartbeats. */
export interface Membership {
  /** Number of the worker, once it is registered; rejects if it is asked to stop before it could be. */
  workerId(): Promise<string>
  /** Whether this worker's ticker leads: by its lease, which it must renew. */
  isLeader(): boolean
  /** Sends a heartbeat now. */
  beat(): Promise<void>
  /** Says that the worker takes no new work, and gives up its lead at once. It lives on until it leaves. */
  drain(): Promise<void>
  /** Stops waiting for a database that does not take the worker in; one that is in lives on. */
  abandon(): void
  /** Ends the heartbeats and the worker's row. `lostBecause`: it is lost, and others take over what it still has; null: it has nothing. */
  leave(options: { lostBecause: string | null }): Promise<void>
}

/** Who joins. */
export interface Member {
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly concurrency: number
  readonly poolId: string
  /** Tasks that it has besides the built-in ones. */
  readonly tasks: readonly string[]
}

/** Registers a pool and keeps it registered. */
export function join({
  query,
  member,
  prepare,
  isTicking,
  runIds,
  ended,
  lastStop,
  onBeat,
  onLost,
  log,
  interval = 5_000,
}: {
  query: Query
  member: Member
  /** Called before the worker is registered. */
  prepare: () => Promise<void>
  isTicking: () => boolean
  /** The runs that it has in hand. */
  runIds: () => readonly string[]
  /** Those that have ended for good, which it has not recorded yet. */
  ended: (workerId: string) => readonly EndedRun[]
  /** When the process last stood still. */
  lastStop: () => Stop | null
  onBeat: (workerId: string, reaped: number) => void
  /** Called when this worker finds that it had been marked lost: others run what it runs. */
  onLost: () => void
  log: Log
  interval?: number
}): Membership {
  const draining = new AbortController()
  const abandoned = new AbortController()
  const left = new AbortController()
  let leaderUntil = 0
  let joined = register(AbortSignal.any([draining.signal, abandoned.signal]))
  let beating: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void beat(), interval)

  function register(signal: AbortSignal): Promise<string> {
    let workerId: string | null = null
    /** The pool's id goes with the row: jobs that the pool locks can be freed as soon as the worker is known. */
    async function enter(): Promise<string> {
      await prepare()
      workerId ??= await insertWorker()
      await sendHeartbeat(workerId)
      if (draining.signal.aborted) await sendDrain(workerId)
      return workerId
    }
    const registered = persist('Registering the worker', enter, { log, signal })
    registered.catch(() => undefined)
    return registered
  }

  async function insertWorker(): Promise<string> {
    const [row] = await query<{ id: string }>(
      'select almanac_private.register_worker($1, $2, $3, $4, $5, $6) as id',
      [member.name, member.host, member.pid, member.version, member.concurrency, member.tasks],
    )
    return row?.id ?? ''
  }

  async function sendDrain(workerId: string): Promise<void> {
    await query('select almanac_private.drain_worker($1)', [workerId])
  }

  async function sendHeartbeat(workerId: string): Promise<boolean> {
    const sentAt = performance.now()
    const [row] = await query<{ alive: boolean; leader: boolean; reaped: number; lease_ms: number }>(
      'select * from almanac_private.heartbeat($1, $2, $3, $4, ended => $5, stopped => $6)',
      [
        workerId,
        [member.poolId],
        !draining.signal.aborted && isTicking(),
        runIds(),
        JSON.stringify(ended(workerId)),
        JSON.stringify(lastStop()),
      ],
    )
    leaderUntil = row?.leader && !draining.signal.aborted ? sentAt + row.lease_ms : 0
    if (row?.alive) onBeat(workerId, row.reaped)
    return row?.alive ?? false
  }

  async function beatOnce(): Promise<void> {
    const workerId = await joined.catch(() => null)
    if (workerId === null || left.signal.aborted) return
    try {
      if (await sendHeartbeat(workerId)) return
      log(
        'warning',
        `Worker ${workerId} had been marked lost: its heartbeats stopped for too long. It registers again.`,
      )
      onLost()
      joined = register(abandoned.signal)
      await joined
    } catch (error) {
      log('warning', `A heartbeat failed: ${describeError(error)}`)
    }
  }

  function beat(): Promise<void> {
    beating = beating.then(beatOnce, beatOnce)
    return beating
  }

  return {
    workerId: () => joined,
    isLeader: () => performance.now() < leaderUntil,
    beat,
    async drain() {
      draining.abort()
      leaderUntil = 0
      if ((await joined.catch(() => null)) === null) return
      await persist('Draining the worker', async () => sendDrain(await joined), {
        log,
        signal: abandoned.signal,
      }).catch((error: unknown) => {
        if (!left.signal.aborted)
          log(
            'warning',
            `The other workers could not be told that this one is stopping: ${describeError(error)}`,
          )
      })
    },
    abandon: () => abandoned.abort(),
    async leave({ lostBecause }) {
      clearInterval(timer)
      left.abort()
      abandoned.abort()
      leaderUntil = 0
      await beating.catch(() => undefined)
      const workerId = await joined.catch(() => null)
      if (workerId === null) return
      const farewell =
        lostBecause === null
          ? query('select almanac_private.stop_worker($1)', [workerId])
          : query('select almanac_private.mark_worker_lost($1, $2)', [workerId, lostBecause])
      await farewell.catch((error: unknown) =>
        log('warning', `The end of the worker could not be recorded: ${describeError(error)}`),
      )
    },
  }
}
