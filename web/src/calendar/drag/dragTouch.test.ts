import { fireEvent } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { closeGrids, daysFrom, holdOne, item, openGrid, view } from './testing/dragGrid.ts'

closeGrids()

const touch = { pointerType: 'touch' }

test('by touch it is held after 400 ms, and the page no longer scrolls', () => {
  const grid = openGrid([item()])
  const touchMoves = () => fireEvent.touchMove(grid.root, { cancelable: true })

  grid.press(grid.x(1), grid.y('10:05'), touch)
  vi.advanceTimersByTime(399)
  expect(grid.seen()).toBe('idle')
  expect(touchMoves()).toBe(true)
  expect(fireEvent.contextMenu(grid.chip())).toBe(false)

  vi.advanceTimersByTime(1)
  expect(grid.seen()).toBe('held 27T10:00')
  expect(grid.captured).toEqual(new Set([7]))
  expect(touchMoves()).toBe(false)

  grid.move(grid.x(1), grid.y('12:05'), touch)
  grid.letGo(touch)
  expect(grid.seen()).toBe('dropped 27T12:00')
})

test('a finger that trembles still holds, one that scrolls does not', () => {
  const grid = openGrid([item()])

  grid.press(grid.x(1), grid.y('10:05'), touch)
  grid.move(grid.x(1), grid.y('10:05') + 8, touch)
  vi.advanceTimersByTime(400)
  expect(grid.seen()).toBe('held 27T10:00')
  grid.key('Escape')

  grid.press(grid.x(1), grid.y('10:05'), touch)
  grid.move(grid.x(1), grid.y('10:05') + 9, touch)
  vi.advanceTimersByTime(1000)
  expect(grid.seen()).toBe('idle')
})

test('a tap holds nothing later', () => {
  const grid = openGrid([item()])

  grid.press(grid.x(1), grid.y('10:05'), touch)
  vi.advanceTimersByTime(100)
  grid.letGo(touch)
  vi.advanceTimersByTime(1000)

  expect(grid.seen()).toBe('idle')
  expect(fireEvent.contextMenu(grid.chip())).toBe(true)
})

test.each([
  ['lower', view.bottom - 10, 1],
  ['upper', view.top + 10, -1],
])('near the %s edge it scrolls on with the pointer at rest, and the target with it', (_, clientY, sign) => {
  const grid = holdOne()
  grid.move(grid.x(1), clientY)
  const before = grid.at() - grid.scroller.scrollTop

  vi.advanceTimersByTime(500)

  expect((grid.scroller.scrollTop - 300) * sign).toBeGreaterThan(100)
  // Under the pointer, but for what it snaps
  expect(Math.abs(grid.at() - grid.scroller.scrollTop - before)).toBeLessThanOrEqual(15)
})

test('it scrolls faster the nearer the edge, up to a limit', () => {
  const wentAt = (clientY: number) => {
    const grid = holdOne()
    grid.move(grid.x(1), clientY)
    vi.advanceTimersToNextFrame()
    return grid.scroller.scrollTop - 300
  }

  expect(wentAt(view.bottom - 37)).toBeCloseTo(1)
  expect(wentAt(view.bottom - 10)).toBeCloseTo(10)
  expect(wentAt(view.bottom + 500)).toBe(20)
  expect(wentAt(view.top - 500)).toBe(-20)
})

test('in the middle it does not scroll, and after a release no more', () => {
  const grid = holdOne()
  grid.move(grid.x(1), 400)
  vi.advanceTimersByTime(500)
  expect(grid.scroller.scrollTop).toBe(300)

  grid.move(grid.x(1), view.bottom - 10)
  grid.key('Escape')
  vi.advanceTimersByTime(500)
  expect(grid.scroller.scrollTop).toBe(300)
})

test('when the calendar scrolls, what is held stays under the pointer, what was dropped at its time', () => {
  const grid = holdOne()
  grid.move(grid.x(1), grid.y('12:00') + 5)
  const scroll = (by: number) => {
    grid.scroller.scrollTop += by
    fireEvent.scroll(grid.scroller)
  }
  scroll(60)
  expect(grid.seen()).toBe('held 27T13:00')

  grid.letGo()
  scroll(-30)
  expect(grid.seen()).toBe('dropped 27T13:00')
  expect(grid.controller.get()).toMatchObject({ place: { top: grid.y('13:00') } })
})

test.each([
  ['right', 345, '2026-11-29'],
  ['left', 40, '2026-11-25'],
])('held at the %s side it turns a page every 700 ms', (_, x, date) => {
  const grid = holdOne()
  grid.move(x, grid.y('12:00'))

  vi.advanceTimersByTime(699)
  expect(grid.showDate).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(grid.showDate.mock.calls).toEqual([[date]])
  vi.advanceTimersByTime(700)
  expect(grid.showDate).toHaveBeenCalledTimes(2)
})

test('away from the side again it does not go on a page, nor after a drop', () => {
  const grid = holdOne()
  grid.move(345, grid.y('12:00'))
  vi.advanceTimersByTime(600)
  grid.move(grid.x(2), grid.y('12:00'))
  vi.advanceTimersByTime(2000)

  grid.move(345, grid.y('12:00'))
  grid.letGo()
  grid.move(346, grid.y('12:00'))
  vi.advanceTimersByTime(2000)

  expect(grid.showDate).not.toHaveBeenCalled()
})

test('on another page it is held where the pointer is there', () => {
  const grid = holdOne()
  grid.move(345, grid.y('12:00') + 5)

  grid.show({ days: daysFrom('2026-11-30') })

  expect(grid.seen()).toBe('held 02T12:00')
})
