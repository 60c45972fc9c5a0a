import { expect, it } from 'vitest'
import { cutText } from './cutText.ts'

it.each([
  ['abc', 3, 'abc'],
  ['abcd', 3, 'abc'],
  ['ab\u{1F4B0}', 3, 'ab'],
  ['ab\u{1F4B0}', 4, 'ab\u{1F4B0}'],
  ['\u{1F4B0}\u{1F4B0}', 2, '\u{1F4B0}'],
  ['\u{1F4B0}', 1, ''],
])('%j cut to %i units is %j', (text, longest, cut) => {
  expect(cutText(text, longest)).toBe(cut)
})
