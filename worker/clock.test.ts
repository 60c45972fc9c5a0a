import { expect, test } from 'vitest'
import { reportJump, watchClock } from './clock.ts'

/** Reads a clock that is `offset` ms from the monotonic one, at `at`, with an answer that takes `took` ms. */
function read(watch: ReturnType<typeof watchClock>, at: number, offset: number, took = 0): number {
  return watch.observe(at + offset + took / 2, { sentAt: at, receivedAt: at + took })
}

test('a clock that goes on as time does has not jumped, however long the readings are apart', () => {
  const watch = watchClock()

  expect([0, 60_000, 7_200_000].map((at) => read(watch, at, 1e12))).toEqual([0, 0, 0])
})

test('a clock that is set forward, and back, has jumped each time once', () => {
  const watch = watchClock()

  const jumps = [0, 7_200_000, 7_200_000, 0, 0].map((offset, second) => read(watch, second * 1000, offset))

  expect(jumps).toEqual([0, 7_200_000, 0, -7_200_000, 0])
})

test('an answer that takes long is no jump', () => {
  const watch = watchClock()

  expect([0, 30_000, 60_000].map((at, index) => read(watch, at, 0, index === 1 ? 20_000 : 0))).toEqual([
    0, 0, 0,
  ])
})

test('a clock that drifts has not jumped', () => {
  const watch = watchClock()

  const jumps = Array.from({ length: 20 }, (_, hour) => read(watch, hour * 3_600_000, hour * 2000))

  expect(new Set(jumps)).toEqual(new Set([0]))
})

test('going back is an error where schedules were fired beyond the clock, with the remedy', () => {
  const lines: string[] = []
  const log = (level: string, message: string) => lines.push(`${level}: ${message}`)

  reportJump(log, { jump: -7_200_000, ahead: 3 })
  reportJump(log, { jump: -7_200_000, ahead: 0 })
  reportJump(log, { jump: 7_200_000, ahead: 0 })

  expect(lines).toEqual([
    expect.stringMatching(
      /^error: .* went back by 7200 s\. 3 schedules were .* select \* from almanac\.replan_from_now\(\);$/,
    ),
    expect.stringMatching(/^warning: .* went back by 7200 s\. No schedule/),
    expect.stringMatching(/^warning: .* went forward by 7200 s/),
  ])
})
