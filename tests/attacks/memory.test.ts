import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { platform } from 'node:process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { newLink, signInBy, socketUrl } from '../../server/testing/client.ts'
import { useTestDatabase } from '../database/useTestDatabase.ts'
import { runAlmanac, type Almanac } from '../start/almanac.ts'

/** How much of everything: a taste of it, or with ALMANAC_ATTACK_LARGE=1 what a large installation has. */
const LARGE = process.env['ALMANAC_ATTACK_LARGE'] === '1'
const RUNS = LARGE ? 500_000 : 30_000
const DIFFERENT_QUERIES = LARGE ? 100_000 : 500
const USERS = 5
const SOCKETS = 80
const SUBSCRIPTIONS = 20
/** Connections of each user that do not read what they asked for. */
const UNREAD = 20

/** In megabytes, in total, and who starts it. */
const MOST_RESIDENT = 600

const db = useTestDatabase()
let server: Almanac
let address: { url: string; close: () => Promise<void> }
let users: Awaited<ReturnType<typeof signInBy>>[]
beforeAll(async () => {
  await db.query(`select almanac.schedule_cron('busy', '* * * * *', 'almanac:noop')`)
  await db.query(
    `insert into almanac.runs (schedule_id, schedule_name, task_identifier, payload, scheduled_for, due_at, trigger, status,
       max_attempts, priority, run_as, started_at, finished_at, attempt)
     select s.id, s.name, s.task_identifier, jsonb_build_object('text', repeat('x', 300)), t, t, 'schedule', 'succeeded', 1, 1, 'x', t, t, 1
     from almanac.schedules s, generate_series(1, $1::int) n, lateral (select now() - n * interval '1 second') l(t)
     where s.name = 'busy'`,
    [RUNS],
  )
  // As someone starts it: no option of Node is given.
  server = runAlmanac({
    dataDir: '',
    args: ['server'],
    environment: { DATABASE_URL: db.connectionStringFor('server'), NODE_OPTIONS: '' },
  })
  const [, url = ''] = await server.printed(/listening at ([^,]+),/)
  address = { url, close: () => Promise.resolve() }
  await db.query(
    `insert into almanac.users (username, role) select 'viewer' || n, 'viewer' from generate_series(1, $1::int) n`,
    [USERS],
  )
  users = []
  for (let number = 1; number <= USERS; number++) users.push(await signInAs(number))
}, 300_000)
afterAll(async () => {
  server.process.kill('SIGTERM')
  await server.ended
})

const signInAs = async (number: number) =>
  await signInBy(address, await newLink(db, address, `viewer${number}`))

async function expectHealthy(): Promise<void> {
  expect(server.process.exitCode).toBeNull()
  expect((await users[0]!.graphql('{ __typename }')).errors).toBeUndefined()
  if (platform === 'linux') expect(peakOf(server)).toBeLessThan(MOST_RESIDENT)
}

const repeated = (count: number, text: (number: number) => string) =>
  Array.from({ length: count }, (_, number) => text(number)).join(' ')
const RUN = 'rowId scheduleName taskIdentifier payload scheduledFor dueAt status startedAt finishedAt'

/** Sends all of them, each user as many at a time as are worked on; each is answered, or refused with a reason. */
async function ask(queries: readonly string[]): Promise<void> {
  const left = [...queries]
  const askOneByOne = async ({ graphql }: (typeof users)[number]) => {
    for (let query = left.pop(); query !== undefined; query = left.pop()) {
      const { data, errors } = await graphql(query)
      expect(data ?? errors?.[0]?.message).toBeTruthy()
    }
  }
  await Promise.all(users.flatMap((user) => Array.from({ length: 4 }, () => askOneByOne(user))))
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
    'as many rows as an answer may hold',
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
  'the server lives in 600 MB when five users at once ask for %s',
  { timeout: 1_800_000 },
  async (_what, queries) => {
    await ask(queries)

    await expectHealthy()
  },
)

test('and when none of them reads what they have asked for', { timeout: 300_000 }, async () => {
  const { host, hostname, port } = new URL(address.url)
  const held = users.flatMap(({ cookie }, user) =>
    Array.from({ length: UNREAD }, (_, number) => {
      const body = JSON.stringify({
        query: `{ runs(first: ${4_000 - number}) { nodes { ${repeated(7, (n) => `a${n}: payload`)} } } }`,
      })
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncookie: ${cookie}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      )
      // Its answer has begun, or it is cut off.
      const begun = Promise.race([once(socket, 'readable'), once(socket, 'close')])
      return { user, socket, begun }
    }),
  )

  await Promise.all(held.map(({ begun }) => begun))

  await expectHealthy()
  for (const { socket } of held) socket.destroy()
})

/** As many as a message of the database may name. */
const CHANGE = JSON.stringify({ op: 'update', ids: Array.from({ length: 480 }, (_, n) => 1e12 + n) })

test.each([
  ['one field', 'op ids'],
  ['all fields, time and again', repeated(490, (n) => `a${n}: ids`)],
])(
  'and when each opens 80 sockets of 20 subscriptions to %s, reads none, and all runs change',
  { timeout: 300_000 },
  async (_what, fields) => {
    const sessions = [...users]
    for (let number = 1; number <= USERS; number++) sessions.push(await signInAs(number))
    const sockets = sessions.flatMap(({ cookie }) =>
      Array.from({ length: SOCKETS / 2 }, () => {
        const socket = new WebSocket(socketUrl(address), ['graphql-transport-ws'], { headers: { cookie } })
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
                  payload: { query: `subscription { runChanged { ${fields} } }` },
                }),
              )
            resolve()
          })
        })
        return { socket, tried }
      }),
    )
    await Promise.all(sockets.map(({ tried }) => tried))
    expect(sockets.filter(({ socket }) => socket.readyState === WebSocket.OPEN).length).toBeLessThanOrEqual(
      USERS * 60,
    )
    for (const { socket } of sockets) if (socket.readyState === WebSocket.OPEN) socket.pause()

    for (let round = 0; round < 20; round++)
      await db.query(
        `select pg_notify('almanac_runs', overlay($1 placing lpad(n::text, 4, '0') from 30)) from generate_series(1, 500) n`,
        [CHANGE],
      )

    await expectHealthy()
    for (const { socket } of sockets) socket.terminate()
  },
)

/** The most memory that it ever had, in megabytes. */
function peakOf({ process: { pid } }: Almanac): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
  if (LARGE) console.log(`${Math.round(megabytes)} MB`)
  return megabytes
}
