/** A request that the command ends. */
export interface StopRequest {
  readonly signal: AbortSignal
  /** Resolves with the reason at the first request. */
  readonly asked: Promise<string>
  ask(reason: string): void
  /** Calls `listener` when a person asks again, having waited for a while. */
  onImpatience(listener: () => void): void
}

/** npm passes on a Ctrl-C that the terminal has already sent us; two of them are one request. */
const SAME_REQUEST_MS = 1_500

/** Listens to Ctrl-C and to SIGTERM. */
export function listenForStop(): StopRequest {
  const controller = new AbortController()
  const asked = Promise.withResolvers<string>()
  const impatient: (() => void)[] = []
  let askedAt = 0

  function ask(reason: string) {
    if (controller.signal.aborted) {
      if (Date.now() - askedAt > SAME_REQUEST_MS) impatient.forEach((listener) => listener())
      return
    }
    askedAt = Date.now()
    controller.abort()
    asked.resolve(reason)
  }

  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => ask(name))
  return {
    signal: controller.signal,
    asked: asked.promise,
    ask,
    onImpatience: (listener) => impatient.push(listener),
  }
}
