import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Cluster } from '../../cli/embedded/cluster.ts'

/** `almanac server` on one port, as often as it is killed. */
export interface VictimServer {
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
}

const COMMAND = join(import.meta.dirname, '../../cli/almanac.mjs')

/** Starts a server, which then has the same address for good. */
export async function startVictimServer(cluster: Cluster): Promise<VictimServer> {
  let child: ChildProcess | undefined
  let url = ''

  async function start(): Promise<void> {
    const server = fork(COMMAND, ['server'], {
      env: {
        ...process.env,
        DATABASE_URL: cluster.connectionString,
        PORT: url === '' ? '0' : new URL(url).port,
        HOST: '127.0.0.1',
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    child = server
    const [message] = (await Promise.race([
      once(server, 'message'),
      once(server, 'exit').then(([code]) => {
        throw new Error(`The server ended with ${String(code)} before it was ready.`)
      }),
    ])) as [{ url: string }]
    url = message.url
  }

  await start()
  return {
    get url() {
      return url
    },
    start,
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
