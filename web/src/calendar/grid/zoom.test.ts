// @vitest-environment node
import { expect, test } from 'vitest'
import { scrollAfterZoom, zoomAfterWheel, zoomBounds } from './zoom.ts'

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
