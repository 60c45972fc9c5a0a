import { DatabaseError } from 'pg'
import { expect, test } from 'vitest'
import { createBatch } from './batch.ts'

/** A `send` whose statements return when the test says so. */
function createStatements() {
  const sent: {
    requests: readonly number[]
    answer: (replies?: readonly string[]) => void
    refuse: () => void
  }[] = []
  let arrived: () => void = () => undefined
  return {
    sent,
    async next(count: number): Promise<void> {
      while (sent.length < count) await new Promise<void>((resolve) => (arrived = resolve))
    },
    send(requests: readonly number[]): Promise<readonly string[]> {
      return new Promise((resolve, reject) => {
        sent.push({
          requests,
          answer: (replies) => resolve(replies ?? requests.map((request) => `reply ${request}`)),
          refuse() {
            const error = new DatabaseError('invalid input', 0, 'error')
            error.code = '22P02'
            reject(error)
          },
        })
        arrived()
      })
    },
  }
}

test('requests of one moment are one statement, and what comes while it is in flight is the next', async () => {
  const statements = createStatements()
  const batch = createBatch<number, string>(statements)

  const first = [batch.add(1), batch.add(2)]
  await statements.next(1)
  const later = [batch.add(3), batch.add(4)]
  statements.sent[0]?.answer()
  await statements.next(2)
  statements.sent[1]?.answer()

  expect(await Promise.all([...first, ...later])).toEqual(['reply 1', 'reply 2', 'reply 3', 'reply 4'])
  expect(statements.sent.map(({ requests }) => requests)).toEqual([
    [1, 2],
    [3, 4],
  ])
})

test('a batch is no larger than the most that a statement takes', async () => {
  const statements = createStatements()
  const batch = createBatch<number, string>({ ...statements, maxSize: 2 })

  const all = [1, 2, 3].map((request) => batch.add(request))
  await statements.next(1)
  statements.sent[0]?.answer()
  await statements.next(2)
  statements.sent[1]?.answer()

  await Promise.all(all)
  expect(statements.sent.map(({ requests }) => requests)).toEqual([[1, 2], [3]])
})

test('a value that the database refuses fails its own request only', async () => {
  const statements = createStatements()
  const batch = createBatch<number, string>(statements)

  const all = Promise.allSettled([batch.add(1), batch.add(2)])
  await statements.next(1)
  statements.sent[0]?.refuse()
  await statements.next(2)
  statements.sent[1]?.answer()
  await statements.next(3)
  statements.sent[2]?.refuse()

  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
})
