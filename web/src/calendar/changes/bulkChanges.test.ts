import { notifications } from '@mantine/notifications'
import { afterEach, expect, test, vi } from 'vitest'
import type { Problem } from '../../graphql/error.ts'
import { undoList, undoOne } from '../../undo/offerUndo.tsx'
import { calendarItem } from '../items/calendarFactory.ts'
import type { CalendarItem } from '../items/calendarItem.ts'
import { changeSeveral, pauseSeveral } from './bulkChanges.ts'

const at = Date.parse('2026-11-27T03:00Z')
const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((scheduleName) =>
  calendarItem({ scheduleName, scheduleId: scheduleName, startsAt: at }),
)
const problem: Problem = { message: 'It is over.', code: 'AL001', detail: null, hint: null, field: null }

afterEach(() => {
  for (const { id } of undoList.get()) undoList.take(id)
  vi.restoreAllMocks()
})

/** Changes of which those of some schedules are refused. */
function changesThatRefuse(names: readonly string[] = []) {
  const done: string[] = []
  let running = 0
  let most = 0
  const answer = async (item: CalendarItem, what: string) => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    if (names.includes(item.scheduleName)) return problem
    done.push(`${what} ${item.scheduleName}`)
    return null
  }
  const made = async (item: CalendarItem, what: string, back: string) => ({
    refused: await answer(item, what),
    takeBack: () => answer(item, back),
  })
  const bulk = {
    occurrences: (wanted: Parameters<typeof changeSeveral>[1]) =>
      changeSeveral((item, change) => made(item, change.do, 'take back'), wanted),
    pause: (paused: readonly CalendarItem[], reason: string) =>
      pauseSeveral((item, why) => made(item, `pause for ${why}`, 'resume'), paused, reason),
  }
  return { bulk, done, most: () => most }
}
const skips = items.map((item) => ({ item, change: { do: 'skip' as const } }))

test('all are changed, a few at a time, and one undo takes all of them back', async () => {
  const { bulk, done, most } = changesThatRefuse()

  await bulk.occurrences(skips)
  expect(done).toHaveLength(6)
  expect(most()).toBe(4)
  const [undo, ...others] = undoList.get()
  expect([undo?.text, others]).toEqual(['Skipped 6 occurrences', []])
  await undoOne(undo!)

  expect(done.slice(6).toSorted()).toEqual(items.map(({ scheduleName }) => `take back ${scheduleName}`))
})

test('one that is refused does not keep the others, is said, and is not taken back', async () => {
  const show = vi.spyOn(notifications, 'show')
  const { bulk, done } = changesThatRefuse(['b', 'e'])

  await bulk.occurrences(skips)

  expect(undoList.get().map(({ text }) => text)).toEqual(['Skipped 4 occurrences'])
  expect(show).toHaveBeenLastCalledWith(
    expect.objectContaining({ message: 'Could not skip b and 1 more occurrence: It is over.' }),
  )
  await undoOne(undoList.get()[0]!)
  expect(done.filter((text) => text.startsWith('take back'))).toHaveLength(4)
})

test('an undo of several that is refused for some is tried again for these only', async () => {
  const refusing: string[] = []
  const { bulk, done } = changesThatRefuse(refusing)
  await bulk.occurrences(skips.slice(0, 3))
  refusing.push('b')
  await undoOne(undoList.get()[0]!)
  expect(done.slice(3).toSorted()).toEqual(['take back a', 'take back c'])
  expect(undoList.get().map(({ refused }) => refused)).toEqual([problem])

  refusing.pop()
  await undoOne(undoList.get()[0]!)

  expect(done.slice(5)).toEqual(['take back b'])
  expect(undoList.get()).toEqual([])
})

test('where all are refused there is nothing to undo', async () => {
  const { bulk } = changesThatRefuse(['a'])

  await bulk.occurrences(skips.slice(0, 1))

  expect(undoList.get()).toEqual([])
})

test('several pauses are taken back by one undo', async () => {
  const { bulk, done } = changesThatRefuse()

  await bulk.pause(items.slice(0, 1), 'move')
  await undoOne(undoList.get()[0]!)

  expect(done).toEqual(['pause for move a', 'resume a'])
})
