// @vitest-environment node
import { expect, test } from 'vitest'
import { finerBuckets, scrollAfterZoom, zoomAfterWheel, zoomBounds } from './zoom.ts'

test('what is under the pointer stays there', () => {
  const before = { minute: 0.5, scroll: 120, pointer: 200 }
  const scroll = scrollAfterZoom(before, 1.5)

  expect((scroll + before.pointer) / 1.5).toBe((before.scroll + before.pointer) / before.minute)
})

test('the wheel zooms in when it goes up, out when it goes down, and never beyond its bounds', () => {
  expect(zoomAfterWheel(1, -100)).toBeGreaterThan(1)
  expect(zoomAfterWheel(2, 100)).toBeLessThan(2)
  expect(zoomAfterWheel(2, -1e6)).toBe(zoomBounds.most)
  expect(zoomAfterWheel(2, 1e6)).toBe(zoomBounds.least)
})

test('as much down as up is where it began', () => {
  expect(zoomAfterWheel(zoomAfterWheel(2, -120), 120)).toBeCloseTo(2)
})

const day = 24 * 60

test('counts come finer the more a day is zoomed, in few steps', () => {
  const finest = [1, 1.9, 2, 3.9, 4, 11.9, 12, zoomBounds.most].map(
    (zoom) => finerBuckets(60, zoom, day)[0] ?? 60,
  )

  expect(finest).toEqual([60, 60, 30, 30, 15, 15, 5, 5])
})

test('coarser ones are next, where the finest are too many', () => {
  expect(finerBuckets(60, 12, day)).toEqual([5, 15, 30])
})

test('no window is divided into more parts than the server counts quickly', () => {
  expect(finerBuckets(60, zoomBounds.most, 7 * day + 60)[0]).toBe(15)
  expect(finerBuckets(15, zoomBounds.most, day)).toEqual([5])
  expect(finerBuckets(5, zoomBounds.most, 6 * 60)).toEqual([])
})
