import { fireEvent } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { zonedDay } from '../grid/zonedDay.ts'
import { calendarItem, calendarRun } from '../items/calendarFactory.ts'
import { itemKey, type CalendarItem } from '../items/calendarItem.ts'
import { createDragController, type DragSurroundings } from './dragController.ts'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const minutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))
const daysFrom = (date: string) =>
  [0, 1, 2].map((days) => zonedDay(Temporal.PlainDate.from(date).add({ days }).toString(), zone))

/** The grid: a scroller 600 px high and three days of 100 px, in which a minute is one pixel. */
const view = { top: 100, bottom: 700, left: 50, columnWidth: 100 }

const opened: (() => void)[] = []

function setBox(element: Element, box: () => { x: number; y: number; width: number; height: number }) {
  element.getBoundingClientRect = () => {
    const { x, y, width, height } = box()
    return new DOMRect(x, y, width, height)
  }
}

/** A page of the calendar with its controller, as someone at it meets it. */
function openGrid(items: readonly CalendarItem[], own: Partial<DragSurroundings> = {}) {
  const root = document.createElement('div')
  const scroller = document.createElement('div')
  const showDate = vi.fn<(date: string) => void>()
  const controller = createDragController()
  const captured = new Set<number>()
  let surroundings: DragSurroundings = {
    view: 'week',
    days: daysFrom('2026-11-26'),
    start: paris('26T00:00'),
    end: paris('29T00:00'),
    items,
    timeZone: zone,
    now: paris('26T02:00'),
    canMove: true,
    showDate,
    ...own,
  }
  scroller.scrollTop = 300
  setBox(scroller, () => ({ x: view.left, y: view.top, width: 300, height: view.bottom - view.top }))
  root.append(scroller)
  document.body.append(root)
  // jsdom knows no capture.
  root.setPointerCapture = (id) => void captured.add(id)
  root.releasePointerCapture = (id) => void captured.delete(id)
  root.hasPointerCapture = (id) => captured.has(id)

  const y = (clock: string) => view.top - scroller.scrollTop + minutes(clock)
  const draw = () => {
    scroller.replaceChildren(
      ...surroundings.days.map((day, index) => {
        const column = document.createElement('div')
        column.dataset['day'] = day.date
        const x = view.left + index * view.columnWidth
        setBox(column, () => ({ x, y: y('00:00'), width: view.columnWidth, height: 1440 }))
        for (const item of items.filter(({ startsAt }) => startsAt >= day.start && startsAt < day.end)) {
          const chip = document.createElement('button')
          chip.dataset['item'] = itemKey(item)
          chip.textContent = item.scheduleName
          setBox(chip, () => ({
            x,
            y: y('00:00') + (item.startsAt - day.start) / 60_000,
            width: view.columnWidth,
            height: 20,
          }))
          column.append(chip)
        }
        return column
      }),
    )
  }
  draw()
  controller.update(surroundings)
  const detach = controller.attach(root)
  opened.push(detach, () => root.remove())

  const chip = (name = 'nightly-rollup') => {
    const found = [...root.querySelectorAll('button')].find(({ textContent }) => textContent === name)
    if (found === undefined) throw new Error(`No ${name}`)
    return found
  }
  const send = (type: 'pointerDown' | 'pointerMove' | 'pointerUp', to: Element, own: PointerEventInit) =>
    fireEvent[type](to, { pointerId: 7, pointerType: 'mouse', button: 0, ...own })
  return {
    root,
    scroller,
    controller,
    captured,
    showDate,
    detach,
    chip,
    y,
    /** The middle of one of the three columns. */
    x: (column: number) => view.left + (column + 0.5) * view.columnWidth,
    press: (x: number, clientY: number, own: PointerEventInit = {}, on: Element = chip()) =>
      send('pointerDown', on, { clientX: x, clientY, ...own }),
    move: (x: number, clientY: number, own: PointerEventInit = {}) =>
      send('pointerMove', root, { clientX: x, clientY, ...own }),
    letGo: (own: PointerEventInit = {}) => send('pointerUp', root, own),
    key: (key: string, own: KeyboardEventInit = {}) =>
      // False where it was taken
      fireEvent.keyDown(document.activeElement ?? document.body, { key, ...own }),
    /** The calendar is drawn again. */
    show: (next: Partial<DragSurroundings>) => {
      surroundings = { ...surroundings, ...next }
      draw()
      controller.update(surroundings)
    },
    /** Where it is held, in minutes of the day. */
    at: () => {
      const drag = controller.get()
      return drag.phase === 'held' ? drag.target.at : Number.NaN
    },
    /** What someone sees of it: the phase, and when and why. */
    seen: () => {
      const drag = controller.get()
      if (drag.phase === 'idle') return 'idle'
      const { instant, why } = drag.target
      const moment = Temporal.Instant.fromEpochMilliseconds(instant ?? 0).toZonedDateTimeISO(zone)
      const time = instant === null ? 'nowhere' : moment.toPlainDateTime().toString().slice(8, 16)
      return [drag.phase, time, why].filter((part) => part !== null).join(' ')
    },
  }
}

const item = (own: Partial<CalendarItem> = {}) => calendarItem({ startsAt: paris('27T10:00'), ...own })

/** One that is held by the pointer at its place, 5 px below its upper edge. */
function holdOne(own: Partial<DragSurroundings> = {}) {
  const grid = openGrid([item()], own)
  grid.press(grid.x(1), grid.y('10:00') + 5)
  grid.move(grid.x(1) + 6, grid.y('10:00') + 5)
  return grid
}

// A clock that is taken over would take over Temporal's as well, which the polyfill does not allow.
beforeEach(async () => {
  vi.useFakeTimers()
  await loadTemporal()
})
afterEach(() => {
  for (const close of opened.splice(0)) close()
  vi.runOnlyPendingTimers()
  Reflect.deleteProperty(globalThis, 'Temporal')
  vi.useRealTimers()
})

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
])('after %s letting go is no click, and the next click is one', (_, putBack) => {
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

test('the release of a drag is no click, the next one is', () => {
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
  ['that has run', [calendarRun('nightly-rollup', paris('27T10:00'), 'succeeded')], true],
  ['that is counted with others', [item({ kind: 'bucket', scheduledFor: null })], true],
  ['by someone who may only look', [item()], false],
])('nothing is taken %s', (_, items, canMove) => {
  const grid = openGrid(items, { canMove })

  grid.press(grid.x(1), grid.y('10:05'))
  grid.move(grid.x(1), grid.y('12:00'))
  grid.chip().focus()

  expect(grid.key('ArrowDown', { altKey: true })).toBe(true)
  expect(grid.seen()).toBe('idle')
})

test('a press on no occurrence takes none', () => {
  const grid = openGrid([item()])

  grid.press(grid.x(1), grid.y('15:00'), {}, grid.scroller)
  grid.move(grid.x(1), grid.y('12:00'))

  expect(grid.seen()).toBe('idle')
})

const maintenance = (from: string, to: string) => ({
  start: paris(from),
  end: paris(to),
  reason: 'excluded',
  label: 'Maintenance',
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

const touch = { pointerType: 'touch' }

test('by touch it is held after 400 ms, and the page scrolls no more', () => {
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

test('by keys beyond the page the next one is shown, and it stands there', () => {
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

test('whoever listens hears of each change until they leave', () => {
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
