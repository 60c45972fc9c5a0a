import { createClient as createSocketClient, type Client as SocketClient } from 'graphql-ws'
import type { ConnectionEvent } from './connection.ts'

interface LineOptions {
  url: string
  tell: (event: ConnectionEvent) => void
  /** A try to open the line failed, as it does without a session. */
  onRefused: () => void
  webSocketImpl?: unknown
}

export interface Line extends Pick<SocketClient, 'subscribe'> {
  /** Ends the wait for the next try. */
  tryNow: () => void
  /** There is no network: what is open is dead. */
  drop: () => void
}

/** How often the other end is asked for a sign of life, and how long it may take to give it. */
const pingEvery = 5_000
const longestSilence = 4_000
const longestOpening = 8_000
const longestWait = 15_000
const signedOut = 4401

/**
 * The line over which changes are told, opened with the first subscription and again whenever it is lost. One that is dead
 * without being closed is terminated at the first sign of life that does not come: the browser's own close would wait
 * for an answer.
 */
export function createLine({ url, tell, onRefused, webSocketImpl }: LineOptions): Line {
  let isOpen = false
  let deadline: ReturnType<typeof setTimeout> | undefined
  let wake = () => {}
  const within = (limit: number) => {
    clearTimeout(deadline)
    deadline = setTimeout(() => socket.terminate(), limit)
  }
  const socket = createSocketClient({
    url,
    connectionParams: () => ({}),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    // All pages lose their line at once when a server is restarted, and must not all return in one moment.
    retryWait: (tries) =>
      new Promise((resolve) => {
        const wait = setTimeout(
          resolve,
          Math.min(1_000 * 2 ** tries, longestWait) * (0.5 + Math.random() / 2),
        )
        wake = () => {
          clearTimeout(wait)
          resolve()
        }
      }),
    keepAlive: pingEvery,
    ...(webSocketImpl !== undefined && { webSocketImpl }),
    on: {
      connecting: () => {
        isOpen = false
        tell('connecting')
        within(longestOpening)
      },
      connected: () => {
        isOpen = true
        clearTimeout(deadline)
      },
      message: () => tell('heard'),
      ping: (isReceived) => {
        if (!isReceived) within(longestSilence)
      },
      pong: (isReceived) => {
        if (isReceived) clearTimeout(deadline)
      },
      closed: (event) => {
        clearTimeout(deadline)
        tell('closed')
        if (!isOpen || (event as CloseEvent).code === signedOut) onRefused()
      },
    },
  })
  return {
    subscribe: (payload, sink) => socket.subscribe(payload, sink),
    tryNow: () => wake(),
    drop: () => socket.terminate(),
  }
}
