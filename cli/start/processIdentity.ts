import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number
  readonly startedAt: string
}

/** The identity of a running process, or `null` when there is none with this number. */
export function identify(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid)
  return startedAt === null ? null : { pid, startedAt }
}

/** Whether the very process is still there. */
export function isAlive({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt
}

/** The number of the process that started this one, or `null` when it cannot be told. */
export function parentOf(pid: number): number | null {
  const parent = process.platform === 'linux' ? Number(statFields(pid)?.[1]) : Number(ps(pid, 'ppid='))
  return Number.isInteger(parent) && parent > 0 ? parent : null
}

/** The program's name and arguments. */
export function commandOf(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'command=') ?? ''
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

function startOnLinux(pid: number): string | null {
  const fields = statFields(pid)
  if (!fields || fields[0] === 'Z') return null
  return `${bootId()}:${fields[19] ?? ''}`
}

function startElsewhere(pid: number): string | null {
  return ps(pid, 'lstart=')
}

/** The fields of /proc/<pid>/stat after the name, which may hold anything: state, ppid, … start time. */
function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function ps(pid: number, column: string): string | null {
  const answer = spawnSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' })
  return answer.status === 0 && answer.stdout.trim() !== '' ? answer.stdout.trim() : null
}
