// @vitest-environment node
import { Client, CombinedError, gql, type Exchange, type Operation } from 'urql'
import { filter, map, pipe } from 'wonka'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readProblems } from './error.ts'
import { recovery, recoveryWait } from './recovery.ts'

beforeEach(() => {
  vi.useFakeTimers()
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const query = gql`
  {
    now
  }
`
const busy = (status: number, headers: Record<string, string> = {}) =>
  new CombinedError({ networkError: new Error('…'), response: new Response('', { status, headers }) })

/** Answers each question with the next of these; null: with data. */
function serving(...errors: (CombinedError | null)[]) {
  const asked: Operation[] = []
  const server: Exchange = () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => kind !== 'teardown'),
      map((operation) => {
        asked.push(operation)
        const error = errors[asked.length - 1] ?? null
        return {
          operation,
          data: error === null ? { now: 1 } : undefined,
          ...(error && { error }),
          stale: false,
          hasNext: false,
        }
      }),
    )
  const client = new Client({ url: '/', preferGetMethod: false, exchanges: [recovery(), server] })
  return { asked, client }
}

test.each([429, 503])(
  'what is answered with HTTP %i is asked for again until there is an answer',
  (status) => {
    const { asked, client } = serving(busy(status), busy(status), null)
    const seen: string[] = []

    const question = client
      .query(query, {})
      .subscribe(({ data, error }) => seen.push(data ? 'data' : (readProblems(error)[0]?.hint ?? '')))
    expect([asked.length, seen]).toEqual([1, [expect.stringContaining('asked for again')]])
    vi.advanceTimersByTime(2_000)
    expect(asked).toHaveLength(2)
    vi.advanceTimersByTime(3_999)
    expect(asked).toHaveLength(2)
    vi.advanceTimersByTime(1)

    expect([asked.length, seen.at(-1)]).toEqual([3, 'data'])
    vi.advanceTimersByTime(600_000)
    expect(asked).toHaveLength(3)
    question.unsubscribe()
  },
)

test('what is no longer shown is not asked for again', () => {
  const { asked, client } = serving(busy(503))

  client
    .query(query, {})
    .subscribe(() => undefined)
    .unsubscribe()
  vi.advanceTimersByTime(600_000)

  expect(asked).toHaveLength(1)
})

test('what the database refuses is refused, and a change is made once', () => {
  const { asked, client } = serving(
    new CombinedError({ graphQLErrors: [{ message: 'No.', extensions: { code: 'AL001' } }] }),
    busy(503),
  )
  const question = client.query(query, {}).subscribe(() => undefined)
  const change = client
    .mutation(
      gql`
        mutation {
          go
        }
      `,
      {},
    )
    .subscribe(({ error }) => expect(readProblems(error)[0]?.hint).toBe('Try again in a moment.'))

  vi.advanceTimersByTime(600_000)

  expect(asked).toHaveLength(2)
  question.unsubscribe()
  change.unsubscribe()
})

test('too many requests of one user are a wait as well', () => {
  const { asked, client } = serving(
    new CombinedError({
      graphQLErrors: [{ message: 'Too many.', extensions: { code: 'TOO_MANY_REQUESTS' } }],
    }),
  )
  const question = client.query(query, {}).subscribe(() => undefined)

  vi.advanceTimersByTime(2_000)

  expect(asked).toHaveLength(2)
  question.unsubscribe()
})

test('waits double up to half a minute, differ, and are as long as the server asks for, within that', () => {
  const now = Date.parse('2026-11-30T12:00:00Z')
  const wait = (tries: number, random: number, asked?: string) =>
    recoveryWait(tries, busy(503, asked === undefined ? {} : { 'retry-after': asked }), now, random)

  expect([1, 2, 3, 4, 5, 50].map((tries) => wait(tries, 1))).toEqual([
    2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ])
  expect([0, 0.5, 1].map((random) => wait(3, random))).toEqual([4_000, 6_000, 8_000])
  expect(wait(1, 0, '10')).toBe(10_000)
  expect(wait(1, 1, '10')).toBe(12_500)
  expect(wait(1, 0, 'Mon, 30 Nov 2026 12:00:20 GMT')).toBe(20_000)
  expect(wait(1, 0, '86400')).toBe(30_000)
  expect(wait(1, 1, 'soon')).toBe(2_000)
})
