import { fileURLToPath } from 'node:url'
import type { Readable, Writable } from 'node:stream'
import type { JobHelpers } from 'graphile-worker'
import { EXTENSION } from '../../process/packageRoot.ts'
import { isRun } from '../run.ts'
import { endError, ranOutOfMemory } from './endError.ts'
import { childEnvironment } from './environment.ts'
import { flatten, rebuild } from './flatError.ts'
import { LONGEST_FRAME, readFrames } from './frames.ts'
import type { Isolation } from './isolation.ts'
import { readFromTask, type FromTask, type ToTask } from './messages.ts'
import { drained, readLines } from './output.ts'
import type { Programs } from './programs.ts'

/** A process that has loaded the file of a task, or will. */
export interface TaskProcess {
  /** Does an attempt in it; one after the other. Rejects as the task does, or says how the process ended. */
  run(payload: unknown, helpers: JobHelpers): Promise<unknown>
  /** Whether it may serve another attempt. */
  canServe(): boolean
  end(): void
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>
}

/** What a process of a task is started with. */
export interface TaskProcessSettings {
  readonly file: string
  readonly isolation: Isolation
  readonly programs: Programs
  /** What `helpers.query` connects to. */
  readonly connectionString: () => string | undefined
  readonly grace: Grace
}

/** Milliseconds that a task has to end after its abort signal, and then its process after SIGTERM. */
export interface Grace {
  readonly abort: number
  readonly term: number
}

const CHILD = fileURLToPath(new URL(`./child/main${EXTENSION}`, import.meta.url))
/** Calls of its worker that are not answered: the process itself makes fewer at once. */
const MOST_CALLS = 1_000

type Last = Extract<FromTask, { kind: 'done' | 'failed' }>

interface Attempt {
  readonly nth: number
  readonly helpers: JobHelpers
  readonly end: (last: Last) => void
}

/**
 *   started ──run──► busy ──done, and may serve more──► idle ──run──► busy …
 *                     └──done, failed, aborted, its end──► spent
 */
export function startTaskProcess(settings: TaskProcessSettings): TaskProcess {
  const { file, isolation, programs, grace } = settings
  const program = programs.start({
    command: process.execPath,
    args: [...nodeOptions(isolation), CHILD],
    env: childEnvironment(isolation.env),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    isolation,
  })
  const [, stdout, stderr, input, output] = program.child.stdio as [
    null,
    Readable,
    Readable,
    Writable,
    Readable,
  ]
  let served = 0
  let attempt: Attempt | null = null
  let isSpent = false
  let broken: string | null = null
  let lastError = ''
  let calls = 0

  readLines(stdout, (lines) => attempt?.helpers.logger.info(lines))
  readLines(stderr, (lines) => {
    attempt?.helpers.logger.error(lines)
    lastError = ranOutOfMemory(lastError) ? lastError : lines.slice(-1_000)
  })
  readFrames(output, take, () => breakOff(`sent a message of more than ${LONGEST_FRAME} bytes`))
  // It may end without reading.
  input.on('error', () => undefined)
  void program.ended.then(() => (isSpent = true))

  function send(message: ToTask, written?: () => void): void {
    input.write(`${JSON.stringify(message)}\n`, written)
  }

  function breakOff(what: string): void {
    broken ??= `The task's process ${what}, and was ended.`
    program.kill()
  }

  function take(line: string): void {
    const message = readFromTask(line)
    if (!message) return breakOff('wrote something to its worker that is not a message')
    // What an earlier attempt has left running says nothing for this one.
    if (!attempt || message.nth !== attempt.nth) return
    const { helpers, end } = attempt
    if (message.kind === 'log') {
      helpers.logger[message.level === 'warning' ? 'warn' : message.level](message.message)
    } else if (message.kind === 'progress') {
      if (isRun(helpers)) helpers.progress(message.fraction as number, message.note as string)
    } else if (message.kind === 'call') void answer(message, helpers)
    else end(message)
  }

  async function answer(
    { id, method, args }: Extract<FromTask, { kind: 'call' }>,
    helpers: JobHelpers,
  ): Promise<void> {
    if (++calls > MOST_CALLS) return breakOff(`made ${calls} calls of its helpers at once`)
    const written = () => void calls--
    try {
      send({ kind: 'answer', id, value: await call(method, args, helpers, settings) }, written)
    } catch (error) {
      send({ kind: 'answer', id, error: flatten(error) }, written)
    }
  }

  async function run(payload: unknown, helpers: JobHelpers): Promise<unknown> {
    const nth = ++served
    const isLast = nth >= isolation.runs
    if (nth > 1) program.renew()
    const last = new Promise<Last>((resolve) => (attempt = { nth, helpers, end: resolve }))
    const { payload: _, ...job } = helpers.job
    send({ kind: 'run', nth, isLast, file, payload, job, run: isRun(helpers) ? helpers.run : null })
    const { signal, forget } = onAbort(helpers.abortSignal, (reason) => {
      send({ kind: 'abort', nth, reason })
      return setTimeout(() => program.stop(grace.term), grace.abort)
    })
    try {
      const said = await Promise.race([last, program.ended.then(() => null)])
      isSpent ||= isLast || said?.kind !== 'done' || signal.aborted
      if (isSpent) program.kill()
      const end = isSpent ? await program.ended : await drained([stdout, stderr])
      if (said?.kind === 'done') return parsed(said.result)
      if (said?.kind === 'failed') throw rebuild(said.error)
      throw broken === null ? endError(end ?? (await program.ended), isolation, lastError) : new Error(broken)
    } finally {
      forget()
      attempt = null
    }
  }

  return {
    run,
    canServe: () => !isSpent,
    end() {
      isSpent = true
      program.kill()
    },
    ended: program.ended,
  }
}

/** Options of Node for a task's process: those of the worker, but for a debugger's port. */
function nodeOptions({ memory }: Isolation): string[] {
  return [
    ...process.execArgv.filter((option) => !option.startsWith('--inspect')),
    '--disable-warning=ExperimentalWarning',
    ...(memory === null ? [] : [`--max-old-space-size=${memory}`]),
  ]
}

async function call(
  method: Extract<FromTask, { kind: 'call' }>['method'],
  args: readonly unknown[],
  helpers: JobHelpers,
  { connectionString }: TaskProcessSettings,
): Promise<unknown> {
  if (method !== 'connectionString')
    return await (helpers[method] as (...args: unknown[]) => unknown)(...args.map(withDates))
  const url = connectionString()
  if (url === undefined)
    throw new Error(
      'The worker has no database URL for tasks in processes of their own. Set DATABASE_URL, or pass connectionString to almanacPreset().',
    )
  return url
}

/** The options of a job, or those of several: JSON has no times. */
function withDates(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withDates)
  if (typeof part !== 'object' || part === null || !('runAt' in part)) return part
  return typeof part.runAt === 'string' ? { ...part, runAt: new Date(part.runAt) } : part
}

function onAbort(
  signal: AbortSignal,
  stop: (reason: string) => NodeJS.Timeout,
): { signal: AbortSignal; forget: () => void } {
  let timer: NodeJS.Timeout | undefined
  const abort = () => {
    const reason: unknown = signal.reason
    timer = stop(reason instanceof Error ? reason.message : String(reason))
  }
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  return {
    signal,
    forget() {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    },
  }
}

function parsed(result: unknown): unknown {
  return typeof result === 'string' ? JSON.parse(result) : undefined
}
