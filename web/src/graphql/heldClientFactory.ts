import { Client, CombinedError, type Exchange, type OperationResult } from 'urql'
import { make, mergeMap, pipe } from 'wonka'
import { noNull } from './noNull.ts'

/** One question, mutation or subscription that reached the server. */
export interface Held {
  kind: string
  /** As its document names it. */
  name: string
  variables: unknown
  /** No one waits for it any longer. */
  isEnded: boolean
  /** Answers it; a subscription as often as is wanted. */
  answer: (data: Record<string, unknown>) => void
  /** Refuses it, with data that are null, as servers do. */
  fail: (error: CombinedError) => void
}

/** What the database answers where it refuses something. */
export function refusalOf(message: string, extensions: Record<string, unknown> = {}): CombinedError {
  return new CombinedError({ graphQLErrors: [{ message, extensions }] })
}

/** A client whose server answers nothing until the test says what, with the exchanges before it. */
export function heldClient(...before: readonly Exchange[]) {
  const asked: Held[] = []
  const keys = new Map<Held, number>()
  const exchange: Exchange = () => (operations) =>
    pipe(
      operations,
      mergeMap((operation) =>
        make<OperationResult>((observer) => {
          if (operation.kind === 'teardown') {
            for (const held of asked) if (keys.get(held) === operation.key) held.isEnded = true
            return () => {}
          }
          const hasNext = operation.kind === 'subscription'
          const [definition] = operation.query.definitions
          const held: Held = {
            kind: operation.kind,
            name:
              (definition !== undefined && 'name' in definition ? definition.name?.value : undefined) ?? '',
            variables: operation.variables,
            isEnded: false,
            answer: (data) => observer.next({ operation, data, stale: false, hasNext }),
            fail: (error) => observer.next({ operation, data: null, error, stale: false, hasNext }),
          }
          keys.set(held, operation.key)
          asked.push(held)
          return () => {}
        }),
      ),
    )
  const client = new Client({
    url: 'http://test',
    preferGetMethod: false,
    exchanges: [noNull(), ...before, exchange],
  })
  return {
    client,
    asked,
    /** The latest that was asked. */
    last: (): Held => {
      const held = asked.at(-1)
      if (held === undefined) throw new Error('Nothing was asked.')
      return held
    },
  }
}
