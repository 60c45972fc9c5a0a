import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { WebSocket } from 'ws'
import { socketUrl, type TestRole } from '../../../server/testing/client.ts'

/** What is attacked, and as whom. Schedules that an attack makes have names that begin with "attack". */
export interface Target {
  readonly url: string
  connectionStringFor(login: 'plain' | 'viewer' | 'operator' | 'worker'): string
  /** The session cookie of somebody of this role. */
  cookie(role: TestRole): Promise<string>
}
type Login = Parameters<Target['connectionStringFor']>[0]

type Attack = (target: Target, signal: AbortSignal) => Promise<void>

/** Something that is to stop others' schedules or the server, until it is told to end. */
export interface StoppingAttack {
  readonly name: string
  readonly attack: Attack
}

const over = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Keeps a transaction of a login open, with what its statements took. Who keeps others waiting may be cut off. */
function hold(login: Login, ...statements: string[]): Attack {
  return async (target, signal) => {
    const client = await connected(target.connectionStringFor(login))
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

/** Of an attack with a typing error nothing would follow. */
class Mistake extends Error {}
export const isMistake = (error: unknown) => error instanceof Mistake

const MISTAKES = ['42601', '42703', '42883', '42P01', '42P02']
const MISTAKEN = /Cannot query field|Unknown argument|Syntax Error|must have a selection/

/** Runs a statement again and again, in so many sessions, however it ends. */
function repeat(
  login: Login,
  statement: string,
  { pause = 5, sessions = 1 }: { pause?: number; sessions?: number } = {},
): Attack {
  const one: Attack = async (target, signal) => {
    while (!signal.aborted) {
      const client = await connected(target.connectionStringFor(login))
      try {
        while (!signal.aborted) {
          await client.query(statement).catch((error: unknown) => {
            if (!(error instanceof DatabaseError)) throw error
            if (MISTAKES.includes(error.code ?? '')) throw new Mistake(error.message, { cause: error })
          })
          await delay(pause)
        }
      } catch (error) {
        if (isMistake(error)) throw error
        // The connection was cut off: another one.
      } finally {
        await client.end().catch(() => undefined)
      }
    }
  }
  return together(...Array.from({ length: sessions }, () => one))
}

/** Notifies a channel of something else each time, so that none are joined. */
const flood = (channel: string, payload: string) =>
  repeat('plain', `select pg_notify('${channel}', ${payload}) from generate_series(1, 500) i`, { pause: 20 })

/** Sends requests, so many at a time, whatever is answered; a body and a cookie that are made of a number are different each time. */
function send(
  count: number,
  {
    role,
    path = '/graphql',
    body,
    headers = {},
    madeUp,
  }: {
    role?: TestRole
    path?: string
    body?: string | ((number: number) => string)
    headers?: Record<string, string>
    /** A session that no one has. */
    madeUp?: (port: string, number: number) => string
  },
): Attack {
  return async (target, signal) => {
    const cookie = role ? await target.cookie(role) : undefined
    const { port } = new URL(target.url)
    let sent = 0
    const one = async () => {
      while (!signal.aborted) {
        const number = sent++
        const session = madeUp?.(port, number) ?? cookie
        await fetch(target.url + path, {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            'content-type': 'application/json',
            ...(session !== undefined && { cookie: session }),
            ...headers,
          },
          ...(body !== undefined && { body: typeof body === 'string' ? body : body(number) }),
          signal,
        })
          .then((response) => response.text())
          .then((answer) => {
            if (MISTAKEN.test(answer)) throw new Mistake(answer)
          })
          .catch((error: unknown) => {
            if (isMistake(error)) throw error
            return delay(5)
          })
      }
    }
    await Promise.all(Array.from({ length: count }, one))
  }
}

/** Opens sockets of TCP that say little. */
function idleSockets(count: number, text: string): Attack {
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
function subscribers(count: number, each: number): Attack {
  return async (target, signal) => {
    const cookie = await target.cookie('viewer')
    const sockets = Array.from({ length: count }, () => {
      const socket = new WebSocket(socketUrl(target), ['graphql-transport-ws'], { headers: { cookie } })
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

function together(...attacks: Attack[]): Attack {
  return async (target, signal) => {
    await Promise.all(attacks.map((attack) => attack(target, signal)))
  }
}

/** Opens a socket, has it say something, and closes it, again and again. */
function knock(count: number, messages: readonly string[]): Attack {
  return async (target, signal) => {
    const cookie = await target.cookie('viewer')
    const one = async () => {
      while (!signal.aborted) {
        const socket = new WebSocket(socketUrl(target), ['graphql-transport-ws'], { headers: { cookie } })
        socket.on('error', () => undefined)
        socket.on('open', () => {
          for (const message of messages) socket.send(message)
        })
        await delay(100)
        socket.terminate()
      }
    }
    await Promise.all(Array.from({ length: count }, one))
  }
}

const aliases = (count: number, field: string) =>
  JSON.stringify({
    query: `{ ${Array.from({ length: count }, (_, number) => `a${number}: ${field}`).join(' ')} }`,
  })

/** So many mutations in one request. */
const mutations = (count: number, field: string) =>
  JSON.stringify({
    query: `mutation { ${Array.from({ length: count }, (_, number) => `a${number}: ${field.replaceAll('$N', String(number))}`).join(' ')} }`,
  })

const ALL_TABLES = `do $$ declare t regclass; begin
  for t in select c.oid from pg_class c where c.relnamespace = 'almanac'::regnamespace and c.relkind in ('r', 'p', 'v')
    and has_table_privilege(c.oid, 'select') loop execute format('lock table %s in access share mode', t); end loop; end $$`

/** An own schedule, and a change of it in each of many subtransactions, which is more than a backend keeps apart. */
const SUBTRANSACTIONS = `do $$ begin
  for i in 1..300 loop
    begin update almanac.schedules set description = i::text where name = 'attack by savepoints'; exception when division_by_zero then null; end;
  end loop; end $$`

const own = (name: string, cron = '0 3 * * *') =>
  `select almanac.schedule_cron('${name}', '${cron}', 'almanac:noop')`

/** Each goes on until it is told to end. What PostgreSQL gives to everybody comes first, then what operators may, then HTTP. */
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
    name: 'a viewer reads all tables in one transaction, as pg_dump does, while partitions are to be made',
    attack: together(
      hold(
        'viewer',
        'set transaction isolation level repeatable read',
        ALL_TABLES,
        'select pg_export_snapshot()',
      ),
      repeat('worker', 'select almanac_private.ensure_partitions(weeks_ahead => 20)', { pause: 500 }),
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
      `select almanac.schedule_cron('attack held', '* * * * * *', 'almanac:noop')`,
      'commit',
      'begin',
      `update almanac.schedules set description = 'attack held' where name = 'attack held'`,
    ),
  },
  {
    name: 'operators change one schedule again and again, and make others',
    attack: together(
      repeat(
        'operator',
        `select almanac.schedule_cron('attack changed', '* * * * * *', 'almanac:noop', jsonb_build_object('at', clock_timestamp()))`,
        {
          sessions: 4,
        },
      ),
      repeat(
        'operator',
        `select almanac.schedule_cron('attack ' || gen_random_uuid(), '0 3 * * *', 'almanac:noop') from generate_series(1, 20)`,
        { pause: 100 },
      ),
    ),
  },
  {
    name: 'an operator triggers more than it may',
    attack: together(
      hold('operator', own('attack triggered'), 'commit', 'begin'),
      repeat('operator', `select almanac.trigger_now('attack triggered') from generate_series(1, 20)`, {
        sessions: 4,
      }),
    ),
  },
  {
    name: 'an operator changes its schedule in more subtransactions than a backend keeps apart, and goes on',
    attack: hold('operator', own('attack by savepoints'), 'commit', 'begin', SUBTRANSACTIONS),
  },
  {
    name: 'an operator makes payloads as large and as deep as it can, and deeper',
    attack: together(
      repeat(
        'operator',
        `select almanac.schedule_cron('attack large', '0 3 * * *', 'almanac:noop', jsonb_build_object('a', repeat('x', 262000)))`,
        { pause: 50 },
      ),
      repeat(
        'operator',
        `select almanac.schedule_cron('attack deep', '0 3 * * *', 'almanac:noop', (repeat('{"a":', 6000) || '1' || repeat('}', 6000))::jsonb)`,
        { pause: 50 },
      ),
      send(2, { role: 'viewer', body: aliases(1, 'schedules(first: 50) { nodes { name payload } }') }),
    ),
  },
  {
    name: 'statements of an operator outlive their cancelling, return what no one can hold, and leave transactions open',
    attack: together(
      ...[
        `do $$ begin perform pg_sleep(600); exception when query_canceled then perform pg_sleep(600); end $$`,
        `select repeat('x', 600000000)`,
        `begin; select txid_current()`,
        `select repeat('x', 1000) from generate_series(1, 1000000)`,
      ].map((statement, number) =>
        repeat(
          'operator',
          `select almanac.schedule_at('attack by statement ${number}', now() + interval '1 day', 'almanac:sql', jsonb_build_object('statement', $s$${statement}$s$),
             settings => '{"timeout": "3 seconds", "max_attempts": 1}');
           select almanac.trigger_now('attack by statement ${number}') from generate_series(1, 3)`,
          { pause: 1000 },
        ),
      ),
    ),
  },
  {
    name: 'an operator locks tables, again and again',
    attack: together(
      ...['almanac.schedules', 'almanac.runs', 'almanac.exclusion_calendars'].flatMap((table) =>
        ['access exclusive', 'share row exclusive', 'share update exclusive', 'row share'].map((mode) =>
          repeat(
            'operator',
            `begin; lock table ${table} in ${mode} mode nowait; select pg_sleep(1); rollback`,
          ),
        ),
      ),
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
    name: 'strangers write to the log of the server of databases, make large objects and listen to all that is said',
    attack: together(
      repeat(
        'plain',
        `select pg_logical_emit_message(false, 'almanac', repeat('x', 100000)) from generate_series(1, 10)`,
        { pause: 20 },
      ),
      repeat('plain', `select lo_unlink(lo_from_bytea(0, convert_to(repeat('x', 100000), 'UTF8')))`, {
        pause: 20,
      }),
      repeat('plain', 'listen almanac_schedules; listen almanac_runs; listen "jobs:insert"', { sessions: 5 }),
      hold(
        'plain',
        `declare c cursor with hold for select repeat('x', 1000) from generate_series(1, 100000)`,
        'commit',
        'begin',
      ),
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
        madeUp: (port, number) => `almanac_session_${port}=${String(number).padStart(43, 'x')}`,
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
    name: 'a viewer asks for all runs under four names, and through their relations',
    attack: together(
      send(4, { role: 'viewer', body: aliases(4, 'runs { nodes { rowId payload result error } }') }),
      send(4, { role: 'viewer', body: aliases(1, 'runs(first: 5000) { nodes { rowId payload result } }') }),
      send(4, {
        role: 'viewer',
        body: aliases(
          1,
          'runs(first: 70) { nodes { schedule { name payload } attempts(first: 100) { nodes { error } } } }',
        ),
      }),
    ),
  },
  {
    name: 'a viewer asks for what is expensive under 60 names',
    attack: together(
      send(10, { role: 'viewer', body: aliases(60, 'checkLedger { problem }') }),
      send(10, {
        role: 'viewer',
        body: aliases(
          14,
          `calendar(rangeStart: "2030-01-01T00:00:00Z", rangeEnd: "2031-01-01T00:00:00Z") { scheduleName }`,
        ),
      }),
      send(10, {
        role: 'viewer',
        body: aliases(
          36,
          'occurrences(cron: "* * * * *", timezone: "UTC", rangeStart: "2030-01-01T00:00:00Z", rangeEnd: "2030-02-01T00:00:00Z", first: 5)',
        ),
      }),
    ),
  },
  {
    name: 'users trigger and create 240 times in one request, or as often as one takes',
    attack: together(
      hold('operator', own('attack requested'), 'commit', 'begin'),
      ...[240, 70].map((count) =>
        send(2, {
          role: 'admin',
          body: mutations(count, 'triggerNow(input: {schedule: "attack requested"}) { clientMutationId }'),
        }),
      ),
      send(3, {
        role: 'operator',
        body: mutations(
          70,
          'scheduleCron(input: {name: "attack of requests $N", cron: "0 3 * * *", task: "almanac:noop"}) { clientMutationId }',
        ),
      }),
    ),
  },
  {
    name: 'a viewer opens 400 sockets of 100 subscriptions each',
    attack: subscribers(400, 100),
  },
  {
    name: 'a viewer opens sockets and leaves them, again and again, and says more than it may',
    attack: together(
      knock(20, ['{"type":"connection_init"}']),
      knock(10, ['{"type":"connection_init"}', ...Array.from({ length: 300 }, () => '{"type":"ping"}')]),
      knock(10, ['x'.repeat(15_000)]),
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
    name: 'a viewer sends different operations that are expensive to plan, 20 at a time',
    attack: send(20, {
      role: 'viewer',
      body: (number) =>
        JSON.stringify({
          query: `{ ${Array.from({ length: 14 }, (_, list) => `a${number}_${list}: schedules(first: 1) { nodes { runs(first: 1) { nodes { ${Array.from({ length: 30 }, (__, field) => `b${field}: reason`).join(' ')} } } } }`).join(' ')} }`,
        }),
    }),
  },
  {
    name: 'a viewer sends different filters of many conditions, 20 at a time',
    attack: send(20, {
      role: 'viewer',
      body: (number) =>
        JSON.stringify({
          query: `query q${number} ($f: ScheduleFilter) { schedules(filter: $f, first: 1) { nodes { name } } }`,
          variables: {
            f: { or: Array.from({ length: 350 }, (_, at) => ({ name: { equalTo: `${number} ${at}` } })) },
          },
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
