import { syncBuiltinESMExports } from 'node:module'
import { currentAttempt } from '../worker/runs/attempt.ts'
import { onDeadlyCall } from '../worker/membership/deadlyCalls.ts'
import { describeError } from '../process/describeError.ts'
import type { Log } from '../process/log.ts'

/**
 * Keeps tasks from ending the process, which is the worker's alone. An uncaught error fails the run that it is
 * of, and so does a call of process.exit() or another that ends it; everything else continues. An error that is of no run is a reason to leave, in
 * order: resolves with it.
 */
export function guardProcess(log: Log): Promise<Error> {
  const failed = Promise.withResolvers<Error>()

  process.on('uncaughtException', (error: unknown, origin) => {
    // The run itself has been failed by now, if it continues: see worker/membership/processEnd.ts.
    const attempt = currentAttempt()
    const what = origin === 'unhandledRejection' ? 'an unhandled rejection' : 'an uncaught error'
    const said = describeError(error)
    if (attempt) log('error', `Run ${attempt.runId} (${attempt.task}) left ${what}: ${said}`)
    else
      failed.resolve(
        new Error(`The worker stops because of ${what} outside of any run: ${stackOf(error) ?? said}`),
      )
  })

  const exit = process.exit.bind(process)
  process.exit = (code) => {
    refuse(`process.exit(${code ?? ''})`)
    return exit(code)
  }
  syncBuiltinESMExports()
  onDeadlyCall(refuse)

  /** Fails the run whose task asks for the end of the process, and throws. */
  function refuse(call: string): void {
    const attempt = currentAttempt()
    if (!attempt) return
    const error = new Error(
      `The task called ${call}, which would end all runs of its worker. Throw an error instead.`,
    )
    if (!attempt.fail(error))
      log('error', `Run ${attempt.runId} (${attempt.task}), which has ended: ${error.message}`)
    throw error
  }
  return failed.promise
}

function stackOf(error: unknown): string | undefined {
  try {
    return error instanceof Error ? error.stack : undefined
  } catch {
    return undefined
  }
}
