import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { AGAIN, createSharing } from '../sharing/sharing.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Slots of a worker, what it takes back, and which jobs are held locked or no longer there. */
function setUp({ concurrency = 4, connections = 2, scheduled = ['a', 'b'] } = {}) {
  const taken: string[] = []
  const held = new Set<string>()
  const gone = new Set<string>()
  const accounts = new Set(scheduled)
  const database = { isGone: false }
  const sharing = createSharing({
    concurrency,
    connections,
    busyBesides: () => 0,
    scheduled: () => accounts,
    takeBack(runs) {
      taken.push(...runs.map(({ runId }) => runId))
      if (database.isGone) return Promise.reject(new Error('gone'))
      const known = runs.filter(({ runId }) => !gone.has(runId))
      return Promise.resolve(new Map(known.map(({ runId }) => [runId, !held.has(runId)])))
    },
  })
  const run = (runId: string) => ({ runId, scheduledFor: '2100-01-01T00:00:00Z' })
  return {
    taken,
    held,
    gone,
    accounts,
    database,
    take: (account: string, runId: string, isStatement = false) =>
      sharing.take(account, isStatement, run(runId)),
    putBack: (account: string, ...runIds: string[]) => {
      for (const runId of runIds) sharing.refuse(account, 'slots', true, run(runId))
    },
    putBackStatement: (account: string, runId: string) =>
      sharing.refuse(account, 'statements', true, run(runId)),
    sharing,
  }
}

test('whoever ends makes way for the run that was put back first', () => {
  const { take, putBack, taken } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4', '5')
  expect(taken).toEqual([])

  leave[0]!()
  expect(taken).toEqual(['4'])

  take('a', '4')
  leave[1]!()
  expect(taken).toEqual(['4', '5'])
})

test('they are taken back in the order in which they were queued', () => {
  const { take, putBack, taken } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '11', '9', '10')

  for (const end of leave) end()

  expect(taken).toEqual(['9', '10', '11'])
})

test('no more are taken back than there is room for, with those that are coming', () => {
  const { take, putBack, taken } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4', '5', '6', '7')

  leave[0]!()
  leave[1]!()

  expect(taken).toEqual(['4', '5'])
})

test('one that came by itself is not taken back', () => {
  const { take, putBack, taken } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4', '5')

  take('a', '4')
  leave[0]!()
  leave[1]!()

  expect(taken).toEqual(['5'])
})

test('one that is refused again is put back again', () => {
  const { take, putBack, taken } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4')

  leave[0]!()
  putBack('a', '4')
  leave[1]!()

  expect(taken).toEqual(['4', '4'])
})

test('each account has its own line', () => {
  const { take, putBack, taken } = setUp({ concurrency: 2 })
  const leaveA = take('a', '1')
  const leaveB = take('b', '2')
  putBack('a', '3')
  putBack('b', '4')

  leaveB()
  expect(taken).toEqual(['4'])

  take('b', '4')
  leaveA()
  expect(taken).toEqual(['4', '3'])
})

test('a statement is taken back when there is a connection and a slot', () => {
  const { take, putBackStatement, taken } = setUp({ connections: 1, scheduled: ['a'] })
  const leaveSlot = take('a', '1')
  const leaveStatement = take('a', '2', true)
  putBackStatement('a', '3')

  leaveSlot()
  expect(taken).toEqual([])

  leaveStatement()
  expect(taken).toEqual(['3'])
})

test('what it may begin is null where there is room for all, else told by account, and what is put back is spread', () => {
  const { sharing, take, putBack } = setUp()
  expect(sharing.room(3, 1)).toBeNull()
  for (const runId of ['1', '2', '3']) take('a', runId)
  putBack('a', '4')

  const room = sharing.room(1, 0) as { slots: { accounts: object; others: number; total: number } }

  expect(room.slots).toMatchObject({ accounts: { a: 0, b: 1 }, others: 1, total: 1 })
})

test('room that comes without an end is noticed: an account that has no schedule any more has nothing kept', async () => {
  const { take, putBack, taken, accounts } = setUp()
  for (const runId of ['1', '2', '3']) take('a', runId)
  putBack('a', '4', '5')
  await vi.advanceTimersByTimeAsync(AGAIN)
  expect(taken).toEqual([])

  accounts.delete('b')
  await vi.advanceTimersByTimeAsync(AGAIN)

  expect(taken).toEqual(['4'])
})

test('an account that wants slots no longer leaves them to the others', async () => {
  const { take, putBack, taken, sharing } = setUp({ scheduled: [] })
  for (const runId of ['1', '2', '3']) take('a', runId)
  sharing.refuse('b', 'slots', false, { runId: '9', scheduledFor: '2100-01-01T00:00:00Z' })
  putBack('a', '4')
  await vi.advanceTimersByTimeAsync(AGAIN)
  expect(taken).toEqual([])

  await vi.advanceTimersByTimeAsync(10 * AGAIN)

  expect(taken).toEqual(['4'])
})

test('one whose job someone holds locked makes way for the next, and is taken back later', async () => {
  const { take, putBack, taken, held } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4', '5')
  held.add('4')

  leave[0]!()
  await vi.advanceTimersByTimeAsync(0)
  expect(taken).toEqual(['4', '5'])

  held.delete('4')
  take('a', '5')()
  await vi.advanceTimersByTimeAsync(AGAIN)
  expect(taken).toEqual(['4', '5', '4'])
})

test('one that another worker has makes way for the next at once', async () => {
  const { gone, taken, take, putBack } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4', '5')
  gone.add('4')

  leave[0]!()
  await vi.advanceTimersByTimeAsync(0)

  expect(taken).toEqual(['4', '5'])
})

test('what could not be taken back is taken back when the database answers', async () => {
  const { take, putBack, taken, database } = setUp()
  const leave = ['1', '2', '3'].map((runId) => take('a', runId))
  putBack('a', '4')
  database.isGone = true

  leave[0]!()
  await vi.advanceTimersByTimeAsync(0)
  database.isGone = false
  await vi.advanceTimersByTimeAsync(AGAIN)

  expect(taken).toEqual(['4', '4'])
})

test('nothing is taken back while all have what they want, or once it has stopped', async () => {
  const { take, putBack, taken, sharing, accounts } = setUp()
  for (const runId of ['1', '2', '3']) take('a', runId)
  expect(vi.getTimerCount()).toBe(0)
  putBack('a', '4')

  sharing.stop()
  accounts.delete('b')
  await vi.advanceTimersByTimeAsync(2 * AGAIN)

  expect(taken).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})
