import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../cli/embedded/clusterFile.ts'
import type { Absent, Contestant, Herd } from './contestant.ts'

const RIVALS = join(import.meta.dirname, '../rivals')

/** What is used of BullMQ: it need not be installed. */
interface BullMq {
  Queue: new (name: string, options: object) => Queue
  Worker: new (name: string, process: () => Promise<void>, options: object) => Worker
}
interface Queue {
  waitUntilReady(): Promise<unknown>
  upsertJobScheduler(id: string, repeat: object, template: object): Promise<unknown>
  obliterate(options: object): Promise<unknown>
  close(): Promise<void>
}
interface Worker {
  on(event: 'completed', listener: (job: { id: string }) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  close(): Promise<void>
}

/** BullMQ's job schedulers with one worker, on a Redis set up as its documentation recommends. The second herd, as ours. */
export async function bullmq({ concurrency }: { concurrency: number }): Promise<Contestant | Absent> {
  if (!existsSync(join(RIVALS, 'node_modules/bullmq')))
    return { absent: 'BullMQ is not installed (npm install --prefix bench/rivals)' }
  if (spawnSync('redis-server', ['--version']).error)
    return { absent: 'Redis is not installed (apt-get install redis-server)' }
  const { Queue, Worker } = createRequire(join(RIVALS, 'package.json'))('bullmq') as BullMq
  const redis = await startRedis()
  const connection = { host: '127.0.0.1', port: redis.port }
  let herds = 0

  /** All are due at `first` and `every` ms later again. */
  async function schedule(queue: Queue, count: number, first: number, every: number): Promise<void> {
    for (let from = 0; from < count; from += 500) {
      const numbers = Array.from({ length: Math.min(500, count - from) }, (_, index) => from + index)
      await Promise.all(
        numbers.map((number) =>
          queue.upsertJobScheduler(`fire ${number}`, { every, startDate: first }, { name: 'noop' }),
        ),
      )
    }
    if (Date.now() > first)
      throw new Error(`BullMQ: ${count} schedulers were not written before they were due.`)
  }

  return {
    name: 'BullMQ',
    async herd(count) {
      const name = `fire-${++herds}`
      const queue = new Queue(name, { connection })
      await queue.waitUntilReady()
      const first = Date.now() + 3_000 + count
      const every = 8_000 + count
      await schedule(queue, count, first, every)

      const due = first + every
      let left = count
      let firstDone = 0
      let allDone: (herd: Herd) => void = () => undefined
      const ended = new Promise<Herd>((resolve) => (allDone = resolve))
      const worker = new Worker(name, () => Promise.resolve(), { connection, concurrency })
      worker.on('error', (error) => console.error(`BullMQ: ${error.message}`))
      worker.on('completed', (job) => {
        if (!job.id.endsWith(`:${due}`)) return
        const now = Date.now() - due
        firstDone ||= now
        if (--left === 0) allDone({ first: firstDone, last: now })
      })
      try {
        return await ended
      } finally {
        await worker.close()
        await queue.obliterate({ force: true })
        await queue.close()
      }
    },
    close: () => redis.stop(),
  }
}

/** Ends Redis with its standard input: with us, were it by `kill -9`. */
const KEEP = 'redis-server "$@" & cat >/dev/null; kill $!; wait'

/** Each second on disk, nothing evicted: as BullMQ's guide "Going to production" has it. */
async function startRedis(): Promise<{ port: number; stop: () => Promise<void> }> {
  const port = await freePort()
  const dir = await mkdtemp(join(tmpdir(), 'almanac-bench-redis-'))
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: 'yes',
    appendfsync: 'everysec',
    'maxmemory-policy': 'noeviction',
  }
  const keeper = spawn(
    '/bin/sh',
    [
      '-c',
      KEEP,
      'redis-keeper',
      ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
  )
  const ended = once(keeper, 'exit')
  async function stop(): Promise<void> {
    keeper.stdin.end()
    await ended
    await rm(dir, { recursive: true, force: true })
  }
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100) {
      await stop()
      throw new Error('redis-server did not start within 10 s.')
    }
    await delay(100)
  }
  return { port, stop }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
