// @vitest-environment node
import { expect, test } from 'vitest'
import { rowAfter } from './rowKeys.ts'

test.each([
  ['ArrowDown', 1, 2],
  ['ArrowUp', 1, 0],
  ['Home', 1, 0],
  ['End', 1, 2],
  ['ArrowUp', 0, null],
  ['ArrowDown', 2, null],
  ['End', 2, null],
  ['Enter', 1, null],
])('of three rows %s leads from row %i to %s', (key, row, next) => {
  expect(rowAfter(key, row, 3)).toBe(next)
})
