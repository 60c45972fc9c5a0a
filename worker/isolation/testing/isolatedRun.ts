import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Logger, type JobHelpers, type Task } from 'graphile-worker'
import { afterAll, beforeAll } from 'vitest'
import { until } from '../../testing/until.ts'

/** An attempt of a task, as a test looks at it. */
interface IsolatedRun {
  readonly ended: Promise<unknown>
  /** What it has logged, reported and called. */
  readonly lines: string[]
  readonly abort: (reason?: string) => void
  /** Waits for a line that begins so, and returns the rest of it. */
  readonly said: (beginning: string) => Promise<string>
}

/** Makes attempts of tasks, without a database. */
export interface IsolatedRuns {
  /** Writes the file of a task: its default export takes `payload` and `helpers`. */
  file(body: string, name?: string): Promise<string>
  run(task: Task, payload?: unknown): IsolatedRun
}

let count = 0

/** Call it at the top of a test file. */
export function useIsolatedRuns(): IsolatedRuns {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'almanac-isolated-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  return {
    async file(body, name = 'mjs') {
      const path = join(folder, `task${++count}.${name}`)
      const parameters = name.endsWith('ts') ? 'payload: any, helpers: any' : 'payload, helpers'
      await writeFile(path, `export default async function (${parameters}) {\n${body}\n}\n`)
      return path
    },
    run(task, payload = {}) {
      const lines: string[] = []
      const controller = new AbortController()
      const ended = Promise.resolve(task(payload, helpersOf(lines, controller.signal)))
      ended.catch(() => undefined)
      return {
        ended,
        lines,
        abort: (reason = 'Cancelled.') => controller.abort(new Error(reason)),
        said: (beginning) =>
          until(`it says ${beginning}`, () => {
            const line = lines.find((one) => one.startsWith(beginning))
            return Promise.resolve(line === undefined ? null : line.slice(beginning.length).trim())
          }),
      }
    },
  }
}

function helpersOf(lines: string[], abortSignal: AbortSignal): JobHelpers {
  const date = new Date('2030-01-01T00:00:00Z')
  const job = { id: '7', key: 'run:1', attempts: 1, max_attempts: 1, priority: 0, payload: {}, run_at: date }
  return {
    logger: new Logger(() => (level, message) => lines.push(`${level}: ${message}`)),
    abortSignal,
    job: { ...job, created_at: date, updated_at: date, locked_at: date },
    run: { id: '1', scheduleId: '2', scheduledFor: '2030-01-01T00:00:00.000Z', attempt: 3, runAs: 'r' },
    progress: (fraction: number, note?: string) => lines.push(`progress: ${fraction} ${note}`),
    addJob: (...args: unknown[]) => {
      lines.push(`addJob: ${JSON.stringify(args)}`)
      return args[0] === 'refused' ? Promise.reject(new Error('No such task.')) : Promise.resolve({ id: '8' })
    },
  } as unknown as JobHelpers
}

/** Whether a process has not ended. */
export function isRunning(pid: string): boolean {
  try {
    process.kill(Number(pid), 0)
    return true
  } catch {
    return false
  }
}
