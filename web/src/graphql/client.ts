import { cacheExchange, type KeyGenerator } from '@urql/exchange-graphcache'
import { createClient as createSocketClient } from 'graphql-ws'
import { Client, type ExecutionResult, fetchExchange, mapExchange, subscriptionExchange } from 'urql'
import type { ConnectionStore } from './connection.ts'

interface ClientOptions {
  /** Address of the page, from which both endpoints follow. */
  origin: string
  connection: ConnectionStore
  /** Called when a try to connect fails, as it does without a session. */
  onRefused: () => void
  /** Called when the server no longer knows who is signed in. */
  onSignedOut: () => void
}

const rowKey: KeyGenerator = (row) => (typeof row['rowId'] === 'string' ? row['rowId'] : null)
const noKey: KeyGenerator = () => null
const longestSilence = 5_000

/** Makes the client for queries, mutations and subscriptions. The socket opens with the first subscription. */
export function createClient({ origin, connection: store, onRefused, onSignedOut }: ClientOptions): Client {
  // A line that is dead without being closed is noticed by the answer that does not come.
  let line: WebSocket | undefined
  let connected = false
  let silence: ReturnType<typeof setTimeout> | undefined
  const socket = createSocketClient({
    url: `${origin.replace(/^http/, 'ws')}/graphql`,
    connectionParams: () => ({}),
    retryAttempts: Infinity,
    shouldRetry: () => true,
    keepAlive: 10_000,
    on: {
      connecting: () => {
        connected = false
      },
      connected: () => {
        connected = true
        store.set('live')
      },
      opened: (opened) => {
        line = opened as WebSocket
      },
      ping: (received) => {
        if (!received) silence = setTimeout(() => line?.close(4408, 'No answer'), longestSilence)
      },
      pong: (received) => {
        if (received) clearTimeout(silence)
      },
      closed: () => {
        clearTimeout(silence)
        store.set('lost')
        if (!connected) onRefused()
      },
    },
  })

  return new Client({
    url: `${origin}/graphql`,
    preferGetMethod: false,
    fetchOptions: { credentials: 'same-origin' },
    exchanges: [
      mapExchange({
        onError: (error) => {
          if (error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED'))
            onSignedOut()
        },
      }),
      cacheExchange({
        keys: {
          Schedule: rowKey,
          Run: rowKey,
          Worker: rowKey,
          User: rowKey,
          Omission: rowKey,
          LedgerCheck: rowKey,
          ExclusionCalendar: rowKey,
          CalendarEntry: rowKey,
          Task: (task) => (typeof task['identifier'] === 'string' ? task['identifier'] : null),
          RunAttempt: noKey,
          CalendarItem: noKey,
          PreviewRecord: noKey,
          UpcomingRecord: noKey,
          PreviewChangeRecord: noKey,
          ExcludedTimesRecord: noKey,
          OccurrenceOverride: noKey,
          CheckCronRecord: noKey,
          Interval: noKey,
          Change: noKey,
          EngineStateRecord: noKey,
        },
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe<ExecutionResult['data'], ExecutionResult['extensions']>(
              { ...request, query: request.query ?? '' },
              {
                // The two libraries declare the same result in types of their own.
                next: (result) => sink.next(result as ExecutionResult),
                error: (error) => sink.error(error),
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
    ],
  })
}
