import { cacheExchange, type KeyGenerator } from '@urql/exchange-graphcache'
import {
  Client,
  fetchExchange,
  mapExchange,
  subscriptionExchange,
  type ClientOptions as ClientConfig,
  type Exchange,
  type ExecutionResult,
} from 'urql'
import { answersInOrder, type OwnChanges } from './answersInOrder.ts'
import type { ConnectionStore } from './connection.ts'
import { createLine, type Line } from './line.ts'
import { noNull } from './noNull.ts'
import { recovery } from './recovery.ts'
import { wholeBeside } from './wholeAnswers.ts'
import { serverTime } from '../time/serverTime.ts'

interface ClientOptions {
  /** Address of the page, from which both endpoints follow. */
  origin: string
  connection: ConnectionStore
  /** Called when a try to connect fails, as it does without a session. */
  onRefused: () => void
  /** Called when the server no longer knows who is signed in. */
  onSignedOut: () => void
}

interface PageClient {
  client: Client
  /** The same without a cache, for what is never asked again. */
  uncached: Client
  line: Line
}

const rowKey: KeyGenerator = (row) => (typeof row['rowId'] === 'string' ? row['rowId'] : null)
const noKey: KeyGenerator = () => null
const cacheWithWhole: typeof cacheExchange = (options) => wholeBeside(cacheExchange(options))
/** The server ends a statement after 30 s, so that this long without an answer there is no one who would give one. */
const longestAnswer = 40_000

/** Makes the client for queries, mutations and subscriptions. The line opens with the first subscription. */
export function createClient({ origin, connection, onRefused, onSignedOut }: ClientOptions): PageClient {
  const line = createLine({
    url: `${origin.replace(/^http/, 'ws')}/graphql`,
    tell: connection.tell,
    onRefused,
  })
  const own = { made: 0 }
  const client = makeClient({ origin, connection, onSignedOut, line, own })
  const uncached = new Client({
    ...wayTo(origin),
    exchanges: [noNull(), noticing(onSignedOut), answersInOrder(own), telling(connection), fetchExchange],
  })
  return { client, uncached, line }
}

function wayTo(origin: string): Omit<ClientConfig, 'exchanges'> {
  return {
    url: `${origin}/graphql`,
    preferGetMethod: false,
    fetchOptions: { credentials: 'same-origin' },
    fetch: async (address, init) => {
      const late = AbortSignal.timeout(longestAnswer)
      const signal = init?.signal ? AbortSignal.any([init.signal, late]) : late
      const askedAt = Date.now()
      const answer = await fetch(address, { ...init, signal })
      serverTime.note(answer.headers.get('date'), askedAt)
      return answer
    },
  }
}

function noticing(onSignedOut: () => void): Exchange {
  return mapExchange({
    onError: (error) => {
      if (error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED'))
        onSignedOut()
    },
  })
}

function telling(connection: ConnectionStore): Exchange {
  return mapExchange({
    onResult: ({ operation, error }) => {
      if (operation.kind !== 'subscription') connection.tell(error?.networkError ? 'unanswered' : 'answered')
    },
  })
}

function makeClient({
  origin,
  connection,
  onSignedOut,
  line,
  own,
}: Pick<ClientOptions, 'origin' | 'connection' | 'onSignedOut'> & { line: Line; own: OwnChanges }): Client {
  return new Client({
    ...wayTo(origin),
    exchanges: [
      noNull(),
      noticing(onSignedOut),
      cacheWithWhole({
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
          RunLogRecord: noKey,
          RetentionRecord: noKey,
          CalendarItem: noKey,
          PreviewRecord: noKey,
          UpcomingRecord: noKey,
          PreviewChangeRecord: noKey,
          ExcludedTimesRecord: noKey,
          OccurrenceOverride: noKey,
          OverridesForMoveRecord: noKey,
          CheckCronRecord: noKey,
          CheckDefinitionRecord: noKey,
          Interval: noKey,
          Change: noKey,
          EngineStateRecord: noKey,
          SlotsInUseRecord: noKey,
          LastOutcomesRecord: noKey,
          ScheduleLabelsRecord: noKey,
          CountRunsToCancelRecord: noKey,
          CountRunsToRetryRecord: noKey,
          CancelRunsRecord: noKey,
          RetryFailedRecord: noKey,
        },
      }),
      // Below the cache, which answers without the database.
      recovery(),
      answersInOrder(own),
      telling(connection),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: line.subscribe<ExecutionResult['data'], ExecutionResult['extensions']>(
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
