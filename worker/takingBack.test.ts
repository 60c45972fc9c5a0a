import { expect, test } from 'vitest'
import { createSharing } from './sharing.ts'

/** Slots of a worker, and what it takes back. */
function setUp({ concurrency = 4, connections = 2, scheduled = ['a', 'b'] } = {}) {
  const taken: string[] = []
  const sharing = createSharing({
    concurrency,
    connections,
    busyBesides: () => 0,
    scheduled: () => new Set(scheduled),
    takeBack: (runs) => taken.push(...runs.map(({ runId }) => runId)),
  })
  const run = (runId: string) => ({ runId, scheduledFor: '2100-01-01T00:00:00Z' })
  return {
    taken,
    take: (role: string, runId: string, isStatement = false) => sharing.take(role, isStatement, run(runId)),
    putBack: (role: string, ...runIds: string[]) => {
      for (const runId of runIds) sharing.refuse(role, 'slots', true, run(runId))
    },
    putBackStatement: (role: string, runId: string) => sharing.refuse(role, 'statements', true, run(runId)),
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

test('each role has its own line', () => {
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

test('what it may begin is null where there is room for all, else told by role, and what is put back is spread', () => {
  const { sharing, take, putBack } = setUp()
  expect(sharing.room(3, 1)).toBeNull()
  for (const runId of ['1', '2', '3']) take('a', runId)
  putBack('a', '4')

  const room = sharing.room(1, 0) as { slots: { roles: object; others: number; total: number } }

  expect(room.slots).toMatchObject({ roles: { a: 0, b: 1 }, others: 1, total: 1 })
})
