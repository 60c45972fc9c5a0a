import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process'
import { createCgroup, type Cgroup } from './cgroup.ts'
import type { Isolation } from './isolation.ts'
import { createKeeper } from './keeper.ts'
import { createUsageWatch } from './usageWatch.ts'

/** How a program has ended. */
export interface ProgramEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  /** The limit for which it was ended. */
  readonly exceeded: 'memory' | 'cpu' | null
  /** Why it could not be started. */
  readonly error?: NodeJS.ErrnoException
}

/** A running program, the leader of a process group. */
interface Program {
  readonly child: ChildProcess
  /** Asks all its processes to end, and ends them after `grace` ms. Asked again, it does nothing. */
  stop(grace: number): void
  /** Ends all its processes. */
  kill(): void
  /** It begins another attempt, which may use as much CPU time as the first. */
  renew(): void
  /** Resolves when it has ended and what it wrote is read. */
  readonly ended: Promise<ProgramEnd>
}

interface Start {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly stdio: StdioOptions
  /** Null: it has no limits, and what it leaves in the background continues. */
  readonly isolation: Isolation | null
}

/** Starts programs, none of which continues without the worker. */
export interface Programs {
  start(start: Start): Program
}

/** Time for which what it has left running may still write to its output. */
const OUTPUT_GRACE = 1_000
/** Seconds after which the kernel ends a process by itself, over what the watch allows. */
const CPU_MARGIN = 2

/** Enters the cgroup, is what the kernel ends first where memory is short, and cannot use the CPU forever. */
const LAUNCH = `if [ -n "$1" ]; then echo $$ > "$1" || exit 125; fi
{ echo 500 > /proc/self/oom_score_adj; } 2> /dev/null
ulimit -c 0
if [ -n "$2" ]; then ulimit -S -t "$2"; ulimit -H -t "$(($2 + 1))"; fi
shift 2
exec "$@"`

/** Makes what starts the programs of a worker. `folder`: one of cgroup v2 that its user may write to; null: there is none. */
export function createPrograms(folder: string | null): Programs {
  const running = new Set<ChildProcess>()
  const keeper = createKeeper()
  const usage = createUsageWatch()
  let count = 0

  /** No program continues when its worker is gone, and another has its run. */
  function killAll(): void {
    for (const child of running) signalGroup(child, 'SIGKILL')
  }

  function remember(child: ChildProcess): void {
    if (running.size === 0) process.on('exit', killAll)
    running.add(child)
    keeper.add(child.pid!)
  }

  function forget(child: ChildProcess): void {
    if (!running.delete(child)) return
    keeper.delete(child.pid!)
    if (running.size === 0) process.off('exit', killAll)
  }

  function cgroupFor({ memory }: Isolation): Cgroup | null {
    if (memory === null || folder === null) return null
    return createCgroup(folder, `almanac-${process.pid}-${++count}`, memory)
  }

  function start({ command, args, env, stdio, isolation }: Start): Program {
    const group = isolation && cgroupFor(isolation)
    const [file, ...rest] = isolation
      ? ['/bin/sh', '-c', LAUNCH, 'sh', group?.entrance ?? '', cpuLimit(isolation), command, ...args]
      : [command, ...args]
    const child = spawn(file, rest, { env, stdio, detached: true })
    let exceeded: ProgramEnd['exceeded'] = null
    let killTimer: NodeJS.Timeout | undefined
    let outputTimer: NodeJS.Timeout | undefined
    let unwatch: () => void = () => undefined

    const kill = () => signalGroup(child, 'SIGKILL')
    const watch = (used = 0) => {
      if (!isolation || child.pid === undefined) return
      const { memory, cpu } = isolation
      unwatch = usage.watch(child.pid, { memory, cpu: cpu && cpu + used }, (limit) => {
        exceeded = limit
        kill()
      })
    }
    const ended = new Promise<ProgramEnd>((resolve) => {
      const settle = (end: Omit<ProgramEnd, 'exceeded'>) => {
        clearTimeout(killTimer)
        clearTimeout(outputTimer)
        exceeded ??= group?.hasRunOut() ? 'memory' : end.signal === 'SIGXCPU' && isolation?.cpu ? 'cpu' : null
        void group?.remove()
        forget(child)
        resolve({ ...end, exceeded })
      }
      child.once('error', (error) => {
        if (child.pid === undefined) settle({ code: null, signal: null, error })
      })
      child.once('spawn', () => {
        remember(child)
        watch()
      })
      child.once('exit', () => {
        unwatch()
        if (isolation) kill()
        // A process that it leaves in the background may hold its output open forever.
        outputTimer = setTimeout(() => {
          for (const stream of child.stdio) stream?.destroy()
        }, OUTPUT_GRACE)
      })
      child.once('close', (code, signal) => settle({ code, signal }))
    })

    return {
      child,
      stop(grace) {
        if (killTimer) return
        signalGroup(child, 'SIGTERM')
        killTimer = setTimeout(kill, grace)
      },
      kill,
      renew() {
        if (!isolation?.cpu || child.pid === undefined) return
        unwatch()
        watch(usage.look(child.pid).cpu)
      },
      ended,
    }
  }

  return { start }
}

/** The kernel counts all attempts that a process may serve. */
function cpuLimit({ cpu, runs }: Isolation): string {
  return cpu === null ? '' : String(cpu * runs + CPU_MARGIN)
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // All of them have ended.
  }
}
