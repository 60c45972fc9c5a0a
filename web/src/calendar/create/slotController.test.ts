import { fireEvent } from '@testing-library/react'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { loadTemporal } from '../../time/temporal.ts'
import { zonedDay } from '../grid/zonedDay.ts'
import { createSlotController } from './slotController.ts'
import type { SlotSurroundings } from './slotPlaces.ts'

const zone = 'Europe/Paris'
const paris = (text: string) => Date.parse(`2026-11-${text}+01:00`)
const opened: (() => void)[] = []
// A clock that is taken over would take over Temporal's as well, which the polyfill does not allow.
beforeEach(async () => {
  vi.useFakeTimers()
  await loadTemporal()
})
afterEach(() => {
  for (const close of opened.splice(0)) close()
  Reflect.deleteProperty(globalThis, 'Temporal')
  vi.useRealTimers()
})

function box(element: HTMLElement, x: number, y: number, width: number, height: number) {
  element.getBoundingClientRect = () => new DOMRect(x, y, width, height)
  return element
}

/** Two days of 100 px, a minute high each pixel; or two lanes of 24 hours, a minute wide each pixel. */
function open(own: Partial<SlotSurroundings> = {}) {
  const root = document.createElement('div')
  root.setPointerCapture = () => undefined
  root.releasePointerCapture = () => undefined
  root.hasPointerCapture = () => true
  const showDate = vi.fn<(at: number) => void>()
  const days = ['2026-11-26', '2026-11-27'].map((date) => zonedDay(date, zone))
  days.forEach(({ date }, index) => {
    const column = box(document.createElement('div'), index * 100, 0, 100, 1440)
    column.dataset['day'] = date
    const chip = document.createElement('button')
    column.append(chip)
    root.append(column)
  })
  for (const [index, lane] of ['12', 'group:ops'].entries()) {
    const track = box(document.createElement('div'), 0, 2000 + index * 24, 1440, 24)
    track.dataset['track'] = lane
    track.dataset['tag'] = 'ops'
    root.append(track)
  }
  document.body.append(root)
  const controller = createSlotController()
  controller.update({
    view: 'week',
    days,
    start: days[0]!.start,
    end: days[1]!.end,
    timeZone: zone,
    canCreate: true,
    firstSlot: () => ({ start: paris('26T10:00'), end: null, lane: null, tag: null }),
    showDate,
    ...own,
  })
  opened.push(controller.attach(root), () => root.remove())
  const at = (x: number, y: number, more: object = {}) => ({
    button: 0,
    pointerId: 1,
    clientX: x,
    clientY: y,
    ...more,
  })
  const key = (name: string, more: object = {}) => fireEvent.keyDown(document.body, { key: name, ...more })
  const column = root.querySelector('[data-day]')!
  const state = () => controller.get()
  const slot = () => {
    const now = controller.get()
    return now.phase === 'idle' ? null : now.slot
  }
  return { root, controller, column, at, key, state, slot, showDate }
}

test('a click chooses the half hour that it is in', () => {
  const { column, at, state } = open()

  fireEvent.pointerDown(column, at(150, 9 * 60 + 50))
  fireEvent.pointerUp(column, at(150, 9 * 60 + 50))

  expect(state()).toMatchObject({
    phase: 'chosen',
    slot: { start: paris('27T09:30'), end: null },
    place: { left: 100, top: 570, width: 100, height: 30 },
    x: 150,
  })
})

test.each([
  ['down', 9 * 60 + 5, 11 * 60 + 20],
  ['up', 11 * 60 + 20, 9 * 60 + 5],
])('a drag %s chooses the quarters from its upper to its lower end', (_, from, to) => {
  const { column, at, state, slot } = open()

  fireEvent.pointerDown(column, at(50, from))
  fireEvent.pointerMove(column, at(55, to))
  expect(state().phase).toBe('choosing')
  fireEvent.pointerUp(column, at(55, to))

  expect(state().phase).toBe('chosen')
  expect(slot()).toMatchObject({ start: paris('26T09:00'), end: paris('26T11:30') })
})

test('on a lane it has the lane and its tag', () => {
  const { root, at, state } = open({ view: 'lanes', end: paris('27T00:00') })
  const track = root.querySelector('[data-track="group:ops"]')!

  fireEvent.pointerDown(track, at(14 * 60 + 40, 2030))
  fireEvent.pointerUp(track, at(14 * 60 + 40, 2030))

  expect(state()).toMatchObject({
    slot: { start: paris('26T14:30'), end: null, lane: 'group:ops', tag: 'ops' },
    place: { left: 870, top: 2024, width: 30, height: 24 },
  })
})

test.each([
  ['on something that can be pressed', {}, 'button', {}],
  ['with a key for choosing several', {}, '[data-day]', { ctrlKey: true }],
  ['by someone who may not, or only to close what is open', { canCreate: false }, '[data-day]', {}],
])('a press %s chooses nothing', (_, own, selector, more) => {
  const { root, at, state } = open(own)
  const element = root.querySelector(selector)!

  fireEvent.pointerDown(element, at(50, 540, more))
  fireEvent.pointerUp(element, at(50, 540, more))

  expect(state().phase).toBe('idle')
})

test('an hour that the clock skips is not a place', () => {
  const days = [zonedDay('2026-03-29', zone)]
  const { root, at, state } = open({ days })
  const column = root.querySelector<HTMLElement>('[data-day]')!
  column.dataset['day'] = '2026-03-29'

  fireEvent.pointerDown(column, at(50, 2 * 60 + 20))
  fireEvent.pointerUp(column, at(50, 2 * 60 + 20))

  expect(state().phase).toBe('idle')
})

test('Shift and C begins by keys: arrows move it, with Shift make it longer, Enter chooses it', () => {
  const { key, state, slot } = open()

  key('C', { shiftKey: true })
  expect(slot()).toMatchObject({ start: paris('26T10:00'), end: null })
  key('ArrowRight')
  key('ArrowDown')
  expect(slot()).toMatchObject({ start: paris('27T10:15'), end: null })
  for (let press = 0; press < 3; press += 1) key('ArrowDown', { shiftKey: true })
  expect(slot()).toMatchObject({ start: paris('27T10:15'), end: paris('27T11:15') })
  key('ArrowUp')
  expect(slot()).toMatchObject({ start: paris('27T10:00'), end: paris('27T11:00') })
  key('Enter')

  expect(state().phase).toBe('chosen')
})

test('by keys it reaches days that are not shown, which are shown then', () => {
  const { key, showDate } = open()

  key('C', { shiftKey: true })
  key('ArrowLeft')

  expect(showDate).toHaveBeenCalledWith(paris('25T10:00'))
})

test('the escape key ends it, and letting go then chooses nothing', () => {
  const { column, at, key, state } = open()

  fireEvent.pointerDown(column, at(50, 540))
  fireEvent.pointerMove(column, at(50, 640))
  key('Escape')
  fireEvent.pointerUp(column, at(50, 640))

  expect(state().phase).toBe('idle')
})

test('a finger that moves scrolls', () => {
  const { column, at, state } = open()

  fireEvent.pointerDown(column, at(50, 540, { pointerType: 'touch' }))
  fireEvent.pointerMove(column, at(50, 640, { pointerType: 'touch' }))
  fireEvent.pointerCancel(column, at(50, 640, { pointerType: 'touch' }))

  expect(state().phase).toBe('idle')
})

const touch = { pointerType: 'touch' }

test('a finger that stays chooses the half hour under it, and continues to a range without scrolling', () => {
  const { column, at, state, slot } = open()
  const touchMoves = () => fireEvent.touchMove(column, { cancelable: true })

  fireEvent.pointerDown(column, at(50, 545, touch))
  expect(touchMoves()).toBe(true)
  expect(fireEvent.contextMenu(column)).toBe(false)
  vi.advanceTimersByTime(400)
  expect(state().phase).toBe('choosing')
  expect(slot()).toMatchObject({ start: paris('26T09:00'), end: null })
  expect(touchMoves()).toBe(false)

  fireEvent.pointerMove(column, at(50, 550, touch))
  expect(slot()?.end).toBeNull()
  fireEvent.pointerMove(column, at(50, 655, touch))
  fireEvent.pointerUp(column, at(50, 655, touch))
  expect(state().phase).toBe('chosen')
  expect(slot()).toMatchObject({ start: paris('26T09:00'), end: paris('26T11:00') })
})

test('a finger that scrolls before the time is up chooses nothing later', () => {
  const { column, at, state } = open()

  fireEvent.pointerDown(column, at(50, 540, touch))
  fireEvent.pointerMove(column, at(50, 549, touch))
  vi.advanceTimersByTime(1000)
  fireEvent.pointerUp(column, at(50, 549, touch))

  expect(state().phase).toBe('idle')
})

test('while several are selected a tap that misses them makes nothing', () => {
  const { root, column, at, state } = open()
  root.dataset['selecting'] = 'true'

  fireEvent.pointerDown(column, at(50, 540, touch))
  fireEvent.pointerUp(column, at(50, 540, touch))

  expect(state().phase).toBe('idle')
})
