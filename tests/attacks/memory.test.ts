import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { platform } from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { SERVER_HEAP_MB } from '../../cli/start/heap.ts'
import { signIn, socketUrl } from '../../server/testing/client.ts'
import { createTestDatabase, type TestDatabase } from '../database/createTestDatabase.ts'

/** How much of everything: a taste of it, or with ALMANAC_ATTACK_LARGE=1 what a large installation has. */
const LARGE = process.env['ALMANAC_ATTACK_LARGE'] === '1'
const RUNS = LARGE ? 500_000 : 30_000
const DIFFERENT_QUERIES = LARGE ? 100_000 : 500
const SOCKETS = 400
const SUBSCRIPTIONS = 100

/** In megabytes: with the limit that "almanac start" gives a server, it must do with less in all. */
const HEAP = SERVER_HEAP_MB
const MOST_RESIDENT = 600

const COMMAND = new URL('../../cli/almanac.mjs', import.meta.url).pathname

let db: TestDatabase
let server: ChildProcess
let address: { url: string; close: () => Promise<void> }
let viewer: Awaited<ReturnType<typeof signIn>>
beforeAll(async () => {
  db = await createTestDatabase()
  await db.query(`select almanac.schedule_cron('busy', '* * * * *', 'almanac:noop')`)
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       max_attempts, priority, run_as, started_at, finished_at, attempt)
     select s.id, s.name, s.task_identifier, jsonb_build_object('text', repeat('x', 300)), t, t, 'schedule', 'succeeded', 1, 1, 'x', t, t, 1
     from almanac.schedules s, generate_series(1, $1::int) n, lateral (select now() - n * interval '1 second') l(t)
     where s.name = 'busy'`,
    [RUNS],
  )
  server = fork(COMMAND, ['server'], {
    execArgv: [`--max-old-space-size=${HEAP}`],
    env: {
      ...process.env,
      DATABASE_URL: db.connectionStringFor('server'),
      PORT: '0',
      HOST: '127.0.0.1',
    },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const [{ url }] = (await once(server, 'message')) as [{ url: string }]
  address = { url, close: () => Promise.resolve() }
  viewer = await signIn(db, address, 'viewer')
}, 300_000)
afterAll(async () => {
  if (server.exitCode === null) {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  await db.drop()
})

const repeated = (count: number, text: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => text(number)).join(' ')
const RUN = 'rowId scheduleName taskIdentifier payload scheduledFor dueAt status startedAt finishedAt'

/** Sends all of them, ten at a time; each is answered, or refused with a reason. */
async function ask(queries: readonly string[]): Promise<void> {
  const left = [...queries]
  const one = async () => {
    for (let query = left.pop(); query !== undefined; query = left.pop()) {
      const { data, errors } = await viewer.graphql(query)
      expect(data ?? errors?.[0]?.message).toBeTruthy()
    }
  }
  await Promise.all(Array.from({ length: 10 }, one))
}

const REQUESTS: [string, readonly string[]][] = [
  ['four lists of all runs', [`{ ${repeated(4, (n) => `a${n}: runs { nodes { ${RUN} } }`)} }`]],
  [
    'four lists of as many runs as there may be',
    Array.from(
      { length: 30 },
      (_, n) => `{ ${repeated(4, (a) => `a${a}: runs(first: ${1_700 - n}) { nodes { ${RUN} } }`)} }`,
    ),
  ],
  [
    'as many rows as an answer may hold, ten at a time',
    Array.from({ length: 20 }, (_, n) => `{ runs(first: ${5_000 - n}) { nodes { ${RUN} } } }`),
  ],
  [
    'relations in relations',
    Array.from(
      { length: 30 },
      (_, n) =>
        `{ schedules(first: ${20 + n}) { nodes { runs(first: 40) { nodes { ${RUN} schedule { name runs(first: 3) { nodes { payload } } } } } } } }`,
    ),
  ],
  [
    'sixty expensive calls',
    Array.from(
      { length: 30 },
      (_, n) =>
        `{ ${repeated(60, (a) => `c${a}: calendar(rangeStart: "2026-01-01T00:00:00Z", rangeEnd: "2026-12-${String((n % 28) + 1).padStart(2, '0')}T00:00:00Z") { item }`)} }`,
    ),
  ],
  [
    'counts of all runs',
    Array.from(
      { length: 30 },
      (_, n) => `{ ${repeated(20, (a) => `a${n}_${a}: runs(first: 1) { totalCount }`)} }`,
    ),
  ],
  [
    'different filters of many conditions',
    Array.from({ length: LARGE ? 2_000 : 200 }, (_, n) => {
      const conditions = repeated(150, (at) => `{ name: { equalTo: "${n} ${at}" } }`)
      return `{ schedules(filter: { or: [${conditions}] }, first: 1) { nodes { name } } }`
    }),
  ],
  [
    'large operations with different variables',
    Array.from({ length: LARGE ? 2_000 : 150 }, (_, n) => {
      const lists = repeated(
        14,
        (list) =>
          `a${n}_${list}: schedules(first: 1) { nodes { runs(first: 1) { nodes { ${repeated(30, (field) => `b${field}: reason`)} } } } }`,
      )
      return `query ($v: Boolean = ${n % 2 === 0}) { x: __typename @include(if: $v) ${lists} }`
    }),
  ],
  [
    'large documents that are refused',
    Array.from(
      { length: LARGE ? 2_000 : 150 },
      (_, n) => `{ ${repeated(1_300, (field) => `f${field}_${n}: nothing`)} }`,
    ),
  ],
  [
    'different queries',
    Array.from(
      { length: DIFFERENT_QUERIES },
      (_, n) => `{ a${n}: schedules(first: 1) { nodes { b${n}: name rowId } } }`,
    ),
  ],
]

test.each(REQUESTS)(
  'the server lives in 600 MB when one user asks for %s',
  { timeout: 1_800_000 },
  async (_what, queries) => {
    await ask(queries)

    expect(server.exitCode).toBeNull()
    expect((await viewer.graphql('{ __typename }')).errors).toBeUndefined()
    if (platform === 'linux') expect(peakOf(server)).toBeLessThan(MOST_RESIDENT)
  },
)

test(
  'and when one user opens 400 sockets of 100 subscriptions each, and all runs change',
  { timeout: 300_000 },
  async () => {
    const sockets = Array.from({ length: SOCKETS }, () => {
      const socket = new WebSocket(socketUrl(address), ['graphql-transport-ws'], {
        headers: { cookie: viewer.cookie },
      })
      const tried = new Promise<void>((resolve) => {
        socket.on('error', () => resolve())
        socket.on('close', () => resolve())
        socket.once('open', () => socket.send('{"type":"connection_init"}'))
        socket.once('message', () => {
          for (let id = 0; id < SUBSCRIPTIONS; id++)
            socket.send(
              JSON.stringify({
                id: String(id),
                type: 'subscribe',
                payload: { query: 'subscription { runChanged { op ids } }' },
              }),
            )
          resolve()
        })
      })
      return { socket, tried }
    })
    await Promise.all(sockets.map(({ tried }) => tried))

    for (let round = 0; round < 20; round++)
      await db.query(
        `select pg_notify('almanac_runs', format('{"op":"update","ids":["%s"]}', n)) from generate_series(1, 500) n`,
      )

    expect(sockets.filter(({ socket }) => socket.readyState === WebSocket.OPEN).length).toBeLessThanOrEqual(
      30,
    )
    expect((await viewer.graphql('{ __typename }')).errors).toBeUndefined()
    expect(server.exitCode).toBeNull()
    if (platform === 'linux') expect(peakOf(server)).toBeLessThan(MOST_RESIDENT)
    for (const { socket } of sockets) socket.terminate()
  },
)

/** The most memory that it ever had, in megabytes. */
function peakOf({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
  if (LARGE) console.log(`${Math.round(megabytes)} MB`)
  return megabytes
}
