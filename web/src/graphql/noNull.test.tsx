import { cacheExchange } from '@urql/exchange-graphcache'
import { act, renderHook } from '@testing-library/react'
import { gql, Provider, useQuery } from 'urql'
import { expect, test } from 'vitest'
import { heldClient, refusalOf } from './heldClientFactory.ts'

const query = gql<{ schedules: readonly { name: string }[] }>`
  query Names {
    schedules {
      name
    }
  }
`

test('what was refused has no data, also while it is asked again', () => {
  const { client, last } = heldClient(cacheExchange({ keys: { Schedule: () => null } }))
  const page = renderHook(() => useQuery({ query }), {
    wrapper: ({ children }) => <Provider value={client}>{children}</Provider>,
  })
  act(() => last().fail(refusalOf('The database does not respond.')))
  expect(page.result.current[0].data).toBeUndefined()

  act(() => page.result.current[1]({ requestPolicy: 'network-only' }))

  expect(page.result.current[0].error).toBeUndefined()
  expect(page.result.current[0].data).toBeUndefined()
})
