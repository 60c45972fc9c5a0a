// @vitest-environment node
import { expect, test } from 'vitest'
import { placeOfFault, placeOfPointer } from './jsonPlaces.ts'

const text = `{
  "to": ["ann", {"name": "bob"}],
  "a/b": {"~": 1},
  "\\u0061t": null
}`
const lineOf = (place: number | null) => (place === null ? null : text.slice(0, place).split('\n').length)

test.each([
  ['', 1],
  ['/to', 2],
  ['/to/0', 2],
  ['/to/1/name', 2],
  ['/a~1b/~0', 3],
  ['/at', 4],
  ['/a~1b/missing', 3],
  ['/missing', 1],
])('the value of %j is found', (pointer, line) => {
  expect(lineOf(placeOfPointer(text, pointer))).toBe(line)
})

test('within a line, it is the value that is found', () => {
  expect(text.slice(placeOfPointer(text, '/to/1/name')).startsWith('"bob"')).toBe(true)
  expect(text.slice(placeOfPointer(text, '/to/0')).startsWith('"ann"')).toBe(true)
})

test('a text that is not JSON says where it stops being', () => {
  expect(placeOfFault(text)).toBeNull()
  expect(lineOf(placeOfFault(text.replace('"ann",', '"ann" "x"')))).toBe(2)
  expect(placeOfFault('{"a": ')).toBe(6)
  expect(placeOfFault('')).toBe(0)
})
