import { startPart, type Part, type PartOptions } from '../../cli/start/part.ts'

/** The server or the worker in a process that is replaced on request. */
export interface DevPart {
  /** Resolves with its address when it is ready the first time. */
  readonly url: Promise<string>
  /** Ends the process and starts another. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export type DevPartOptions = Pick<PartOptions, 'name' | 'environment' | 'log'>

/** What a part may take to end what it does; after that it is killed. */
const STOP_WITHIN_MS = 3_000

export function startDevPart(options: DevPartOptions): DevPart {
  const { name, log } = options
  const first = Promise.withResolvers<string>()
  let part = start()
  let turn = Promise.resolve()

  function start(): Part {
    const began = performance.now()
    const started = startPart({ ...options, lifeline: null, stopWithinMs: STOP_WITHIN_MS })
    started.ready.then(
      ({ url = '' }) => {
        log(`The ${name} is ready (${Math.round(performance.now() - began)} ms)`)
        first.resolve(url)
      },
      (error: Error) => log(`${error.message} It is started again at the next change.`),
    )
    return started
  }

  return {
    url: first.promise,
    restart() {
      turn = turn.then(async () => {
        await part.stop()
        part = start()
      })
      return turn
    },
    async stop() {
      await turn
      await part.stop()
    },
  }
}
