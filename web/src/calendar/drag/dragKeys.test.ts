import { expect, test, vi } from 'vitest'
import { closeGrids, daysFrom, item, maintenance, openGrid, paris, view } from './testing/dragGrid.ts'

closeGrids()

const alt = { altKey: true }

test('Alt with an arrow takes what has the focus, and arrows alone move it on', () => {
  const grid = openGrid([item()])
  grid.chip().focus()

  expect(grid.key('ArrowDown')).toBe(true)
  expect(grid.seen()).toBe('idle')
  expect(grid.key('ArrowDown', alt)).toBe(false)
  expect(grid.seen()).toBe('held 27T10:15')
  grid.key('ArrowDown', { shiftKey: true })
  expect(grid.seen()).toBe('held 27T10:16')
  grid.key('ArrowUp')
  expect(grid.seen()).toBe('held 27T10:15')
  grid.key('ArrowLeft')
  grid.key('ArrowLeft')
  expect(grid.seen()).toBe('held 25T10:15 Past')
})

test('by keys it is dropped with Enter and put back with Esc, as by the pointer', () => {
  const grid = openGrid([item()])
  grid.chip().focus()

  grid.key('ArrowRight', alt)
  expect(grid.controller.get()).toMatchObject({ by: 'keyboard', place: { left: 250, top: grid.y('10:00') } })
  expect(grid.key('Escape')).toBe(false)
  expect(grid.seen()).toBe('idle')

  grid.key('ArrowRight', alt)
  expect(grid.key('Enter')).toBe(false)
  expect(grid.seen()).toBe('dropped 28T10:00')
})

test('by keys a closed time says why, and Enter there puts it back', () => {
  const grid = openGrid([item()])
  grid.chip().focus()
  grid.key('ArrowDown', alt)
  grid.controller.setClosed([maintenance('27T10:30', '27T11:00')])

  grid.key('ArrowDown')
  expect(grid.seen()).toBe('held 27T10:30 Maintenance, excluded 10:30–11:00')

  grid.key('Enter')
  expect(grid.seen()).toBe('idle')
})

test('keys of the browser and of the calendar are left alone', () => {
  const grid = openGrid([item()])
  const onKeyDown = vi.fn()
  grid.root.addEventListener('keydown', onKeyDown)
  grid.chip().focus()

  expect(grid.key('ArrowDown', { altKey: true, ctrlKey: true })).toBe(true)
  expect(grid.key('ArrowDown', { altKey: true, metaKey: true })).toBe(true)
  expect(grid.key('x', alt)).toBe(true)
  expect(onKeyDown).toHaveBeenCalledTimes(3)

  grid.key('ArrowDown', alt)
  expect(onKeyDown).toHaveBeenCalledTimes(3)
  expect(grid.seen()).toBe('held 27T10:15')
})

test('by keys beyond the page the next one is shown, and it is there', () => {
  const grid = openGrid([item({ startsAt: paris('28T10:00') })])
  grid.chip().focus()

  grid.key('ArrowRight', alt)
  expect(grid.showDate.mock.calls).toEqual([['2026-11-29']])
  expect(grid.controller.get()).toMatchObject({ place: null })

  grid.show({ days: daysFrom('2026-11-29') })
  expect(grid.seen()).toBe('held 29T10:00')
  expect(grid.controller.get()).toMatchObject({
    target: { date: '2026-11-29', at: 600 },
    place: { left: view.left, top: grid.y('10:00') },
  })
})

test('by keys beyond the page it is there once the next one has come', () => {
  const grid = openGrid([item({ startsAt: paris('28T10:00') })])
  grid.chip().focus()
  grid.key('ArrowRight', alt)

  grid.leaf(daysFrom('2026-11-29'))
  expect(grid.controller.get()).toMatchObject({ phase: 'held', place: null })
  grid.show({ items: [item({ startsAt: paris('29T12:00') })] })

  expect(grid.controller.get()).toMatchObject({
    target: { date: '2026-11-29', at: 600 },
    place: { left: view.left, top: grid.y('10:00') },
  })
})

test.each([
  ['below', '17:00', 'ArrowDown'],
  ['above', '05:00', 'ArrowUp'],
])('by keys the calendar scrolls to what comes to stand %s what is seen', (_, clock, key) => {
  const grid = openGrid([item({ startsAt: paris(`27T${clock}`) })])
  grid.chip().focus()

  grid.key(key, alt)

  const top = grid.y('00:00') + grid.at()
  expect(top).toBeGreaterThanOrEqual(view.top + 40)
  expect(top).toBeLessThanOrEqual(view.bottom - 80)
})

test('anyone who listens hears of each change until they leave', () => {
  const grid = openGrid([item()])
  const listener = vi.fn()
  const leave = grid.controller.subscribe(listener)
  grid.chip().focus()

  grid.key('ArrowDown', alt)
  expect(listener).toHaveBeenCalledOnce()
  leave()
  grid.key('ArrowDown')
  expect(listener).toHaveBeenCalledOnce()
})
