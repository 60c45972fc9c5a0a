import { expect, test } from 'vitest'
import { errorText, resultJson } from './result.ts'

test.each([
  ['nothing', undefined, null],
  ['a function', () => 1, null],
  ['an object', { rows: 3, at: new Date(0) }, '{"rows":3,"at":"1970-01-01T00:00:00.000Z"}'],
  ['a number too long for JSON', { id: 9007199254740993n }, '{"id":"9007199254740993"}'],
  ['NUL, which jsonb refuses', { 'a\0': ['b\0'] }, '{"a\uFFFD":["b\uFFFD"]}'],
  ['half a surrogate pair, which jsonb refuses', 'x\uD800', '"x\uFFFD"'],
])('%s is kept as JSON that PostgreSQL takes', (_name, value, json) => {
  expect(resultJson(value)).toBe(json)
})

test('a result too long to keep says so', () => {
  expect(resultJson('x'.repeat(70_000))).toContain('up to 65536 are kept')
})

test('an error too long to keep is cut', () => {
  expect(errorText('x'.repeat(70_000))).toHaveLength(16_385)
})
