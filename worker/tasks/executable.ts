import { constants } from 'node:fs'
import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import type { FileDetails, JobHelpers, Task } from 'graphile-worker'
import { endError } from '../isolation/endError.ts'
import { childEnvironment } from '../isolation/environment.ts'
import type { Isolation } from '../isolation/isolation.ts'
import { readLines } from '../isolation/output.ts'
import type { ProgramEnd, Programs } from '../isolation/programs.ts'
import { isRun } from '../run.ts'

/** Time that a program has to end by SIGTERM: less than the task's own grace, so that its end is still recorded. */
const TERM_GRACE = 4_000

/** The file among those of a task that is a program. */
export function findExecutable(files: readonly FileDetails[]): FileDetails | undefined {
  if (process.platform === 'win32') return undefined
  return files.find(({ stats, extension }) => stats.mode & constants.S_IXUSR && extension !== '.task.json')
}

/**
 * A task that runs a program: `{"payload": …}` and the end of the file on its input; its output is the run's log. Exit code 0
 * is success. Throws an error with the code or signal that ended it, and the last line of its error output.
 */
export function executableTask({
  identifier,
  path,
  programs,
  isolation,
  termGrace = TERM_GRACE,
}: {
  identifier: string
  path: string
  programs: Programs
  isolation: Isolation | null
  termGrace?: number
}): Task {
  return async (payload, helpers) => {
    const { logger, abortSignal } = helpers
    const env = environment(identifier, helpers, isolation)
    const program = programs.start({ command: path, args: [], env, stdio: 'pipe', isolation })
    const [stdin, stdout, stderr] = program.child.stdio as unknown as [Writable, Readable, Readable]
    let lastError = ''

    readLines(stdout, (lines) => logger.info(lines))
    readLines(stderr, (lines) => {
      logger.error(lines)
      lastError = lines.slice(lines.lastIndexOf('\n') + 1)
    })
    // It may end, or close its input, without reading it.
    stdin.on('error', () => undefined)
    stdin.end(JSON.stringify({ payload }))

    const stop = () => program.stop(termGrace)
    if (abortSignal?.aborted) stop()
    else abortSignal?.addEventListener('abort', stop, { once: true })
    const end = await program.ended
    abortSignal?.removeEventListener('abort', stop)
    if (end.error)
      throw new Error(`${basename(path)} could not be started: ${startProblem(end.error)}`, {
        cause: end.error,
      })
    if (end.exceeded) throw endError(end, isolation, lastError)
    if (end.code !== 0) throw endOf(end, lastError)
  }
}

function environment(
  identifier: string,
  helpers: JobHelpers,
  isolation: Isolation | null,
): NodeJS.ProcessEnv {
  const { job } = helpers
  return {
    ...(isolation ? childEnvironment(isolation.env) : process.env),
    GRAPHILE_WORKER_PAYLOAD_FORMAT: 'json',
    GRAPHILE_WORKER_TASK_IDENTIFIER: identifier,
    GRAPHILE_WORKER_JOB_ID: job.id,
    GRAPHILE_WORKER_JOB_KEY: job.key ?? undefined,
    GRAPHILE_WORKER_JOB_ATTEMPTS: String(job.attempts),
    GRAPHILE_WORKER_JOB_MAX_ATTEMPTS: String(job.max_attempts),
    GRAPHILE_WORKER_JOB_PRIORITY: String(job.priority),
    GRAPHILE_WORKER_JOB_RUN_AT: job.run_at.toISOString(),
    ...(isRun(helpers) && {
      ALMANAC_RUN_ID: helpers.run.id,
      ALMANAC_SCHEDULE_ID: helpers.run.scheduleId,
      ALMANAC_SCHEDULED_FOR: helpers.run.scheduledFor,
      ALMANAC_ATTEMPT: String(helpers.run.attempt),
    }),
  }
}

function endOf({ code, signal }: ProgramEnd, lastError: string): Error {
  const end = code === null ? `Process was ended by ${signal}` : `Process exited with code ${code}`
  return new Error(lastError.trim() === '' ? end : `${end}: ${lastError.trim()}`)
}

function startProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') return 'the worker may not execute it, or its interpreter (EACCES).'
  if (code === 'ENOENT') return 'it is gone, or the interpreter in its first line is not installed (ENOENT).'
  return message
}
