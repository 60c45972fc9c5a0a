import type { Exchange, Operation } from 'urql'
import { filter, makeSubject, merge, pipe, tap } from 'wonka'

/** How many changes of one's own the database has answered; shared by all clients of a page. */
export interface OwnChanges {
  made: number
}

/**
 * Does not show what was asked for before the last change of one's own was made, but asks for it again: the client itself
 * asks no question twice at a time, so that the older answer would be the only one.
 */
export function answersInOrder(own: OwnChanges): Exchange {
  return ({ forward }) =>
    (operations) => {
      const again = makeSubject<Operation>()
      /** The changes that had been made when a question was sent that is on its way. */
      const sent = new Map<number, number>()
      return pipe(
        merge([operations, again.source]),
        tap(({ kind, key }) => {
          if (kind === 'query') sent.set(key, own.made)
          if (kind === 'teardown') sent.delete(key)
        }),
        forward,
        filter(({ operation, error }) => {
          if (operation.kind === 'mutation') own.made += 1
          if (operation.kind !== 'query') return true
          const madeBefore = sent.get(operation.key)
          sent.delete(operation.key)
          if (madeBefore === undefined || madeBefore === own.made || error !== undefined) return true
          again.next(operation)
          return false
        }),
      )
    }
}
