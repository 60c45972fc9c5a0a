import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** The server or the worker in a process that is replaced on request. */
export interface DevPart {
  /** Resolves with its address when it is ready the first time. */
  readonly url: Promise<string>
  /** Ends the process and starts another. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface DevPartOptions {
  readonly name: 'server' | 'worker'
  readonly environment: () => NodeJS.ProcessEnv
  readonly log: (message: string) => void
}

const MAIN = join(import.meta.dirname, '../../cli/main.ts')
/** What a part may take to end what it does; after that it is killed. */
const STOP_WITHIN_MS = 3_000

export function startDevPart({ name, environment, log }: DevPartOptions): DevPart {
  const first = Promise.withResolvers<string>()
  let child: ChildProcess | null = null
  let turn = Promise.resolve()

  function start(): void {
    const began = performance.now()
    const started = fork(MAIN, [name], { env: environment() })
    child = started
    started.once('message', (message: { url?: string }) => {
      log(`The ${name} is ready (${Math.round(performance.now() - began)} ms)`)
      first.resolve(message.url ?? '')
    })
    started.once('exit', (code, signal) => {
      if (child !== started) return
      child = null
      log(`The ${name} ended (${signal ?? `code ${code}`}); it is started again at the next change`)
    })
  }

  async function end(): Promise<void> {
    const ending = child
    child = null
    if (!ending) return
    const ended = once(ending, 'exit')
    ending.kill('SIGTERM')
    const timer = setTimeout(() => ending.kill('SIGKILL'), STOP_WITHIN_MS)
    await ended
    clearTimeout(timer)
  }

  start()
  return {
    url: first.promise,
    restart() {
      turn = turn.then(end).then(start)
      return turn
    },
    async stop() {
      await turn
      await end()
    },
  }
}
