import { expect, test } from 'vitest'
import { createPlaces } from './places.ts'

/** Places whose clock the test moves. */
function setUp(count: number, ...scheduled: string[]) {
  let at = 0
  let besides = 0
  const places = createPlaces({
    count,
    takenBesides: () => besides,
    scheduled: () => new Set(scheduled),
    now: () => at,
  })
  return {
    places,
    take: (account: string, times: number) => {
      for (let time = 0; time < times; time++) places.take(account)
    },
    roomFor: (account: string) => places.room().accounts.get(account) ?? places.room().others,
    pass: (milliseconds: number) => (at += milliseconds),
    occupy: (jobs: number) => (besides = jobs),
  }
}

test('an account has all places where schedules run as no other', () => {
  const { take, roomFor } = setUp(4, 'a')

  expect(roomFor('a')).toBe(4)
  take('a', 3)
  expect(roomFor('a')).toBe(1)
})

test.each([
  { count: 1, room: 1 },
  { count: 2, room: 1 },
  { count: 19, room: 18 },
  { count: 100, room: 90 },
])('of $count places one account may have $room where schedules run as another', ({ count, room }) => {
  const { take, roomFor } = setUp(count, 'a', 'b')

  expect(roomFor('a')).toBe(room)
  take('a', room)
  expect(roomFor('a')).toBe(0)
  expect(roomFor('b')).toBe(count - room)
})

test('an account that no schedule runs as has what is kept for others, too', () => {
  const { take, roomFor } = setUp(4, 'a', 'b')
  take('a', 3)

  expect(roomFor('one that triggers')).toBe(1)
})

test('what is free goes to those who hold less than their share while they want it', () => {
  const { places, take, roomFor, pass } = setUp(6, 'a', 'b')
  take('a', 5)
  take('b', 1)
  places.refuse('b')
  places.leave('a')

  expect(roomFor('a')).toBe(0)
  expect(roomFor('b')).toBe(1)

  pass(2_001)
  expect(roomFor('a')).toBe(1)
})

test('what jobs have that are no runs is not given to any account', () => {
  const { take, roomFor, occupy } = setUp(4, 'a')
  occupy(2)

  expect(roomFor('a')).toBe(2)
  take('a', 2)
  expect(roomFor('a')).toBe(0)
})

test('places move until none has been taken or left for a moment, or whoever waits gives up', () => {
  const { places, pass } = setUp(4)
  expect(places.isMoving('a')).toBe(false)

  places.take('a')
  expect(places.isMoving('a')).toBe(true)
  pass(100)
  expect(places.isMoving('a')).toBe(false)

  places.leave('a')
  places.stop('a')
  expect(places.isMoving('a')).toBe(false)
})
