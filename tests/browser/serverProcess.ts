import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** `almanac server` in a process of its own, which can be frozen. */
export interface ServerProcess {
  readonly url: string
  /** Stops it in the middle of whatever it does: its connections stay, and are silent. */
  freeze(): void
  thaw(): void
  close(): Promise<void>
}

const COMMAND = join(import.meta.dirname, '../../cli/almanac.mjs')

export async function startServerProcess(connectionString: string): Promise<ServerProcess> {
  const child = fork(COMMAND, ['server'], {
    env: { ...process.env, DATABASE_URL: connectionString, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [{ url }] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The server ended with ${String(code)} before it was ready.`)
    }),
  ])) as [{ url: string }]
  return {
    url,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGCONT')
      child.kill('SIGKILL')
      await ended
    },
  }
}
