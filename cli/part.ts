import type { Log } from '../worker/log.ts'

/** What a part of Almanac gives to whoever runs it. */
export interface RunningPart {
  readonly url?: string
  close(): Promise<void>
}

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
  process.once('disconnect', () => asked.resolve('the command has gone'))

  const part = await Promise.race([start(), asked.promise.then(() => null)])
  if (!part) process.exit()
  process.send?.({ type: 'ready', url: part.url })
  if (!supervised && part.url) log('info', `listening at ${part.url}, GraphQL at ${part.url}/graphql`)
  const reason = await asked.promise
  if (!supervised) log('info', `stopping (${reason})`)
  await part.close()
  if (process.connected) process.disconnect()
  setTimeout(() => process.exit(), LINGER_MS).unref()
}
