import type { Exchange, Operation, OperationContext, OperationResult } from 'urql'
import { filter, makeSubject, merge, pipe, share } from 'wonka'

/** The context of a question whose answer is kept as it comes. */
export const asWhole: Partial<OperationContext> = { isWhole: true }

/** So many answers are kept: of the windows of time that one goes to and fro between. */
const most = 12

const isWhole = ({ kind, context }: Operation) =>
  context['isWhole'] === true && (kind === 'query' || kind === 'teardown')

/**
 * A cache, and next to it one for answers of thousands of rows that nothing else is part of: to take these apart and to put
 * them together again takes a page longer than all else that it does.
 */
export function wholeBeside(cache: Exchange): Exchange {
  return (input) => (operations) => {
    const kept = new Map<number, OperationResult>()
    const asked = makeSubject<Operation>()
    const shown = makeSubject<OperationResult>()
    const keep = (result: OperationResult) => {
      const { key } = result.operation
      kept.delete(key)
      kept.set(key, result)
      for (const oldest of kept.keys()) {
        if (kept.size <= most) break
        kept.delete(oldest)
      }
    }
    const ask = (operation: Operation) => {
      const { requestPolicy } = operation.context
      const known = requestPolicy === 'network-only' ? undefined : kept.get(operation.key)
      if (operation.kind === 'query' && known !== undefined) {
        shown.next({ ...known, operation, stale: requestPolicy === 'cache-and-network' })
        if (requestPolicy !== 'cache-and-network') return
      }
      asked.next(operation)
    }
    const cached = cache({
      ...input,
      forward: (own) =>
        pipe(
          input.forward(merge([own, asked.source])),
          filter((result) => {
            if (!isWhole(result.operation)) return true
            if (result.error === undefined) keep(result)
            shown.next(result)
            return false
          }),
          share,
        ),
    })
    return merge([
      shown.source,
      cached(
        pipe(
          operations,
          filter((operation) => {
            if (isWhole(operation)) ask(operation)
            return !isWhole(operation)
          }),
          share,
        ),
      ),
    ])
  }
}
