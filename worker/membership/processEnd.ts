import { currentAttempt, type Attempt } from '../runs/attempt.ts'
import { onDeadlyCall } from './deadlyCalls.ts'
import { describeError } from '../../process/describeError.ts'
import type { LastWords } from '../pulse/pulse.ts'

/** What a worker says when its process ends without having left. */
export type SayLastWords = (words: LastWords) => void

/** The workers of this process that have not left. */
const workers = new Set<SayLastWords>()
/** What brought the process down, if it is going down. */
let crash: { readonly attempt: Attempt | undefined; readonly reason: string } | null = null
let ignoreCalls: () => void = () => undefined

/**
 * Calls `sayLastWords` if the process ends before the function that it returns is called, and fails the run whose code
 * left an uncaught error. It looks on: whether such an error ends the process is its owner's choice. What ends
 * it from outside, or in native code (memory, a crash), cannot be seen here.
 */
export function watchProcess(sayLastWords: SayLastWords): () => void {
  if (workers.size === 0) {
    process.on('uncaughtExceptionMonitor', noteCrash)
    process.on('exit', sayAll)
    ignoreCalls = onDeadlyCall(sayCall)
  }
  workers.add(sayLastWords)
  return () => {
    workers.delete(sayLastWords)
    if (workers.size > 0) return
    process.off('uncaughtExceptionMonitor', noteCrash)
    process.off('exit', sayAll)
    ignoreCalls()
  }
}

function noteCrash(error: unknown, origin: NodeJS.UncaughtExceptionOrigin): void {
  const attempt = currentAttempt()
  const reason = `${origin === 'unhandledRejection' ? 'An unhandled rejection' : 'An uncaught error'}: ${describeError(error)}`
  attempt?.fail(new Error(reason, { cause: error }))
  crash = { attempt, reason }
  // Where its owner lets it continue.
  setImmediate(() => (crash = null))
}

function sayAll(code: number): void {
  const caller = crash ? undefined : currentAttempt()
  const runId = (caller ?? crash?.attempt)?.runId ?? null
  const reason = caller
    ? `The task called process.exit(${code}), which ended its worker.`
    : (crash?.reason ?? `The process ended with code ${code} before the worker had been stopped.`)
  // Whoever supervises the process is to see that no one asked for it.
  if (caller && code === 0) process.exitCode = 1
  say({ reason, runId, isCrash: runId !== null || crash !== null })
}

function say(words: LastWords): void {
  for (const sayLastWords of workers) sayLastWords(words)
}

function sayCall(call: string): void {
  const runId = currentAttempt()?.runId ?? null
  const reason =
    runId === null ? `The process called ${call}.` : `The task called ${call}, which ended its worker.`
  say({ reason, runId, isCrash: runId !== null })
}
