import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** A group of the kernel's (cgroup v2) for one program: it holds the limit itself, and ends all that is in it. */
export interface Cgroup {
  /** The file to which a process writes its id to enter it. */
  readonly entrance: string
  /** Whether the kernel has ended a process in it as it had used up its memory. */
  hasRunOut(): boolean
  /** Ends all that is in it, and removes it. */
  remove(): Promise<void>
}

/** Tries to remove one whose processes are ending, and milliseconds between. */
const MOST_TRIES = 50
const PAUSE = 20

/** Why groups with a limit on memory cannot be made in a folder of cgroup v2, which is asked for it; null: they can. */
export function cgroupProblem(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK)
    const path = join(folder, 'cgroup.subtree_control')
    const delegated = () => readFileSync(path, 'utf8').trim().split(' ')
    if (!delegated().includes('memory')) writeFileSync(path, '+memory')
    return delegated().includes('memory') ? null : `${path} does not have "memory"`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Makes one in a folder that is delegated to the worker's user, with its limit in megabytes. */
export function createCgroup(folder: string, name: string, memory: number): Cgroup {
  const path = join(folder, name)
  const at = (file: string) => join(path, file)
  mkdirSync(path)
  writeFileSync(at('memory.max'), String(memory * 2 ** 20))
  // Where the kernel has swap, it would take what is over the limit.
  attempt(() => writeFileSync(at('memory.swap.max'), '0'))
  attempt(() => writeFileSync(at('memory.oom.group'), '1'))
  return {
    entrance: at('cgroup.procs'),
    hasRunOut: () =>
      attempt(() => /^oom_kill [1-9]/m.test(readFileSync(at('memory.events'), 'utf8'))) ?? false,
    async remove() {
      attempt(() => writeFileSync(at('cgroup.kill'), '1'))
      for (let tries = 0; tries < MOST_TRIES; tries++) {
        if (attempt(() => (rmdirSync(path), true))) return
        await pause(PAUSE)
      }
    },
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
