import { expect, test } from 'vitest'
import { barsAround, type Sibling } from './siblings.ts'

const at = (seconds: number) => new Date(Date.UTC(2026, 10, 25, 12) + 1000 * seconds).toISOString()
const run = (nth: number, own: Partial<Sibling> = {}): Sibling => ({
  rowId: String(nth),
  status: 'succeeded',
  scheduledFor: at(60 * nth),
  startedAt: at(60 * nth),
  finishedAt: at(60 * nth + 10),
  ...own,
})
const many = (from: number, count: number, step: 1 | -1) =>
  Array.from({ length: count }, (_, index) => run(from + step * index))

test('the newest run has those before it to its left', () => {
  const bars = barsAround(run(100), many(99, 60, -1), [])

  expect(bars.map(({ id }) => Number(id))).toEqual(Array.from({ length: 40 }, (_, index) => 61 + index))
  expect(bars.filter(({ isThis }) => isThis).map(({ id }) => id)).toEqual(['100'])
})

test('an old run stays in view, with as many later ones as there is room for', () => {
  const bars = barsAround(run(100), many(99, 60, -1), many(101, 60, 1))

  expect(bars).toHaveLength(40)
  expect([bars[0]?.id, bars[20]?.id, bars[39]?.id]).toEqual(['80', '100', '119'])
  expect(bars[20]?.isThis).toBe(true)
})

test('a bar is as high as the run was long, one that failed or is running is full, one that did not run low', () => {
  const bars = barsAround(
    run(5, { status: 'running', finishedAt: null }),
    [
      run(4, { finishedAt: at(60 * 4 + 20) }),
      run(3),
      run(2, { status: 'failed' }),
      run(1, { status: 'skipped', startedAt: null, finishedAt: null }),
    ],
    [],
  )

  expect(bars.map(({ height }) => height)).toEqual([30, 100, 55, 90, 100])
})
