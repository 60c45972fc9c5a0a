// @vitest-environment node
import { expect, test, vi } from 'vitest'
import { createUndoList } from './undoList.ts'

const nothing = () => Promise.resolve(null)

test('the latest comes first, and what is taken out cannot be undone twice', () => {
  const list = createUndoList(() => 7)
  const listener = vi.fn()
  list.subscribe(listener)
  const first = list.add({ text: 'first', undo: nothing })
  list.add({ text: 'second', undo: nothing })
  expect(list.get().map(({ text, at }) => [text, at])).toEqual([
    ['second', 7],
    ['first', 7],
  ])

  expect(list.take(first.id)).toBe(true)
  expect(list.take(first.id)).toBe(false)

  expect(list.get().map(({ text }) => text)).toEqual(['second'])
  expect(listener).toHaveBeenCalledTimes(3)
})

test('it keeps the latest fifty', () => {
  const list = createUndoList(() => 0)
  for (let index = 0; index < 60; index += 1) list.add({ text: String(index), undo: nothing })

  expect(list.get()).toHaveLength(50)
  expect(list.get().at(-1)?.text).toBe('10')
})
