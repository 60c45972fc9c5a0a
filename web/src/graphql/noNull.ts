import { mapExchange, type Exchange } from 'urql'

/**
 * Makes an answer without data one whose `data` is undefined, as the types of urql say. A server that refuses answers
 * `data: null`, and the cache hands that on with each later result of the same question, also while it is being asked
 * again and there is no error any more.
 */
export function noNull(): Exchange {
  return mapExchange({
    onResult: (result) => (result.data === null ? { ...result, data: undefined } : result),
  })
}
