import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** Worker processes, each of which is followed by another when it dies, as a supervisor would see to. */
export interface Crew {
  readonly size: number
  kill(place: number): void
  /** How many have ended by themselves, by what they ended with. */
  readonly ended: Readonly<Record<string, number>>
  stop(): Promise<void>
}

const FOLLOWED_AFTER_MS = 500

/** Starts `size` workers, and resolves when all have started. */
export async function startCrew(
  connectionString: string,
  size: number,
  listen: (line: string) => void,
): Promise<Crew> {
  const children: ChildProcess[] = []
  const killed = new WeakSet<ChildProcess>()
  const ended: Record<string, number> = {}
  let isStopping = false

  function start(place: number): ChildProcess {
    const child = fork(join(import.meta.dirname, 'victim.ts'), [connectionString], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      if (stream)
        createInterface(stream).on('line', (line) => listen(`worker ${place} (${child.pid}): ${line}`))
    }
    children[place] = child
    child.once('exit', (code, signal) => {
      listen(`worker ${place} (${child.pid}): ended with ${signal ?? code}`)
      if (!killed.has(child)) ended[String(signal ?? code)] = (ended[String(signal ?? code)] ?? 0) + 1
      void follow(place)
    })
    return child
  }

  async function follow(place: number): Promise<void> {
    await delay(FOLLOWED_AFTER_MS)
    if (!isStopping) start(place)
  }

  function kill(child: ChildProcess): void {
    killed.add(child)
    child.kill('SIGKILL')
  }

  await Promise.all(Array.from({ length: size }, (_, place) => once(start(place), 'message')))
  return {
    size,
    kill: (place) => kill(children[place]!),
    ended,
    async stop() {
      isStopping = true
      await Promise.all(
        children
          .filter((child) => child.exitCode === null && child.signalCode === null)
          .map(async (child) => {
            const gone = once(child, 'exit')
            kill(child)
            await gone
          }),
      )
    },
  }
}
