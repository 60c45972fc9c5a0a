import { expect, test } from 'vitest'
import { lengthParts } from './length.ts'

const units = ['minute', 'hour'] as const

test.each([
  [
    '1 hour 30 minutes',
    [
      [1, 'hour'],
      [30, 'minute'],
    ],
  ],
  [
    ' 2 Hours, 5minutes ',
    [
      [2, 'hour'],
      [5, 'minute'],
    ],
  ],
  ['1 hour', [[1, 'hour']]],
  ['', undefined],
  ['soon', undefined],
  ['1 hour soon', undefined],
  ['1 hour30 minutes', undefined],
  ['1 day', undefined],
  ['-1 hour', undefined],
])('%s', (text, parts) => {
  expect(lengthParts(text, units)).toEqual(parts)
})
