import type { Isolation } from './isolation.ts'
import type { ProgramEnd } from './programs.ts'

/** Whether V8 has said that its heap is full, before it ends the process. */
export function ranOutOfMemory(lines: string): boolean {
  return /JavaScript heap out of memory|process out of memory/i.test(lines)
}

/** Why an attempt failed whose process ended before its task: the limit, or the code or signal, and what it said last. */
export function endError(end: ProgramEnd, isolation: Isolation | null, lastError: string): Error {
  const { code, signal, exceeded, error } = end
  if (error) return new Error(`The task's process could not be started: ${error.message}`, { cause: error })
  if (exceeded === 'memory' || ranOutOfMemory(lastError)) return new Error(memoryText(isolation))
  if (exceeded === 'cpu')
    return new Error(`The task used more than ${isolation?.cpu} s of CPU time, its limit, and was ended.`)
  if (signal === 'SIGKILL')
    return new Error(
      "The task's process was ended by SIGKILL: by someone, or by the kernel because memory was short.",
    )
  const how = code === null ? `was ended by ${signal}` : `exited with code ${code}`
  const last = lastError.slice(lastError.trimEnd().lastIndexOf('\n') + 1).trim()
  return new Error(`The task's process ${how} before the task had ended${last === '' ? '.' : `: ${last}`}`)
}

function memoryText(isolation: Isolation | null): string {
  return isolation?.memory
    ? `The task used more than ${isolation.memory} MB of memory, its limit, and was ended.`
    : 'The task used up the memory that Node gives to a process, and was ended.'
}
