// @vitest-environment node
import { expect, test, vi } from 'vitest'
import type { Problem } from '../graphql/error.ts'
import { createUndoList } from './undoList.ts'

const problem: Problem = {
  message: 'Someone changed it.',
  code: 'AL012',
  detail: null,
  hint: null,
  field: null,
}
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

test('what could not be undone is back in its place, with why', () => {
  const list = createUndoList(() => 7)
  const first = list.add({ text: 'first', undo: nothing })
  list.add({ text: 'second', undo: nothing })
  list.take(first.id)
  list.add({ text: 'third', undo: nothing })

  list.putBack(first, problem)

  expect(list.get().map(({ text, refused }) => [text, refused])).toEqual([
    ['third', null],
    ['second', null],
    ['first', problem],
  ])
  expect(list.take(first.id)).toBe(true)
})

test('it keeps the latest fifty', () => {
  const list = createUndoList(() => 0)
  for (let index = 0; index < 60; index += 1) list.add({ text: String(index), undo: nothing })

  expect(list.get()).toHaveLength(50)
  expect(list.get().at(-1)?.text).toBe('10')
})
