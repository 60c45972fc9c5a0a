import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/** Ends process groups once the worker is gone, however that happened: a task that holds the CPU does not notice. */
export interface Keeper {
  add(group: number): void
  delete(group: number): void
}

/** Reads `+ group` and `- group` until its input ends, which is when the worker has ended. */
const SCRIPT = `trap '' HUP INT TERM
all=' '
while read -r sign group; do
  case "$sign$all" in
    +*) all="$all$group " ;;
    -*" $group "*) all="\${all%% "$group" *} \${all#* "$group" }" ;;
  esac
done
for group in $all; do kill -KILL "-$group" 2> /dev/null; done`

/** Milliseconds after which another is started for one that has ended: at once, unless shells do nothing but end. */
const SHORTEST_LIFE = 1_000

/** Makes the keeper of a worker: a shell in a process group of its own, from the first group on. */
export function createKeeper(): Keeper {
  const groups = new Set<number>()
  let shell: ChildProcess | null = null

  function start(): void {
    const started = spawn('/bin/sh', ['-c', SCRIPT], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    })
    const startedAt = performance.now()
    const forget = () => {
      if (shell !== started) return
      shell = null
      // Someone has ended it: without one, what runs would continue when the worker ends.
      const soon = performance.now() - startedAt >= SHORTEST_LIFE
      setTimeout(startAgain, soon ? 0 : SHORTEST_LIFE).unref()
    }
    started.once('error', forget)
    started.once('exit', forget)
    started.stdin.on('error', forget)
    started.unref()
    ;(started.stdin as Socket).unref()
    shell = started
    for (const group of groups) tell(`+ ${group}`)
  }

  function startAgain(): void {
    if (shell === null && groups.size > 0) start()
  }

  function tell(line: string): void {
    shell?.stdin?.write(`${line}\n`)
  }

  return {
    add(group) {
      groups.add(group)
      if (shell) tell(`+ ${group}`)
      else start()
    },
    delete(group) {
      if (groups.delete(group)) tell(`- ${group}`)
    },
  }
}
