import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { DatabaseClient } from '../process/client.ts'
import { FLOODED, hangUp, watchForFlood } from '../process/flood.ts'
import { describeError, type Log } from '../process/log.ts'

/**
 * What changed: ids only, since anyone may NOTIFY. `lost` means that nothing is heard from now on; `resync`, that it is
 * again, and that something may have been missed.
 */
export interface Change {
  readonly op: 'hello' | 'insert' | 'update' | 'delete' | 'bulk' | 'lost' | 'resync'
  readonly ids: readonly string[]
}

/** Feeds GraphQL subscriptions; see docs/decisions/0001. */
export interface Subscriber {
  subscribe(topic: string): AsyncIterableIterator<string>
  release(): Promise<void>
}

/** PostgreSQL channels that are listened to from the start; subscriptions outside them stay silent. */
const CHANNELS = [
  'almanac_schedules',
  'almanac_runs',
  'almanac_logs',
  'almanac_workers',
  'almanac_ledger',
] as const

const OPERATIONS: readonly string[] = ['insert', 'update', 'delete', 'bulk', 'resync']
const BULK = JSON.stringify({ op: 'bulk', ids: [] } satisfies Change)
const RESYNC = JSON.stringify({ op: 'resync', ids: [] } satisfies Change)
const LOST = JSON.stringify({ op: 'lost', ids: [] } satisfies Change)
const MOST_BUFFERED = 100
/** Changes of a channel in one moment that are told one by one; the others are told as one: look again. */
const MOST_AT_ONCE = 200
/** The same, times those who are told: each costs the server some tenths of a millisecond. */
const MOST_TELLINGS = 500
/** Characters of them that are read, which costs a microsecond for some ten of them. */
const MOST_TEXT = 20_000
const MOMENT_MS = 100
const MOMENT_MS_EACH = 2
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 5_000

export interface SubscriberOptions {
  /** Not a transaction pooler's: LISTEN belongs to a session. */
  readonly connectionString: string
  readonly log: Log
  /** How often the silent connection is asked whether it is still alive; a network can lose one without a word. */
  readonly pingMs?: number
  /** How long it may take to answer. */
  readonly answerMs?: number
}

/**
 * One connection that listens on all channels:
 *
 *   connecting ──resync to all──► listening ──mute or gone, lost to all──► waiting ──back-off──► connecting
 *        └───────────────────────────────failed─────────────────────────────┘        any ──release──► released
 */
export function createSubscriber(options: SubscriberOptions): Subscriber {
  const { connectionString, log, pingMs = 15_000, answerMs = 10_000 } = options
  const queues = new Map<string, Set<Queue>>()
  const released = new AbortController()
  let client: Client | null = null
  let isTold = false
  let isListening = false

  const publish = (topic: string, payload: string) =>
    queues.get(topic)?.forEach((queue) => queue.push(payload))

  const moments = new Map<string, { left: number; text: number; isCut: boolean }>()

  function tellInTime(channel: string, payload: string | undefined): void {
    let moment = moments.get(channel)
    if (!moment) {
      const listeners = queues.get(channel)?.size ?? 0
      moment = {
        left: Math.min(MOST_AT_ONCE, Math.ceil(MOST_TELLINGS / (listeners + 1))),
        text: MOST_TEXT,
        isCut: false,
      }
      moments.set(channel, moment)
      setTimeout(() => endMoment(channel), Math.max(MOMENT_MS, listeners * MOMENT_MS_EACH)).unref()
    }
    if (moment.left === 0 || moment.text <= 0) {
      moment.isCut = true
      return
    }
    moment.text -= payload?.length ?? 0
    const change = parseChange(payload)
    if (!change) return
    moment.left--
    publish(channel, JSON.stringify(change))
  }

  function endMoment(channel: string): void {
    const isCut = moments.get(channel)?.isCut
    moments.delete(channel)
    if (isCut) publish(channel, BULK)
  }

  /** Resolves when the connection has ended; its first failure is told, not each one of an outage. */
  async function listen(): Promise<void> {
    const connection = new DatabaseClient({
      connectionString,
      connectionTimeoutMillis: answerMs,
      query_timeout: answerMs,
      application_name: 'almanac server listener',
    })
    const ended = new Promise<void>((resolve) => connection.once('end', resolve))
    connection.on('error', tell)
    connection.on('notification', ({ channel, payload }) => tellInTime(channel, payload))
    watchForFlood(connection, () => {
      tell(new Error(FLOODED))
      hangUp(connection)
    })
    client = connection
    try {
      await connection.connect()
      await connection.query(CHANNELS.map((channel) => `listen ${channel}`).join('; '))
      if (isTold) log('info', 'LISTEN connection restored.')
      isTold = false
      isListening = true
      for (const channel of CHANNELS) publish(channel, RESYNC)
      await Promise.race([ended, pingUntilMute(connection)])
    } catch (error) {
      tell(error)
    } finally {
      client = null
      if (isListening && !released.signal.aborted) for (const channel of CHANNELS) publish(channel, LOST)
      isListening = false
      await connection.end().catch(() => undefined)
    }
  }

  async function pingUntilMute(connection: Client): Promise<never> {
    for (;;) {
      await delay(pingMs, undefined, { signal: released.signal })
      await connection.query('select')
    }
  }

  function tell(error: unknown): void {
    if (!isTold && !released.signal.aborted) {
      log('warning', `LISTEN connection lost; reconnecting: ${describeError(error)}`)
      isTold = true
    }
  }

  async function keepListening(): Promise<void> {
    let wait = FIRST_WAIT_MS
    while (!released.signal.aborted) {
      const before = performance.now()
      await listen()
      wait =
        performance.now() - before > LONGEST_WAIT_MS ? FIRST_WAIT_MS : Math.min(wait * 2, LONGEST_WAIT_MS)
      await delay(wait, undefined, { signal: released.signal }).catch(() => undefined)
    }
  }
  const listening = keepListening()

  return {
    subscribe(topic) {
      const queue = createQueue(() => queues.get(topic)?.delete(queue))
      if (!queues.has(topic)) queues.set(topic, new Set())
      queues.get(topic)?.add(queue)
      if (!isListening) queue.push(LOST)
      return queue.iterator
    },
    async release() {
      released.abort()
      for (const set of queues.values()) for (const queue of set) void queue.iterator.return?.()
      await client?.end().catch(() => undefined)
      await listening
    },
  }
}

/** A NOTIFY payload, or null: any role can send anything. */
export function parseChange(payload: string | undefined): Change | null {
  try {
    const value: unknown = JSON.parse(payload ?? '')
    if (typeof value !== 'object' || value === null) return null
    const { op, ids } = value as { op?: unknown; ids?: unknown }
    if (typeof op !== 'string' || !OPERATIONS.includes(op) || !Array.isArray(ids) || ids.length > 500)
      return null
    const clean = ids.flatMap((id: unknown) => (isNumber(id) ? [String(id)] : []))
    return clean.length === ids.length ? { op: op as Change['op'], ids: clean } : null
  } catch {
    return null
  }
}

function isNumber(id: unknown): boolean {
  return (typeof id === 'string' && /^\d{1,19}$/.test(id)) || (Number.isSafeInteger(id) && Number(id) >= 0)
}

interface Queue {
  push(payload: string): void
  readonly iterator: AsyncIterableIterator<string>
}

/** Events that wait for one subscriber; too many become one: a resync, or that nothing is heard any more. */
function createQueue(onEnd: () => void): Queue {
  let buffered: string[] = []
  let waiting: ((result: IteratorResult<string>) => void) | null = null
  let ended = false
  return {
    push(payload) {
      if (ended) return
      if (waiting) {
        waiting({ value: payload, done: false })
        waiting = null
      } else {
        buffered.push(payload)
        if (buffered.length > MOST_BUFFERED) buffered = [payload === LOST ? LOST : RESYNC]
      }
    },
    iterator: {
      next() {
        const value = buffered.shift()
        if (value !== undefined) return Promise.resolve({ value, done: false })
        if (ended) return Promise.resolve({ value: undefined, done: true })
        return new Promise((resolve) => (waiting = resolve))
      },
      return() {
        ended = true
        buffered = []
        waiting?.({ value: undefined, done: true })
        waiting = null
        onEnd()
        return Promise.resolve({ value: undefined, done: true })
      },
      [Symbol.asyncIterator]() {
        return this
      },
    },
  }
}
