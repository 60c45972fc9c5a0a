import { fireEvent } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchLongPress } from './longPress.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function open() {
  const root = document.createElement('div')
  const item = document.createElement('button')
  root.append(item)
  document.body.replaceChildren(root)
  const onChosen = vi.fn<(chosen: string) => void>()
  const onClick = vi.fn()
  item.addEventListener('click', onClick)
  const leave = watchLongPress(root, {
    under: (target) => (target === item ? 'item' : null),
    onChosen,
  })
  const at = (clientX: number, own: PointerEventInit = {}) => ({
    pointerId: 3,
    pointerType: 'touch',
    clientX,
    clientY: 0,
    ...own,
  })
  return { root, item, onChosen, onClick, leave, at }
}

test('a finger that stays is chosen once it is let go, wherever the pointer was taken, and that is not a click', () => {
  const { item, at, onChosen, onClick } = open()

  fireEvent.pointerDown(item, at(0))
  vi.advanceTimersByTime(400)
  fireEvent.pointerMove(document.body, at(8))
  expect(onChosen).not.toHaveBeenCalled()
  fireEvent.pointerUp(document.body, at(8))
  fireEvent.click(item)

  expect(onChosen.mock.calls).toEqual([['item']])
  expect(onClick).not.toHaveBeenCalled()
  vi.runOnlyPendingTimers()
  fireEvent.click(item)
  expect(onClick).toHaveBeenCalledOnce()
})

test.each([
  ['is let go at once', 399, 0, {}],
  ['moves', 1000, 9, {}],
  ['is a mouse', 1000, 0, { pointerType: 'mouse' }],
])('nothing is chosen where it %s', (_, ms, by, own) => {
  const { item, at, onChosen, onClick } = open()

  fireEvent.pointerDown(item, at(0, own))
  vi.advanceTimersByTime(ms)
  fireEvent.pointerMove(item, at(by, own))
  fireEvent.pointerUp(item, at(by, own))
  fireEvent.click(item)

  expect(onChosen).not.toHaveBeenCalled()
  expect(onClick).toHaveBeenCalledOnce()
})

test('nothing is chosen where the browser takes the pointer to scroll, or nothing is under it', () => {
  const { root, item, at, onChosen } = open()

  fireEvent.pointerDown(item, at(0))
  fireEvent.pointerCancel(item, at(0))
  vi.advanceTimersByTime(1000)
  fireEvent.pointerUp(item, at(0))
  fireEvent.pointerDown(root, at(0))
  vi.advanceTimersByTime(1000)
  fireEvent.pointerUp(root, at(0))

  expect(onChosen).not.toHaveBeenCalled()
})

test('the menu of the browser does not come by a press on what can be chosen, elsewhere it does', () => {
  const { root, item, at } = open()

  fireEvent.pointerDown(item, at(0))
  expect(fireEvent.contextMenu(item)).toBe(false)
  fireEvent.pointerUp(item, at(0))
  fireEvent.pointerDown(root, at(0))
  expect(fireEvent.contextMenu(root)).toBe(true)
})

test('one who leaves hears nothing more', () => {
  const { item, at, onChosen, leave } = open()
  fireEvent.pointerDown(item, at(0))
  vi.advanceTimersByTime(400)

  leave()
  fireEvent.pointerUp(item, at(0))

  expect(onChosen).not.toHaveBeenCalled()
})
