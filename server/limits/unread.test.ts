import { beforeEach, expect, it } from 'vitest'
import { createUnread } from './unread.ts'

let unread: ReturnType<typeof createUnread>
let ended: string[]
beforeEach(() => {
  unread = createUnread({ most: 100, mostPerUser: 60 })
  ended = []
})

const give = (who: string, name: string, bytes: number) =>
  unread.add({ who, bytes, end: () => ended.push(name) })

it("beyond a user's limit, that user's oldest answers are ended", () => {
  give('ann', 'a1', 30)
  give('bob', 'b1', 30)
  give('ann', 'a2', 30)

  give('ann', 'a3', 50)

  expect(ended).toEqual(['a1', 'a2'])
})

it('beyond the limit of all, the oldest of the one with the most is', () => {
  give('carol', 'c1', 10)
  give('ann', 'a1', 20)
  give('ann', 'a2', 40)

  give('bob', 'b1', 40)

  expect(ended).toEqual(['a1'])
})

it('what is read no longer counts', () => {
  const isRead = give('ann', 'a1', 50)
  isRead()

  give('ann', 'a2', 50)

  expect(ended).toEqual([])
})
