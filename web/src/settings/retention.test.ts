// @vitest-environment node
import { expect, test } from 'vitest'
import { countText, failuresText, lengthText, readLength } from './retention.ts'

test.each([
  ['90 days', { days: 90 }],
  ['1 year 6 months', { years: 1, months: 6 }],
  ['2 weeks, 1 day', { days: 15 }],
  ['36hours', { hours: 36 }],
  ['0', { days: 0 }],
  ['', undefined],
  ['ninety days', undefined],
  ['-1 day', undefined],
  ['90', undefined],
  ['1 day foo', undefined],
])('"%s" is read as a length', (text, expected) => {
  expect(readLength(text)).toEqual(expected)
})

test('what is kept is said in words', () => {
  expect([lengthText(null), lengthText({ days: 0 }), lengthText({ days: 90 })]).toEqual([
    'Forever',
    'Forever',
    '90 days',
  ])
  expect([failuresText(null), failuresText({ days: 0 }), failuresText({ years: 1 })]).toEqual([
    'Like other runs',
    'Forever',
    '1 year',
  ])
  expect([countText(null), countText(0), countText(1000)]).toEqual(['All', 'All', 'The latest 1,000'])
})
