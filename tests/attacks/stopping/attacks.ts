import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { WebSocket } from 'ws'
import { socketUrl, type TestRole } from '../../../server/testing/client.ts'
import type { TestLogin } from '../../database/template.ts'
import type { Stage } from './stage.ts'

/** Something that is to stop others' schedules or the server, until it is told to end. */
export interface StoppingAttack {
  readonly name: string
  readonly attack: (stage: Stage, signal: AbortSignal) => Promise<void>
}

const over = (signal: AbortSignal) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))

/** Keeps a transaction of a login open, with what its statements took. */
function hold(login: TestLogin, ...statements: string[]): StoppingAttack['attack'] {
  return async ({ db }, signal) => {
    const client = await connected(db.connectionStringFor(login))
    try {
      for (const statement of ['begin', ...statements]) await client.query(statement)
      await over(signal)
    } finally {
      await client.end()
    }
  }
}

async function connected(connectionString: string): Promise<Client> {
  const client = new Client({ connectionString })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Runs a statement again and again. */
function repeat(login: TestLogin, statement: string, pause = 5): StoppingAttack['attack'] {
  return async ({ db }, signal) => {
    const client = await connected(db.connectionStringFor(login))
    while (!signal.aborted) {
      await client.query(statement).catch(() => undefined)
      await delay(pause)
    }
    await client.end()
  }
}

/** Notifies a channel of something else each time, so that none are joined. */
const flood = (channel: string, payload: string) =>
  repeat('plain', `select pg_notify('${channel}', ${payload}) from generate_series(1, 500) i`, 20)

/** Sends requests, so many at a time. */
function send(
  count: number,
  {
    role,
    path = '/graphql',
    body,
    headers = {},
  }: { role?: TestRole; path?: string; body?: string; headers?: Record<string, string> },
): StoppingAttack['attack'] {
  return async (stage, signal) => {
    const cookie = role ? { cookie: await stage.cookie(role) } : {}
    const one = async () => {
      while (!signal.aborted)
        await fetch(stage.url + path, {
          method: body === undefined ? 'GET' : 'POST',
          headers: { 'content-type': 'application/json', ...cookie, ...headers },
          ...(body !== undefined && { body }),
          signal,
        })
          .then((response) => response.arrayBuffer())
          .catch(() => delay(5))
    }
    await Promise.all(Array.from({ length: count }, one))
  }
}

/** Opens sockets of TCP that say little. */
function idleSockets(count: number, text: string): StoppingAttack['attack'] {
  return async ({ url }, signal) => {
    const { hostname, port } = new URL(url)
    const sockets = Array.from({ length: count }, (): Socket => {
      const socket = connect(Number(port), hostname)
      socket.on('error', () => undefined)
      socket.write(text)
      return socket
    })
    await over(signal)
    for (const socket of sockets) socket.destroy()
  }
}

/** Opens sockets of WebSocket with some subscriptions each. */
function subscribers(count: number, each: number): StoppingAttack['attack'] {
  return async (stage, signal) => {
    const cookie = await stage.cookie('viewer')
    const sockets = Array.from({ length: count }, () => {
      const socket = new WebSocket(socketUrl(stage), ['graphql-transport-ws'], { headers: { cookie } })
      socket.on('error', () => undefined)
      socket.on('open', () => socket.send('{"type":"connection_init"}'))
      socket.once('message', () => {
        for (let id = 0; id < each; id++)
          socket.send(
            JSON.stringify({
              id: String(id),
              type: 'subscribe',
              payload: { query: 'subscription { runChanged { op ids } }' },
            }),
          )
      })
      return socket
    })
    await over(signal)
    for (const socket of sockets) socket.terminate()
  }
}

const together =
  (...attacks: StoppingAttack['attack'][]): StoppingAttack['attack'] =>
  async (stage, signal) => {
    await Promise.all(attacks.map((attack) => attack(stage, signal)))
  }

/** Each goes on for ALMANAC_ATTACK_SECONDS, 5 unless it is set. */
export const STOPPING: readonly StoppingAttack[] = [
  {
    name: 'worker:migrate is notified again and again',
    attack: repeat('plain', `notify "worker:migrate", '{"migrationNumber": 1000, "breaking": true}'`),
  },
  {
    name: 'all channels are flooded',
    attack: together(
      flood('jobs:insert', `'{"count": ' || i || '}'`),
      flood('almanac_schedules', `'{"op": "update", "ids": ["' || i || '"]}'`),
      flood('almanac_runs', `'{"op": "update", "ids": ["' || i || '"]}'`),
      flood('almanac_leads', 'i::text'),
      flood('almanac_cancels', `'["' || i || '"]'`),
      flood('worker:migrate', `'{"migrationNumber": 1000, "breaking": true, "i": ' || i || '}'`),
    ),
  },
  {
    name: 'viewers hold transactions open on all that they can read, one listens and does not hear',
    attack: together(
      hold(
        'viewer',
        'select count(*) from almanac.runs',
        'select count(*) from almanac.schedules',
        'select count(*) from almanac.workers',
      ),
      hold(
        'viewer',
        'set transaction isolation level repeatable read',
        'listen almanac_runs',
        'select txid_current()',
      ),
      hold('viewer', 'lock table almanac.runs, almanac.schedules, almanac.workers in access share mode'),
    ),
  },
  {
    name: 'an operator holds a schedule of its own, changed',
    attack: hold(
      'operator',
      `select almanac.schedule_cron('held', '* * * * * *', 'almanac:noop')`,
      'commit',
      'begin',
      `update almanac.schedules set description = 'held' where name = 'held'`,
    ),
  },
  {
    name: 'an operator locks all rows that it can',
    attack: hold(
      'operator',
      'select from almanac.schedules for update',
      'select from almanac.exclusion_calendars for update',
      'select from almanac.calendar_entries for update',
      'select from almanac.calendar_rules for update',
    ),
  },
  {
    name: 'a stranger takes advisory locks of every key that the names of Almanac hash to',
    attack: hold(
      'plain',
      `select pg_advisory_lock(hashtext(k)), pg_advisory_lock(hashtextextended(k, 0)) from unnest(array['almanac:migrate', 'almanac:partitions', 'almanac:timezones', 'almanac:name:punctual']) k`,
      `select pg_advisory_lock(i) from generate_series(-1000, 1000) i`,
    ),
  },
  {
    name: 'who is not signed in asks, 100 at a time',
    attack: together(
      send(50, { path: '/healthz' }),
      send(25, {
        body: '{"query":"{ __typename }"}',
        headers: { cookie: `almanac_session=${'x'.repeat(43)}` },
      }),
      send(25, { path: '/auth/login', body: `{"token":"${'x'.repeat(43)}"}` }),
    ),
  },
  {
    name: 'sockets that never finish their request are held open',
    attack: together(
      idleSockets(300, 'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n{'),
      idleSockets(300, 'GET /healthz HTTP/1.1\r\nx-a: '),
    ),
  },
  {
    name: 'a viewer sends the largest operation there may be, 10 at a time',
    attack: send(10, {
      role: 'viewer',
      body: JSON.stringify({
        query: `{ ${Array.from({ length: 250 }, (_, number) => `a${number}: schedules(first: 1) { totalCount }`).join(' ')} }`,
      }),
    }),
  },
  {
    name: 'a viewer subscribes 300 times, and all runs are said to change',
    attack: together(
      subscribers(20, 15),
      flood('almanac_runs', `'{"op": "update", "ids": ["' || i || '"]}'`),
    ),
  },
]
