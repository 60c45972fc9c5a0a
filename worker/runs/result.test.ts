import { expect, test } from 'vitest'
import { errorText } from '../../process/storable.ts'
import { refusedResult, resultJson } from './result.ts'

test.each([
  ['nothing', undefined, null],
  ['an object', { rows: 3, at: new Date(0) }, '{"rows":3,"at":"1970-01-01T00:00:00.000Z"}'],
  ['a number too long for JSON', { id: 9007199254740993n }, '{"id":"9007199254740993"}'],
  ['what is not a number for JSON', [NaN, -Infinity, 0], '["NaN","-Infinity",0]'],
  ['what is not defined in places', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ['NUL, which jsonb refuses', { 'a\0': ['b\0'] }, '{"a\uFFFD":["b\uFFFD"]}'],
  ['half a surrogate pair, which jsonb refuses', 'x\uD800', '"x\uFFFD"'],
])('%s is kept as JSON that PostgreSQL takes', (_name, value, json) => {
  expect(resultJson(value)).toBe(json)
})

test('a result of 100 levels is kept', () => {
  expect(resultJson(nested(100))).toBe(JSON.stringify(nested(100)))
})

const circular: Record<string, unknown> = { rows: 3 }
circular['self'] = circular
let deep: unknown = 'bottom'
for (let level = 0; level < 100_000; level++) deep = [deep]
const nested = (levels: number) =>
  JSON.parse('['.repeat(levels - 1) + '"]"' + ']'.repeat(levels - 1)) as unknown
const poisoned = () => {
  throw new Error('poison')
}

test.each([
  ['refers to itself', circular, 'circular structure', 'rows: 3'],
  ['has a getter that throws', Object.defineProperty({}, 'a', { get: poisoned, enumerable: true }), 'poison'],
  ['has a toJSON that throws', { toJSON: poisoned }, 'poison', 'toJSON'],
  ['is a proxy that throws', new Proxy({}, { ownKeys: poisoned, get: poisoned }), 'poison'],
  ['has many levels', nested(101), 'more than 100 levels'],
  ['is nested too deeply', deep, 'Maximum call stack size exceeded'],
  ['is a function', poisoned, 'JSON cannot express a function.', 'poisoned'],
  ['is a symbol', Symbol('s'), 'JSON cannot express a symbol.', 'Symbol(s)'],
  ['is too long', 'x'.repeat(70_000), 'up to 65536 are kept', 'xxx'],
])('a result that %s is left out, and a note says why and what it was', (_name, value, why, was = '') => {
  const note = JSON.parse(resultJson(value) ?? '') as { omitted: string; was: string }

  expect(note.omitted).toContain(why)
  expect(note.was).toContain(was)
  expect(note.was.length).toBeLessThan(1_100)
})

test('a note says what the database refused, and why', () => {
  const json = JSON.stringify('x'.repeat(5_000))

  const note = JSON.parse(refusedResult(json, new Error('stack depth limit exceeded'))) as { was: string }

  expect(note).toMatchObject({ omitted: 'The database refused the result: stack depth limit exceeded' })
  expect(note.was).toMatch(/^"x+…$/)
})

test('an error too long to keep is cut', () => {
  expect(errorText('x'.repeat(70_000))).toHaveLength(16_385)
})
