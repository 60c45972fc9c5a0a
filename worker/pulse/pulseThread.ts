import { writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { DatabaseClient } from '../../process/client.ts'
import { ENGINE_LIMITS } from '../defaults.ts'
import { describeError } from '../../process/describeError.ts'
import { beaconOn } from './beacon.ts'
import { findHolder, type Holder } from './heldBy.ts'
import type { FromPulse, LastWords, PulseData, ToPulse } from './pulse.ts'

/** How often this thread looks at the main thread. */
const LOOK = 250
/** A main thread that came late to its timers by less is just at work. */
const LATE = 1_500
const SHORTEST_PAUSE = 1_000
/** This thread itself was held up: the machine slept, the process was stopped, or there was no CPU for it. */
const HELD_UP = 2_000

const { memory, connectionString, interval, busyLimit, nameAfter, ownsProcess } = workerData as PulseData
const beacon = beaconOn(memory)
let workerId: string | null = null
let client: DatabaseClient | null = null
/** The busy time of the main thread, once it is one. */
let busyTime: { since: number; holder: Holder | null } | null = null
let tickedAt = performance.now()
let releasedAt = tickedAt
let looking = false

parentPort?.on('message', (message: ToPulse) => {
  if ('lastWords' in message) return void say(message.lastWords).finally(() => beacon.lastWordsSaid())
  if ('stop' in message) return void (client ? client.end() : Promise.resolve()).finally(() => process.exit())
  workerId = message.tend
  void connect().catch(() => undefined)
})
beacon.looked(true)
setInterval(() => {
  beacon.looked()
  const now = performance.now()
  if (now - tickedAt > HELD_UP) releasedAt = now
  tickedAt = now
  if (looking) return
  looking = true
  void look()
    .catch((error: unknown) =>
      tell({ log: `A heartbeat sent for the main thread failed: ${describeError(error)}` }),
    )
    .finally(() => (looking = false))
}, LOOK)

/**
 *   main thread late ──► busy: its heartbeats are sent from here ──nameAfter──► named ──busyLimit──► abandoned
 *        ▲                                │                                      │
 *        └────────────────────────────────┴──────── it came back: told ◄─────────┘
 */
async function look(): Promise<void> {
  const now = performance.now()
  const busyFor = Math.min(beacon.sinceTick(), now - releasedAt)
  if (busyFor < LATE) {
    if (busyTime?.holder)
      tell({ relieved: { seconds: (now - busyTime.since) / 1000, holder: busyTime.holder } })
    busyTime = null
  } else {
    busyTime ??= { since: now - busyFor, holder: null }
    if (busyFor > nameAfter && !busyTime.holder) {
      busyTime.holder = await findHolder()
      await beat(busyTime)
    }
    if (busyFor > busyLimit) return giveUp(busyTime.since)
  }
  if (beacon.sinceBeat() > Math.max(SHORTEST_PAUSE, 1.4 * interval)) await beat(busyTime)
}

async function beat(busy: typeof busyTime): Promise<void> {
  if (workerId === null) return
  const state = busy && {
    seconds: (performance.now() - busy.since) / 1000,
    runId: busy.holder?.runId,
    at: busy.holder?.at,
  }
  const [row] = await ask<{ alive: boolean }>('select alive from almanac_private.heartbeat($1, busy => $2)', [
    workerId,
    state && JSON.stringify(state),
  ])
  if (row?.alive) beacon.beaten()
  else workerId = null
}

async function giveUp(since: number): Promise<void> {
  const holder = await findHolder()
  const seconds = Math.round((performance.now() - since) / 1000)
  // It may have come back meanwhile.
  if (beacon.sinceTick() < LATE) return
  const reason = `${holder.runId === null ? 'Something' : `The task ${holder.task ?? ''} of run ${holder.runId}`} held the CPU of the worker for ${seconds} s without a pause${holder.at ? `, at ${holder.at}` : ''}: everything else had to wait.`
  await say({ reason, runId: holder.runId, isCrash: true }).catch(() => undefined)
  workerId = null
  busyTime = null
  releasedAt = performance.now()
  if (!ownsProcess) return
  writeSync(2, `${reason} The process is killed, and its other runs are handed back.\n`)
  process.kill(process.pid, 'SIGKILL')
}

async function say({ reason, runId, isCrash }: LastWords): Promise<void> {
  if (workerId === null) return
  await ask('select almanac_private.mark_worker_lost($1, $2, $3, $4)', [workerId, reason, runId, isCrash])
}

async function ask<Row extends object>(text: string, values: unknown[]): Promise<Row[]> {
  const connection = await connect()
  try {
    return (await connection.query<Row>(text, values)).rows
  } catch (error) {
    forget(connection)
    throw error
  }
}

async function connect(): Promise<DatabaseClient> {
  if (client) return client
  const opened = new DatabaseClient({
    connectionString,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    limits: ENGINE_LIMITS,
    application_name: 'almanac pulse',
  })
  opened.on('error', () => forget(opened))
  opened.on('end', () => forget(opened))
  await opened.connect()
  return (client = opened)
}

function forget(connection: DatabaseClient): void {
  if (client === connection) client = null
  void connection.end().catch(() => undefined)
}

function tell(message: FromPulse): void {
  parentPort?.postMessage(message)
}
