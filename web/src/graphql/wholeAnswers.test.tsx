import { cacheExchange } from '@urql/exchange-graphcache'
import { act, renderHook } from '@testing-library/react'
import { gql, Provider, useQuery } from 'urql'
import { expect, test } from 'vitest'
import { heldClient, refusalOf } from './heldClientFactory.ts'
import { asWhole, wholeBeside } from './wholeAnswers.ts'

const query = gql<{ rows: readonly { count: number }[] }, { start: number }>`
  query Rows($start: Int!) {
    rows(start: $start) {
      count
    }
  }
`

function show(context = asWhole) {
  const server = heldClient(wholeBeside(cacheExchange({ keys: { Row: () => null } })))
  const page = renderHook(
    ({ start }) => useQuery({ query, variables: { start }, context, requestPolicy: 'cache-and-network' }),
    {
      initialProps: { start: 1 },
      wrapper: ({ children }) => <Provider value={server.client}>{children}</Provider>,
    },
  )
  const counts = () => page.result.current[0].data?.rows.map(({ count }) => count)
  return { ...server, page, counts, askAgain: () => act(() => page.result.current[1]()) }
}

test('a question is asked once, and its answer shown', () => {
  const { asked, last, counts } = show()

  act(() => last().answer({ rows: [{ count: 1 }] }))

  expect(asked.filter(({ isEnded }) => !isEnded)).toHaveLength(1)
  expect(counts()).toEqual([1])
})

test('going back shows the previous answer at once, and asks for a new one', () => {
  const { page, last, counts } = show()
  act(() => last().answer({ rows: [{ count: 1 }] }))
  page.rerender({ start: 2 })
  act(() => last().answer({ rows: [{ count: 2 }] }))

  page.rerender({ start: 1 })

  expect(counts()).toEqual([1])
  expect(page.result.current[0].stale).toBe(true)
  act(() => last().answer({ rows: [{ count: 3 }] }))
  expect(counts()).toEqual([3])
  expect(page.result.current[0].stale).toBe(false)
})

test('what is shown stays while it is asked for again, and where that fails', () => {
  const { last, counts, askAgain, page } = show()
  act(() => last().answer({ rows: [{ count: 1 }] }))

  askAgain()
  expect(counts()).toEqual([1])
  act(() => last().fail(refusalOf('Too much')))

  expect(page.result.current[0].error?.message).toContain('Too much')
  page.rerender({ start: 2 })
  page.rerender({ start: 1 })
  expect(counts()).toEqual([1])
})

test('an answer that no one waits for any longer ends', () => {
  const { page, last } = show()

  page.unmount()

  expect(last().isEnded).toBe(true)
})

test('other questions go to the cache', () => {
  const { page, last, counts } = show({})
  act(() => last().answer({ rows: [{ __typename: 'Row', count: 1 }], __typename: 'Query' }))

  page.rerender({ start: 2 })
  page.rerender({ start: 1 })

  expect(counts()).toEqual([1])
})
