import type { Task } from 'graphile-worker'
import type { Log } from '../../process/log.ts'
import { executableTask } from '../tasks/executable.ts'
import { cgroupProblem } from './cgroup.ts'
import type { Isolation } from './isolation.ts'
import { createPrograms } from './programs.ts'
import { createTaskProcesses } from './taskProcesses.ts'
import { CAN_TELL_USAGE } from './usage.ts'

/** Makes the tasks of a worker that run in other processes. */
export interface Isolating {
  /** A task that is a program; with limits, if it has any. */
  program(identifier: string, path: string, isolation: Isolation | null): Task
  /** A task that is a module, in a process of its own. */
  module(file: string, isolation: Isolation): Task
  /** Says by what means limits hold here, if any task has one. */
  explain(log: Log): void
  /** Ends the processes that wait for another attempt. */
  endIdle(): void
}

/** `cgroup`: a folder of cgroup v2 that is delegated to the worker's user. */
export function createIsolating({
  cgroup,
  connectionString,
}: {
  cgroup: string | undefined
  connectionString: () => string | undefined
}): Isolating {
  const problem = cgroup === undefined ? null : cgroupProblem(cgroup)
  const folder = problem === null ? (cgroup ?? null) : null
  const programs = createPrograms(folder)
  const processes = createTaskProcesses({ programs, connectionString })
  let isUsed = false
  let hasMemoryLimit = false

  function note(isolation: Isolation | null): void {
    isUsed ||= isolation !== null
    hasMemoryLimit ||= isolation !== null && isolation.memory !== null
  }

  return {
    program(identifier, path, isolation) {
      note(isolation)
      return executableTask({ identifier, path, programs, isolation })
    },
    module(file, isolation) {
      if (process.platform === 'win32')
        throw new Error('Windows has no process groups: leave "isolation" out.')
      note(isolation)
      return processes.task(file, isolation)
    },
    explain(log) {
      if (problem !== null)
        log('warning', `ALMANAC_CGROUP names ${cgroup}, where no cgroup can be made: ${problem}.`)
      if (isUsed) log('info', `Tasks in processes of their own: ${meansOf(folder, hasMemoryLimit)}`)
    },
    endIdle: () => processes.endIdle(),
  }
}

function meansOf(folder: string | null, hasMemoryLimit: boolean): string {
  if (!CAN_TELL_USAGE)
    return 'of their limits, that on CPU time holds for each process alone, and that on memory for the heap of Node alone.'
  if (!hasMemoryLimit) return 'none has a limit on memory.'
  return folder === null
    ? 'memory is looked at four times a second, as ALMANAC_CGROUP names no cgroup.'
    : `the kernel limits their memory, by cgroups in ${folder}.`
}
