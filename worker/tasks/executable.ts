import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { basename } from 'node:path'
import type { Readable } from 'node:stream'
import type { JobHelpers, Task } from 'graphile-worker'
import { isRun } from '../run.ts'

/** Time that a program has to end by SIGTERM: less than the task's own grace, so that its end is still recorded. */
const TERM_GRACE = 4_000
/** Time for which what it has left running may still write to its output. */
const OUTPUT_GRACE = 1_000
/** Characters of a line that is not ended yet. */
const LONGEST_PART = 16_000

/** Programs that are running, each the leader of a process group. */
const running = new Set<ChildProcess>()

/**
 * Makes tasks of executable files, as Graphile Worker's own plugin does, in place of it. A program need not read its input;
 * it is ended with all processes that it has started once its run is to stop; and lines are whole in its log.
 */
export const executablePlugin: GraphileConfig.Plugin = {
  name: 'AlmanacExecutablePlugin',
  version: '0.1.0',
  worker: {
    hooks: {
      loadTaskFromFiles: {
        before: ['LoadTaskFromExecutableFilePlugin'],
        callback(_ctx, event) {
          if (event.handler || process.platform === 'win32') return
          const file = event.fileDetailsList.find(({ stats }) => stats.mode & constants.S_IXUSR)
          if (file) event.handler = executableTask(event.taskIdentifier, file.fullPath)
        },
      },
    },
  },
}

/**
 * A task that runs a program: `{"payload": …}` and the end of the file on its input; its output is the run's log. Exit code 0
 * is success. Throws an error with the code or signal that ended it, and the last line of its error output.
 */
export function executableTask(identifier: string, path: string, termGrace = TERM_GRACE): Task {
  return (payload, helpers) =>
    new Promise((resolve, reject) => {
      const { logger, abortSignal } = helpers
      const child = spawn(path, [], { env: environment(identifier, helpers), stdio: 'pipe', detached: true })
      let lastError = ''
      let killTimer: NodeJS.Timeout | undefined
      let outputTimer: NodeJS.Timeout | undefined

      const stop = () => {
        signalGroup(child, 'SIGTERM')
        killTimer ??= setTimeout(() => signalGroup(child, 'SIGKILL'), termGrace)
      }
      const settle = (error?: Error) => {
        clearTimeout(killTimer)
        clearTimeout(outputTimer)
        abortSignal?.removeEventListener('abort', stop)
        forget(child)
        if (error) reject(error)
        else resolve()
      }

      child.once('error', (error: NodeJS.ErrnoException) =>
        settle(new Error(`${basename(path)} could not be started: ${startProblem(error)}`, { cause: error })),
      )
      child.once('spawn', () => {
        remember(child)
        if (abortSignal?.aborted) stop()
        else abortSignal?.addEventListener('abort', stop, { once: true })
      })
      child.once('exit', () => {
        // A process that it leaves in the background may hold its output open forever.
        outputTimer = setTimeout(() => {
          child.stdout.destroy()
          child.stderr.destroy()
        }, OUTPUT_GRACE)
      })
      child.once('close', (code, signal) => settle(code === 0 ? undefined : endOf(code, signal, lastError)))
      readLines(child.stdout, (lines) => logger.info(lines))
      readLines(child.stderr, (lines) => {
        logger.error(lines)
        lastError = lines.slice(lines.lastIndexOf('\n') + 1)
      })
      // It may end, or close its input, without reading it.
      child.stdin.on('error', () => undefined)
      child.stdin.end(JSON.stringify({ payload }))
    })
}

function environment(identifier: string, helpers: JobHelpers): NodeJS.ProcessEnv {
  const { job } = helpers
  return {
    ...process.env,
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

/** Gives whole lines, several at once, without the last line break; a line without an end is given in parts. */
function readLines(stream: Readable, give: (lines: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const all = rest + text
    const end = all.lastIndexOf('\n')
    rest = all.slice(end + 1)
    if (end >= 0) give(all.slice(0, end))
    if (rest.length < LONGEST_PART) return
    give(rest)
    rest = ''
  })
  stream.once('close', () => {
    if (rest !== '') give(rest)
    rest = ''
  })
}

function endOf(code: number | null, signal: NodeJS.Signals | null, lastError: string): Error {
  const end = code === null ? `Process was ended by ${signal}` : `Process exited with code ${code}`
  return new Error(lastError.trim() === '' ? end : `${end}: ${lastError.trim()}`)
}

function startProblem({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EACCES') return 'the worker may not execute it, or its interpreter (EACCES).'
  if (code === 'ENOENT') return 'it is gone, or the interpreter in its first line is not installed (ENOENT).'
  return message
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // All of them have ended.
  }
}

function remember(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killAll)
  running.add(child)
}

function forget(child: ChildProcess): void {
  if (!running.delete(child)) return
  if (running.size === 0) process.off('exit', killAll)
}

/** No program continues when its worker is gone, and another has its run. */
function killAll(): void {
  for (const child of running) signalGroup(child, 'SIGKILL')
}
