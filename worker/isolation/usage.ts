import { readdirSync, readFileSync } from 'node:fs'

/** What the processes of a group use together. */
export interface Usage {
  /** Megabytes that are theirs alone or shared among them: the code of programs does not count. */
  readonly memory: number
  /** Seconds of the CPU, with those of processes that have ended. */
  readonly cpu: number
}

/** What is said of time in /proc counts in hundredths of a second, on every Linux. */
const TICKS = 100

/** Whether this system tells what processes use. */
export const CAN_TELL_USAGE = process.platform === 'linux'

/** What each of these process groups uses. */
export function usageOf(groups: ReadonlySet<number>): Map<number, Usage> {
  const usage = new Map<number, Usage>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const process = readProcess(name)
    if (!process || !groups.has(process.group)) continue
    const { memory, cpu } = usage.get(process.group) ?? { memory: 0, cpu: 0 }
    usage.set(process.group, { memory: memory + memoryOf(name), cpu: cpu + process.cpu })
  }
  return usage
}

function readProcess(pid: string): { group: number; cpu: number } | null {
  const stat = read(`/proc/${pid}/stat`)
  // The name of the program, in parentheses, may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 15) return null
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { group: Number(fields[2]), cpu: ticks / TICKS }
}

function memoryOf(pid: string): number {
  const lines = read(`/proc/${pid}/status`).matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)
  return [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    // It has ended.
    return ''
  }
}
