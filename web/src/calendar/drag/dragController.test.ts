import { fireEvent } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { calendarRun } from '../items/calendarFactory.ts'
import { closeGrids, daysFrom, holdOne, item, maintenance, openGrid, paris } from './testing/dragGrid.ts'

closeGrids()

test('a press that moves less than 5 px stays a click', () => {
  const grid = openGrid([item()])
  const onClick = vi.fn()
  grid.root.addEventListener('click', onClick)

  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1) + 3, grid.y('10:05') + 3)
  expect(grid.seen()).toBe('idle')
  grid.letGo()
  fireEvent.click(grid.chip())

  expect(grid.seen()).toBe('idle')
  expect(grid.captured).toEqual(new Set())
  expect(onClick).toHaveBeenCalledOnce()
})

test.each([
  ['Esc', (grid: ReturnType<typeof holdOne>) => grid.key('Escape')],
  ['leaving the window', () => fireEvent.blur(window)],
])('after %s letting go is not a click, and the next click is one', (_, putBack) => {
  const grid = holdOne()
  const onClick = vi.fn()
  grid.root.addEventListener('click', onClick)
  putBack(grid)
  vi.advanceTimersByTime(5_000)

  grid.letGo()
  fireEvent.click(grid.chip())
  expect(onClick).not.toHaveBeenCalled()

  vi.runOnlyPendingTimers()
  grid.press(grid.x(1), grid.y('10:05'))
  grid.letGo()
  fireEvent.click(grid.chip())
  expect(onClick).toHaveBeenCalledOnce()
})

test('from 5 px on it is held, and the pointer is captured', () => {
  const grid = openGrid([item()])

  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1) + 3, grid.y('10:05') + 4)

  expect(grid.seen()).toBe('held 27T10:00')
  expect(grid.captured).toEqual(new Set([7]))
})

test('it hangs from where it was taken, and its ghost lies in the column', () => {
  const grid = holdOne()

  grid.move(grid.x(2), grid.y('12:00') + 5)

  expect(grid.seen()).toBe('held 28T12:00')
  expect(grid.controller.get()).toMatchObject({
    by: 'pointer',
    place: { left: 250, top: grid.y('12:00'), width: 100 },
  })
})

test('it snaps to full quarters, and with Shift to minutes', () => {
  const grid = holdOne()

  grid.move(grid.x(1), grid.y('11:22') + 5)
  expect(grid.seen()).toBe('held 27T11:15')

  grid.move(grid.x(1), grid.y('11:22') + 5, { shiftKey: true })
  expect(grid.seen()).toBe('held 27T11:22')
})

test('beyond the last day it stays on it, beyond the ends of the day within it', () => {
  const grid = holdOne()

  grid.move(900, grid.y('12:00') + 5)
  expect(grid.seen()).toBe('held 28T12:00')
  grid.move(0, grid.y('00:00') - 500)
  expect(grid.seen()).toBe('held 26T00:00 Past')
  grid.move(grid.x(1), grid.y('23:59') + 500)
  expect(grid.seen()).toBe('held 27T23:45')
})

test('dropped elsewhere it waits there for an answer, and is put back by it', () => {
  const grid = holdOne()
  grid.move(grid.x(2), grid.y('12:00') + 5)

  grid.letGo()
  expect(grid.seen()).toBe('dropped 28T12:00')
  grid.move(grid.x(0), grid.y('20:00'))
  expect(grid.seen()).toBe('dropped 28T12:00')

  grid.controller.release()
  expect(grid.seen()).toBe('idle')
})

test('while one waits for an answer no other is taken', () => {
  const grid = holdOne()
  grid.move(grid.x(2), grid.y('12:00') + 5)
  grid.letGo()

  grid.chip().focus()
  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1), grid.y('15:00'))

  expect(grid.key('ArrowDown', { altKey: true })).toBe(true)
  expect(grid.seen()).toBe('dropped 28T12:00')
})

test('dropped where it was nothing is asked', () => {
  const grid = holdOne()
  grid.move(grid.x(2), grid.y('12:00') + 5)
  grid.move(grid.x(1), grid.y('10:03') + 5)

  grid.letGo()

  expect(grid.seen()).toBe('idle')
})

test('the release of a drag is not a click, the next one is', () => {
  const grid = holdOne()
  const onClick = vi.fn()
  grid.root.addEventListener('click', onClick)
  grid.move(grid.x(2), grid.y('12:00') + 5)

  grid.letGo()
  fireEvent.click(grid.chip())
  expect(onClick).not.toHaveBeenCalled()

  fireEvent.click(grid.chip())
  expect(onClick).toHaveBeenCalledOnce()
})

test('a drag that ends without a click swallows none later', () => {
  const grid = holdOne()
  const onClick = vi.fn()
  grid.root.addEventListener('click', onClick)
  grid.move(grid.x(2), grid.y('12:00') + 5)

  grid.letGo()
  vi.advanceTimersByTime(0)
  fireEvent.click(grid.chip())

  expect(onClick).toHaveBeenCalledOnce()
})

test('Esc puts it back, and what the pointer does after that means nothing', () => {
  const grid = holdOne()
  grid.move(grid.x(2), grid.y('12:00') + 5)

  expect(grid.key('Escape')).toBe(false)
  expect(grid.seen()).toBe('idle')
  expect(grid.captured).toEqual(new Set())

  grid.move(grid.x(2), grid.y('14:00'))
  grid.letGo()
  expect(grid.seen()).toBe('idle')
  // With nothing held the key is left to others.
  expect(grid.key('Escape')).toBe(true)
})

test.each([
  ['the window loses the focus', () => fireEvent.blur(window)],
  [
    'the browser takes the pointer',
    ({ root }: { root: Element }) => fireEvent.pointerCancel(root, { pointerId: 7 }),
  ],
  ['the calendar goes', ({ detach }: { detach: () => void }) => detach()],
])('it is put back when %s', (_, happen) => {
  const grid = holdOne()
  grid.move(grid.x(2), grid.y('12:00') + 5)
  expect(grid.seen()).toBe('held 28T12:00')

  happen(grid)

  expect(grid.seen()).toBe('idle')
  expect(grid.captured).toEqual(new Set())
})

test('a second finger or mouse neither moves nor drops it', () => {
  const grid = holdOne()

  grid.move(grid.x(2), grid.y('12:00'), { pointerId: 8 })
  grid.letGo({ pointerId: 8 })
  fireEvent.pointerCancel(grid.root, { pointerId: 8 })

  expect(grid.seen()).toBe('held 27T10:00')
})

test.each([
  ['the right button', { button: 2 }],
  ['Shift, which selects', { shiftKey: true }],
  ['Ctrl, which selects', { ctrlKey: true }],
  ['⌘, which selects', { metaKey: true }],
])('nothing is taken by a press with %s', (_, how) => {
  const grid = openGrid([item()])

  grid.press(grid.x(1), grid.y('10:05'), how)
  grid.move(grid.x(1), grid.y('12:00'))

  expect(grid.seen()).toBe('idle')
})

test.each([
  ['that has run', [calendarRun('nightly-rollup', paris('27T10:00'), 'succeeded')]],
  ['that is counted with others', [item({ kind: 'bucket', scheduledFor: null })]],
])('nothing is taken %s', (_, items) => {
  const grid = openGrid(items)

  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1), grid.y('12:00'))
  grid.chip().focus()

  expect(grid.key('ArrowDown', { altKey: true })).toBe(true)
  expect(grid.seen()).toBe('idle')
})

test('what someone may not move says why over every place, and is put back', () => {
  const grid = openGrid([item()], { whyKept: () => 'It belongs to dana.' })

  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1), grid.y('12:00'))
  expect(grid.controller.get()).toMatchObject({ phase: 'held', target: { why: 'It belongs to dana.' } })
  grid.move(grid.x(0), grid.y('01:00'))
  expect(grid.controller.get()).toMatchObject({ phase: 'held', target: { why: 'It belongs to dana.' } })
  grid.letGo()

  expect(grid.seen()).toBe('idle')
})

test('that it may not be moved is said once it is known', () => {
  const grid = openGrid([item()])
  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1), grid.y('12:00'))
  expect(grid.controller.get()).toMatchObject({ phase: 'held', target: { why: null } })

  grid.show({ whyKept: () => 'It belongs to dana.' })

  expect(grid.controller.get()).toMatchObject({ phase: 'held', target: { why: 'It belongs to dana.' } })
})

test('a key holds nothing that someone may not move, and says why', () => {
  const tellKept = vi.fn()
  const grid = openGrid([item()], { whyKept: () => 'It belongs to dana.', tellKept })
  grid.chip().focus()

  expect(grid.key('ArrowDown', { altKey: true })).toBe(false)

  expect(grid.seen()).toBe('idle')
  expect(tellKept).toHaveBeenCalledExactlyOnceWith(item(), 'It belongs to dana.')
})

test('a press on no occurrence takes none', () => {
  const grid = openGrid([item()])

  grid.press(grid.x(1), grid.y('15:00'), {}, grid.scroller)
  grid.move(grid.x(1), grid.y('12:00'))

  expect(grid.seen()).toBe('idle')
})

test('over a closed time it says why, and elsewhere no more', () => {
  const grid = holdOne()
  grid.controller.setClosed([maintenance('28T12:00', '28T13:00')])

  grid.move(grid.x(2), grid.y('12:30') + 5)
  expect(grid.seen()).toBe('held 28T12:30 Maintenance, excluded 12:00–13:00')
  grid.move(grid.x(2), grid.y('13:00') + 5)
  expect(grid.seen()).toBe('held 28T13:00')
})

test('dropped on a closed time it goes back', () => {
  const grid = holdOne()
  grid.controller.setClosed([maintenance('28T12:00', '28T13:00')])
  grid.move(grid.x(2), grid.y('12:30') + 5)

  grid.letGo()

  expect(grid.seen()).toBe('idle')
})

test('dropped in the past it goes back', () => {
  const grid = holdOne()
  grid.move(grid.x(0), grid.y('01:00') + 5)
  expect(grid.seen()).toBe('held 26T01:00 Past')

  grid.letGo()

  expect(grid.seen()).toBe('idle')
})

test('what is closed is known late: what is held there says it without a move, at its very minute', () => {
  const grid = holdOne()
  grid.move(grid.x(2), grid.y('12:07') + 5, { shiftKey: true })
  expect(grid.seen()).toBe('held 28T12:07')

  grid.controller.setClosed([maintenance('28T12:00', '28T13:00')])

  expect(grid.seen()).toBe('held 28T12:07 Maintenance, excluded 12:00–13:00')
})

test('what is closed to one is not to the next that is taken', () => {
  const grid = holdOne()
  grid.controller.setClosed([maintenance('28T12:00', '28T13:00')])
  grid.key('Escape')

  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(2), grid.y('12:35'))

  expect(grid.seen()).toBe('held 28T12:30')
})

test('a time that the clock skips is closed, before and after the answer', () => {
  const startsAt = Date.parse('2026-03-28T10:00+01:00')
  const grid = openGrid([item({ startsAt })], { days: daysFrom('2026-03-27'), now: 0 })
  grid.press(grid.x(1), grid.y('10:00'))
  grid.move(grid.x(2), grid.y('02:30'))
  const skipped = 'held nowhere The clock skips this time on this day'
  expect(grid.seen()).toBe(skipped)

  grid.controller.setClosed([])
  expect(grid.seen()).toBe(skipped)

  grid.letGo()
  expect(grid.seen()).toBe('idle')
})
