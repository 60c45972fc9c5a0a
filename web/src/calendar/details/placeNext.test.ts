// @vitest-environment node
import { expect, test } from 'vitest'
import { placeNext } from './placeNext.ts'

const window = { width: 1000, height: 600 }
const dialog = { width: 300, height: 200 }
const box = (left: number, top: number) => ({ left, top, width: 100, height: 20 })

test.each([
  ['right of it', box(100, 100), { left: 212, top: 76 }],
  ['left of it, where there is no room at the right', box(800, 100), { left: 488, top: 76 }],
  ['within the window at its lower edge', box(100, 590), { left: 212, top: 392 }],
  ['within the window at its upper edge', box(100, -40), { left: 212, top: 8 }],
])('a dialog stands %s', (_, anchor, place) => {
  expect(placeNext(anchor, dialog, window)).toEqual(place)
})

test('in a narrow window it is below, or above where there is no room', () => {
  const narrow = { width: 500, height: 600 }

  expect(placeNext(box(200, 100), dialog, narrow)).toEqual({ left: 192, top: 132 })
  expect(placeNext(box(200, 500), dialog, narrow)).toEqual({ left: 192, top: 288 })
})
