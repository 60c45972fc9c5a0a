import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { WebSocket } from 'ws'
import { socketUrl, type TestRole } from '../../../server/testing/client.ts'

/** What is attacked, and as whom. Schedules that an attack makes have names that begin with "attack". */
export interface Target {
  readonly url: string
  connectionStringFor(login: 'plain' | 'viewer' | 'operator' | 'worker'): string
  /** The session cookie of someone with this role. */
  cookie(role: TestRole): Promise<string>
}
type Login = Parameters<Target['connectionStringFor']>[0]

/** Continues until it is told to end. */
export type Attack = (target: Target, signal: AbortSignal) => Promise<void>

const over = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })

/** Keeps a transaction of a login open, with what its statements took. Who keeps others waiting may be cut off. */
export function hold(login: Login, ...statements: string[]): Attack {
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

/** An attack with a typo would do nothing. */
class Mistake extends Error {}
export const isMistake = (error: unknown) => error instanceof Mistake

const MISTAKES = ['42601', '42703', '42883', '42P01', '42P02']
const MISTAKEN = /Cannot query field|Unknown argument|Syntax Error|must have a selection/

/** Runs a statement again and again, in that many sessions, however it ends. */
export function repeat(
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
export const flood = (channel: string, payload: string) =>
  repeat('plain', `select pg_notify('${channel}', ${payload}) from generate_series(1, 500) i`, { pause: 20 })

/** The same at a steady rate: below what is taken for a flood, or where it is one again and again. */
export function stream(channel: string, payload: string, perSecond: number): Attack {
  return async (target, signal) => {
    const client = await connected(target.connectionStringFor('plain'))
    const begun = performance.now()
    for (let sent = 0; !signal.aborted; await delay(5)) {
      const owed = Math.floor(((performance.now() - begun) / 1000) * perSecond) - sent
      // What could not be sent in time is not made up for at once.
      const count = Math.min(owed, perSecond / 20)
      await client.query(`select pg_notify('${channel}', ${payload}) from generate_series(1, ${count}) i`)
      sent += owed
    }
    await client.end()
  }
}

/**
 * Sends requests, that many at a time, whatever is answered; a body and a cookie that are made of a number are
 * different each time.
 */
export function send(
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
export function idleSockets(count: number, text: string): Attack {
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
export function subscribers(count: number, each: number): Attack {
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

export function together(...attacks: Attack[]): Attack {
  return async (target, signal) => {
    await Promise.all(attacks.map((attack) => attack(target, signal)))
  }
}

/** Opens a socket, has it say something, and closes it, again and again. */
export function knock(count: number, messages: readonly string[]): Attack {
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

export const aliases = (count: number, field: string) =>
  JSON.stringify({
    query: `{ ${Array.from({ length: count }, (_, number) => `a${number}: ${field}`).join(' ')} }`,
  })

/** That many mutations in one request. */
export const mutations = (count: number, field: string) =>
  JSON.stringify({
    query: `mutation { ${Array.from({ length: count }, (_, number) => `a${number}: ${field.replaceAll('$N', String(number))}`).join(' ')} }`,
  })
