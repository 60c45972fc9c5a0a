import { gql } from 'urql'
import { expect, test } from 'vitest'
import { answersInOrder } from './answersInOrder.ts'
import { heldClient, refusalOf } from './heldClientFactory.ts'

const query = gql`
  query Q {
    a
  }
`
const mutation = gql`
  mutation M {
    b
  }
`

function show() {
  const own = { made: 0 }
  const server = heldClient(answersInOrder(own))
  const seen: unknown[] = []
  const ask = () =>
    server.client
      .query(query, {}, { requestPolicy: 'network-only' })
      .subscribe(({ data, error }) => seen.push(error?.message ?? data))
  const change = () => void server.client.mutation(mutation, {}).toPromise()
  const askedFor = (name: string) => server.asked.filter((held) => held.name === name)
  return { ...server, own, seen, ask, change, askedFor }
}

test('what was asked for before a change was made is not shown, but asked for again', async () => {
  const { ask, change, askedFor, seen } = show()
  ask()
  change()
  await Promise.resolve()
  askedFor('M')[0]?.answer({ b: 1 })

  askedFor('Q')[0]?.answer({ a: 'older' })
  expect(seen).toEqual([])
  expect(askedFor('Q')).toHaveLength(2)
  askedFor('Q')[1]?.answer({ a: 'newer' })

  expect(seen).toEqual([{ a: 'newer' }])
})

test('an answer before the change is made is shown, as is what was asked for after it', async () => {
  const { ask, change, askedFor, seen } = show()
  const first = ask()
  change()
  await Promise.resolve()
  askedFor('Q')[0]?.answer({ a: 'before' })
  first.unsubscribe()
  askedFor('M')[0]?.answer({ b: 1 })
  ask()
  askedFor('Q')[1]?.answer({ a: 'after' })

  expect(seen.at(0)).toEqual({ a: 'before' })
  expect(seen.at(-1)).toEqual({ a: 'after' })
  expect(askedFor('Q')).toHaveLength(2)
})

test('what one client changed another one asks for again', async () => {
  const { own, ask, askedFor, seen } = show()
  const other = heldClient(answersInOrder(own))
  ask()
  void other.client.mutation(mutation, {}).toPromise()
  await Promise.resolve()
  other.last().answer({ b: 1 })

  askedFor('Q')[0]?.answer({ a: 'older' })

  expect(seen).toEqual([])
  expect(askedFor('Q')).toHaveLength(2)
})

test('a failure is told, whenever it was asked for', async () => {
  const { ask, change, askedFor, seen } = show()
  ask()
  change()
  await Promise.resolve()
  askedFor('M')[0]?.answer({ b: 1 })

  askedFor('Q')[0]?.fail(refusalOf('No.'))

  expect(seen).toEqual(['[GraphQL] No.'])
})
