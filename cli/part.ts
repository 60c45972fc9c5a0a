import { endsWithin } from '../process/endsWithin.ts'
import type { Log } from '../process/log.ts'

/** What a part of Almanac gives to the program that runs it. */
export interface RunningPart {
  readonly url?: string
  /** Resolves when it can no longer work, with the reason: the process then ends with code 1. */
  readonly failed?: Promise<Error>
  close(): Promise<void>
}

/** A supervisor that stops a process waits for 30 s, and then kills it. */
const LONGEST_CLOSE_MS = 27_000
/** How long a closed part may keep its process: something in it may wait for a connection that is never used again. */
const LINGER_MS = 2_000

/**
 * Runs the server or the worker until it is asked to end. A part that `almanac start` supervises tells it when it is
 * ready, leaves Ctrl-C (which reaches every process of the terminal) to it, and ends when that command is gone.
 */
export async function runPart(start: () => Promise<RunningPart>, log: Log): Promise<void> {
  const supervised = process.send !== undefined
  const asked = Promise.withResolvers<string>()
  process.on('SIGTERM', () => asked.resolve('SIGTERM'))
  for (const name of ['SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!supervised) asked.resolve(name)
    })
  }
  process.once('disconnect', () => asked.resolve('the command has exited'))
  let wasAsked = false
  void asked.promise.then(() => (wasAsked = true))
  // Something called process.exit(), or left nothing to wait for: who supervises it starts another.
  process.on('exit', (code) => {
    if (!wasAsked && code === 0) process.exitCode = 1
  })

  const part = await Promise.race([start(), asked.promise.then(() => null)])
  if (!part) process.exit()
  process.send?.({ type: 'ready', url: part.url })
  void part.failed?.then((error) => {
    process.exitCode = 1
    log('error', error.message)
    asked.resolve('it can no longer work')
  })
  if (!supervised && part.url) log('info', `listening at ${part.url}, GraphQL at ${part.url}/graphql`)
  const reason = await asked.promise
  if (!supervised) log('info', `stopping (${reason})`)
  const closing = part.close()
  if (await endsWithin(LONGEST_CLOSE_MS, closing)) await closing
  else log('warning', 'It exited before everything in it had ended.')
  if (process.connected) process.disconnect()
  setTimeout(() => process.exit(), LINGER_MS).unref()
}
