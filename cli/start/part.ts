import { fork, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import * as v from 'valibot'
import { EXTENSION } from '../../process/packageRoot.ts'
import { nodeOptionsOf } from '../heap.ts'

/** A process of ours that is restarted whenever it dies. */
export interface Part {
  readonly name: string
  /** The process of the moment. */
  readonly pid: number | null
  /** Resolves when the part says that it is ready, the first time; rejects if it dies before. */
  readonly ready: Promise<ReadyMessage>
  /** Asks it to end, and resolves when it is gone. */
  stop(): Promise<void>
  /** Ends it at once, while `stop` waits. */
  kill(): void
}

export interface PartOptions {
  readonly name: 'server' | 'worker'
  /** Asked for again at each start. */
  readonly environment: () => NodeJS.ProcessEnv
  /** Keeps the embedded database up as long as the part lives, were it without us. */
  readonly lifeline: Socket | null
  readonly log: (message: string) => void
  readonly onStarted?: () => void
  /** What it may take to end what it does; after that it is killed. Default a minute. */
  readonly stopWithinMs?: number
}

const ReadyMessage = v.object({ type: v.literal('ready'), url: v.optional(v.string()) })
type ReadyMessage = v.InferOutput<typeof ReadyMessage>

const MAIN = join(import.meta.dirname, `../main${EXTENSION}`)
const SHORTEST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
const STEADY_AFTER_MS = 30_000
const STOP_WITHIN_MS = 60_000

/**
 * Starts a part and looks after it:
 *
 *   starting ──ready──► running ──died──► pausing ──over──► starting
 *       └──gave up, never having been ready──► failed       any ──stop──► stopped
 */
export function startPart(options: PartOptions): Part {
  const { name, environment, lifeline, log, onStarted, stopWithinMs = STOP_WITHIN_MS } = options
  const first = Promise.withResolvers<ReadyMessage>()
  const stopped = Promise.withResolvers<void>()
  let child: ChildProcess | null = null
  let pause: NodeJS.Timeout | null = null
  let pauseMs = SHORTEST_PAUSE_MS
  let wasReady = false
  let stopping = false

  function start() {
    pause = null
    const startedAt = Date.now()
    const env = environment()
    child = fork(MAIN, [name], {
      env,
      execArgv: nodeOptionsOf(name, process.execArgv, env['NODE_OPTIONS']),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...(lifeline ? [lifeline] : [])],
    })
    onStarted?.()
    child.on('message', (message) => {
      if (!v.is(ReadyMessage, message)) return
      wasReady = true
      first.resolve(message)
    })
    child.once('error', (error) => log(`The ${name} could not be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      child = null
      const how = signal ?? `code ${code}`
      if (stopping) return stopped.resolve()
      if (!wasReady && code !== null)
        return first.reject(new Error(`The ${name} ended before it was ready (${how}).`))
      pauseMs =
        Date.now() - startedAt > STEADY_AFTER_MS ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      log(`The ${name} ended (${how}); restarting it in ${pauseMs} ms`)
      pause = setTimeout(start, pauseMs)
    })
  }

  start()
  return {
    name,
    get pid() {
      return child?.pid ?? null
    },
    ready: first.promise,
    async stop() {
      stopping = true
      if (pause) clearTimeout(pause)
      if (!child) return
      child.kill('SIGTERM')
      const timer = setTimeout(() => child?.kill('SIGKILL'), stopWithinMs)
      await stopped.promise
      clearTimeout(timer)
    },
    kill() {
      child?.kill('SIGKILL')
    },
  }
}
