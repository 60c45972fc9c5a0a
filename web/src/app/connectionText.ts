import { isDown, type Connection, type ConnectionState } from '../graphql/connection.ts'

const staleAfter = 10_000

/** Whether what is shown may be so old that it must look so. */
export function isStale(asOf: number | null, now: number): boolean {
  return asOf !== null && now - asOf >= staleAfter
}

/** Whether the page says how its connection stands: not for the moment that a server takes to restart. */
export function isTold({ state, asOf }: Connection, now: number): boolean {
  return asOf === null ? isDown(state) : isStale(asOf, now) || state === 'offline'
}

/** What is wrong, and what comes of it. */
export function connectionText(state: ConnectionState): string {
  switch (state) {
    case 'offline':
      return 'This device is offline.'
    case 'failing':
      return 'The database is not responding. Trying again.'
    case 'lost':
      return 'The connection to the server was lost. Trying again.'
    case 'connecting':
    case 'live':
      return 'Reconnected. Catching up.'
  }
}

const words: Record<Exclude<ConnectionState, 'live'>, string> = {
  connecting: 'Connecting',
  lost: 'Connection lost; reconnecting',
  offline: 'Offline',
  failing: 'The database is not responding',
}

/** What is not a delay to people, in seconds. */
const atOnce = 2

/** How the connection stands, and how soon changes show. */
export function dotText(state: ConnectionState, delay: number): string {
  if (state !== 'live') return words[state]
  return delay <= atOnce ? 'Live: changes show at once' : `Live: changes take up to ${delay} seconds to show`
}
