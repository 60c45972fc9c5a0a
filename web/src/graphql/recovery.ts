import type { CombinedError, Exchange, Operation } from 'urql'
import { makeSubject, merge, pipe, tap } from 'wonka'

/** The first wait, and the longest, in milliseconds: the second also where a server asks for more. */
const firstWait = 2_000
const longestWait = 30_000

/** Answers whose questions are asked again without anyone doing anything. */
const recovering = new WeakSet<CombinedError>()

/** Whether the question that failed is asked again by itself. */
export function isRecovering(error: CombinedError): boolean {
  return recovering.has(error)
}

/** Whether an answer says no more than that there is none now: the same question may be answered later. */
function isPassing({ networkError, graphQLErrors }: CombinedError): boolean {
  return (
    networkError !== undefined ||
    graphQLErrors.some(({ extensions }) => extensions['code'] === 'TOO_MANY_REQUESTS')
  )
}

/** What a server's Retry-After asks for, in milliseconds. */
function askedWait(error: CombinedError, now: number): number {
  const asked = (error.response as Response | undefined)?.headers.get('retry-after') ?? ''
  const wait = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now
  return Number.isFinite(wait) ? Math.max(0, wait) : 0
}

/**
 * How long to wait before a question is asked again that failed `tries` times: twice as long each time, at least as long as
 * the server asks for, and never the same for all pages and questions, which failed in one moment.
 */
export function recoveryWait(tries: number, error: CombinedError, now: number, random: number): number {
  const own = Math.min(longestWait, firstWait * 2 ** (tries - 1)) * (0.5 + random / 2)
  return Math.min(longestWait, Math.max(own, askedWait(error, now) * (1 + random / 4)))
}

/** Asks questions again that got no answer, as long as something shows them. */
export function recovery(): Exchange {
  return ({ forward }) =>
    (operations) => {
      const again = makeSubject<Operation>()
      const failed = new Map<number, { tries: number; timer: ReturnType<typeof setTimeout> | undefined }>()
      const forget = (key: number) => {
        clearTimeout(failed.get(key)?.timer)
        failed.delete(key)
      }
      return pipe(
        merge([operations, again.source]),
        tap(({ kind, key }) => {
          if (kind === 'teardown') forget(key)
          // Someone asks before the wait is over.
          else clearTimeout(failed.get(key)?.timer)
        }),
        forward,
        tap(({ operation, error }) => {
          if (operation.kind !== 'query') return
          const { key } = operation
          if (error === undefined || !isPassing(error)) return forget(key)
          const tries = (failed.get(key)?.tries ?? 0) + 1
          clearTimeout(failed.get(key)?.timer)
          recovering.add(error)
          const wait = recoveryWait(tries, error, Date.now(), Math.random())
          failed.set(key, { tries, timer: setTimeout(() => again.next(operation), wait) })
        }),
      )
    }
}
