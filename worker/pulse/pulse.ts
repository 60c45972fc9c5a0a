import { once } from 'node:events'
import { extname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describeError, type Log } from '../../process/log.ts'
import { BEACON_SIZE, beaconOn, type Stop } from './beacon.ts'
import type { Holder } from './heldBy.ts'

/** A thread that keeps a worker alive while a task holds the main thread, and that has the last word. */
export interface Pulse {
  /** This worker is the one to keep alive; called with each heartbeat that the main thread has sent. */
  tend(workerId: string): void
  /** When the process last stood still. */
  lastStop(): Stop | null
  /** The process ends at once: says so for the worker. Returns when that is done, or takes too long. */
  say(words: LastWords): void
  stop(): Promise<void>
}

/** Why a worker ends that has not left. */
export interface LastWords {
  readonly reason: string
  /** The run whose task ended it; null: none is known to have. */
  readonly runId: string | null
  /** Whether a run is to blame, though it may not be known which. */
  readonly isCrash: boolean
}

/** What the thread is started with. */
export interface PulseData {
  readonly memory: SharedArrayBuffer
  readonly connectionString: string
  /** Milliseconds between heartbeats of the main thread. */
  readonly interval: number
  /** Milliseconds after which a main thread that answers nothing is abandoned. */
  readonly busyLimit: number
  /** Milliseconds after which it is looked at what holds it. */
  readonly nameAfter: number
  /** The process is the worker's alone: it is killed when its main thread is abandoned. */
  readonly ownsProcess: boolean
}

export type ToPulse = { readonly tend: string } | { readonly lastWords: LastWords } | { readonly stop: true }
export type FromPulse =
  { readonly log: string } | { readonly relieved: { readonly seconds: number; readonly holder: Holder } }

const TICK = 500
const LONGEST_LAST_WORDS = 3_000
const LONGEST_STOP = 1_000
const RESTART = 1_000
/** The same file as this one's, in whatever language it is run. */
const THREAD = new URL(`./pulseThread${extname(fileURLToPath(import.meta.url))}`, import.meta.url)

function isDebugged(): boolean {
  return [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((option) =>
    option.includes('--inspect'),
  )
}

/** Starts the thread. */
export function startPulse({
  log,
  ...settings
}: Omit<PulseData, 'memory' | 'nameAfter'> & { log: Log }): Pulse {
  const memory = new SharedArrayBuffer(BEACON_SIZE)
  const beacon = beaconOn(memory)
  // Who looks at it in a debugger holds it.
  const busyLimit = isDebugged() ? Infinity : settings.busyLimit
  const data: PulseData = {
    ...settings,
    memory,
    busyLimit,
    nameAfter: Math.min(5_000, settings.busyLimit / 2),
  }
  let tended: string | null = null
  let isStopped = false
  let thread = start()
  beacon.tick()
  beacon.beaten()
  const timer = setInterval(beacon.tick, TICK)
  timer.unref()

  function start(): Worker {
    const started = new Worker(THREAD, { workerData: data, execArgv: [], name: 'almanac pulse' })
    started.unref()
    started.on('message', hear)
    started.on('error', (error) =>
      log('warning', `The thread for heartbeats failed: ${describeError(error)}`),
    )
    started.on('exit', () => {
      beacon.blind()
      if (isStopped) return
      setTimeout(() => {
        if (isStopped) return
        thread = start()
        if (tended !== null) post({ tend: tended })
      }, RESTART).unref()
    })
    return started
  }

  function hear(message: FromPulse): void {
    if ('log' in message) return log('warning', message.log)
    const { seconds, holder } = message.relieved
    const who = holder.runId === null ? 'Something' : `Run ${holder.runId} (${holder.task ?? ''})`
    log(
      'warning',
      `${who} held the CPU for ${Math.round(seconds)} s without a pause, and all other runs of this worker waited${holder.at ? `: ${holder.at}` : ''}.`,
    )
  }

  function post(message: ToPulse): void {
    thread.postMessage(message)
  }

  return {
    tend(workerId) {
      beacon.beaten()
      if (tended === workerId) return
      tended = workerId
      post({ tend: workerId })
    },
    lastStop: () => beacon.lastStop(),
    say(words) {
      if (isStopped || tended === null) return
      post({ lastWords: words })
      beacon.waitForLastWords(LONGEST_LAST_WORDS)
    },
    async stop() {
      isStopped = true
      clearInterval(timer)
      const ended = once(thread, 'exit')
      post({ stop: true })
      await Promise.race([ended, delay(LONGEST_STOP, undefined, { ref: false })])
      await thread.terminate()
    },
  }
}
