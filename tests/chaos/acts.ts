import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import type { Cluster } from '../../cli/embedded/cluster.ts'
import { ask } from './ask.ts'
import type { Crew } from './crew.ts'
import type { VictimServer } from './server.ts'

/** What acts work on. */
export interface Scene {
  readonly cluster: Cluster
  readonly crew: Crew
  readonly server: VictimServer
  readonly random: (below: number) => number
}

/** Something that is done to the system, by the name that it is told by. */
export type Act = readonly [string, (scene: Scene) => Promise<void>]

/** Processes killed, connections taken, rows held and edited. */
export const ACTS: readonly Act[] = [
  [
    'kill a worker',
    async ({ crew, random }) => {
      crew.kill(random(crew.size))
      await delay(random(1_500))
    },
  ],
  [
    'kill the server',
    async ({ server, random }) => {
      await server.kill()
      await delay(random(1_000))
      await server.start()
    },
  ],
  [
    'kill PostgreSQL',
    async ({ cluster }) => {
      const { pid, ended } = cluster.postmaster
      process.kill(pid, 'SIGKILL')
      await ended
      await restart(cluster)
    },
  ],
  [
    'cut connections, one after the other',
    async ({ cluster, random }) => {
      for (let round = 0; round < 10; round++) {
        await ask(
          cluster.adminConnectionString,
          `select pg_terminate_backend(pid) from pg_stat_activity
           where usename = 'almanac' and pid <> pg_backend_pid() order by random() limit 3`,
        )
        await delay(random(100))
      }
    },
  ],
  [
    'use up all connections',
    async ({ cluster }) => {
      const held: Client[] = []
      for (let number = 0; number < 100; number++) {
        const client = new Client({ connectionString: cluster.connectionString })
        client.on('error', () => undefined)
        if (
          !(await client.connect().then(
            () => true,
            () => false,
          ))
        )
          break
        held.push(client)
      }
      await delay(1_500)
      await Promise.all(held.map((client) => client.end().catch(() => undefined)))
    },
  ],
  [
    'leave a transaction open that holds schedules',
    async ({ cluster }) => {
      await hold(cluster, `select from almanac.schedules where id % 10 = 0 for update`, 1_500)
    },
  ],
  [
    'edit, pause and resume schedules',
    async ({ cluster, random }) => {
      const some = `not is_system and id % 7 = ${random(7)} and status in ('active', 'paused')`
      await ask(
        cluster.connectionString,
        `update almanac.schedules set status = 'paused' where ${some} and status = 'active'`,
      )
      await delay(random(1_000))
      await ask(
        cluster.connectionString,
        `update almanac.schedules set status = 'active', timezone = 'Europe/Paris' where ${some}`,
      )
    },
  ],
]

/** Its backends may outlive a killed postmaster for a moment, and hold on to its shared memory. */
async function restart(cluster: Cluster): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await cluster.restart()
      return
    } catch (error) {
      if (tries > 50) throw error
      await delay(200)
    }
  }
}

/** Keeps a transaction open that holds what `text` takes, for some time. */
export async function hold(cluster: Cluster, text: string, ms: number, signal?: AbortSignal): Promise<void> {
  const client = new Client({ connectionString: cluster.connectionString })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`set lock_timeout to 0; begin; ${text}`)
    await Promise.race([delay(ms, undefined, { signal }).catch(() => undefined), once(client, 'end')])
    await client.query('rollback')
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Keeps a transaction open that does nothing and pins vacuum, and again after it is cut, until the function that it returns is called. */
export function pinVacuum(cluster: Cluster): () => Promise<void> {
  const stopped = new AbortController()
  async function pin(): Promise<void> {
    while (!stopped.signal.aborted) {
      await hold(
        cluster,
        `set transaction isolation level repeatable read; select txid_current()`,
        3_600_000,
        stopped.signal,
      ).catch(() => undefined)
      await delay(100)
    }
  }
  const ended = pin()
  return async () => {
    stopped.abort()
    await ended
  }
}
