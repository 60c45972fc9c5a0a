import { createContext } from 'react'
import type { AnyVariables, Client, TypedDocumentNode } from 'urql'

/** Asks without keeping the answers: of questions that are never put again. Null where there is no server, as in the gallery. */
export const UncachedContext = createContext<Client | null>(null)

interface Asking<Data> {
  /** Null where one of the questions failed; never, once it is cancelled. */
  readonly answers: Promise<readonly Data[] | null>
  readonly cancel: () => void
}

/** Puts a question once with each of these variables. */
export function askOnce<Data, Variables extends AnyVariables>(
  client: Client,
  query: TypedDocumentNode<Data, Variables>,
  each: readonly Variables[],
): Asking<Data> {
  const subscriptions: { unsubscribe: () => void }[] = []
  const end = () => {
    for (const subscription of subscriptions) subscription.unsubscribe()
  }
  const answers = each.map(
    (variables) =>
      new Promise<Data | null>((resolve) => {
        subscriptions.push(
          client
            .query(query, variables, { requestPolicy: 'network-only' })
            .subscribe(({ data, error, stale }) => {
              // To a question that someone else has put and still follows, the client first repeats its last answer.
              if (!stale) resolve(error === undefined && data !== undefined ? data : null)
            }),
        )
      }),
  )
  return {
    answers: Promise.all(answers).then((all) => {
      end()
      const known = all.filter((answer) => answer !== null)
      return known.length === all.length ? known : null
    }),
    cancel: end,
  }
}
