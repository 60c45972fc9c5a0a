import { Client, gql, type Exchange } from 'urql'
import { filter, fromPromise, mergeMap, pipe } from 'wonka'
import { expect, test } from 'vitest'
import { askOnce } from './uncached.ts'

const query = gql<{ count: number }, { id: string }>`
  query Count($id: String!) {
    count(id: $id)
  }
`

/** A client whose server counts what it is asked, and answers later. */
function makeClient() {
  const ended: number[] = []
  let count = 0
  const server: Exchange = () => (operations) =>
    pipe(
      operations,
      filter((operation) => {
        if (operation.kind === 'teardown') ended.push(operation.key)
        return operation.kind === 'query'
      }),
      mergeMap((operation) => {
        const data = { count: ++count }
        return fromPromise(Promise.resolve({ operation, data, stale: false, hasNext: false }))
      }),
    )
  return {
    client: new Client({ url: 'http://server/graphql', exchanges: [server], preferGetMethod: false }),
    ended,
  }
}

test('a question that is put again gets the answer of now', async () => {
  const { client } = makeClient()

  expect(await askOnce(client, query, [{ id: '3' }]).answers).toEqual([{ count: 1 }])
  expect(await askOnce(client, query, [{ id: '3' }]).answers).toEqual([{ count: 2 }])
})

test('a question that someone else follows gets the answer of now, too', async () => {
  const { client } = makeClient()
  const following = client.query(query, { id: '3' }).subscribe(() => undefined)
  await askOnce(client, query, [{ id: '4' }]).answers

  expect(await askOnce(client, query, [{ id: '3' }]).answers).toEqual([{ count: 3 }])
  following.unsubscribe()
})

test('nothing is followed once it is answered', async () => {
  const { client, ended } = makeClient()

  await askOnce(client, query, [{ id: '3' }, { id: '4' }]).answers

  expect(new Set(ended).size).toBe(2)
})
