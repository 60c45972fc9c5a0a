import type { JobHelpers, Task } from 'graphile-worker'
import type { Isolation } from './isolation.ts'
import type { Programs } from './programs.ts'
import { startTaskProcess, type Grace, type TaskProcess } from './taskProcess.ts'

/** The processes of a worker's isolated tasks. */
export interface TaskProcesses {
  /** A task that runs the one of this file in a process of its own. */
  task(file: string, isolation: Isolation): Task
  /** Ends those that wait for another attempt. */
  endIdle(): void
}

/** Processes that wait for another attempt, at most, and milliseconds for which each waits. */
const MOST_IDLE = 8
const LONGEST_IDLE = 60_000
/** Less in all than the time after which an attempt is abandoned, so that its end is still recorded. */
const GRACE: Grace = { abort: 3_000, term: 1_000 }

interface Idle {
  readonly file: string
  readonly process: TaskProcess
  readonly timer: NodeJS.Timeout
}

/** Makes them. */
export function createTaskProcesses({
  programs,
  connectionString,
  grace = GRACE,
}: {
  programs: Programs
  connectionString: () => string | undefined
  grace?: Grace
}): TaskProcesses {
  /** The one that has waited longest first. */
  let idle: Idle[] = []

  async function run(
    file: string,
    isolation: Isolation,
    payload: unknown,
    helpers: JobHelpers,
  ): Promise<unknown> {
    const process = take(file) ?? startTaskProcess({ file, isolation, programs, connectionString, grace })
    try {
      return await process.run(payload, helpers)
    } finally {
      if (process.canServe()) keep(file, process)
    }
  }

  function take(file: string): TaskProcess | undefined {
    const found = idle.findLast((one) => one.file === file && one.process.canServe())
    if (found) drop(found)
    return found?.process
  }

  function keep(file: string, process: TaskProcess): void {
    const one: Idle = { file, process, timer: setTimeout(() => end(one), LONGEST_IDLE).unref() }
    idle.push(one)
    void process.ended.then(() => drop(one))
    if (idle.length > MOST_IDLE) end(idle[0]!)
  }

  function end(one: Idle): void {
    drop(one)
    one.process.end()
  }

  function drop(one: Idle): void {
    clearTimeout(one.timer)
    idle = idle.filter((other) => other !== one)
  }

  return {
    task: (file, isolation) => (payload, helpers) =>
      run(file, isolation, payload, helpers) as ReturnType<Task>,
    endIdle() {
      for (const one of idle) end(one)
    },
  }
}
