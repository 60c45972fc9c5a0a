// @vitest-environment node
import { expect, test } from 'vitest'
import { parseSearch, plainAddress, stringifySearch } from './searchText.ts'

test('numbers, words and dates are written as they are', () => {
  expect(stringifySearch({ run: '3', system: true, from: '2026-11-30', tag: 'null' })).toBe(
    '?run=3&system=true&from=2026-11-30&tag=null',
  )
  expect(stringifySearch({ zone: 'Europe/Paris', item: 'run:1:3', q: 'a b&c' })).toBe(
    '?zone=Europe/Paris&item=run:1:3&q=a+b%26c',
  )
})

test('what is not there is not written', () => {
  expect(stringifySearch({ run: undefined, state: null })).toBe('')
})

test.each(['3', 'true', 'null', '', '"', '"3"', '"\\"', '[1]', '{"a":1}', 'a+b', '100 %', 'é/:?#&=', '1e3'])(
  '%s is read as it was written',
  (text) => {
    expect(parseSearch(stringifySearch({ q: text }))).toEqual({ q: text })
  },
)

test('addresses as they once were, with quotes around what looks like a number, are read', () => {
  expect(parseSearch('?run=%223%22&tag=%22true%22&q=%22%5C%223%5C%22%22&page=2')).toEqual({
    run: '3',
    tag: 'true',
    q: '"3"',
    page: '2',
  })
  expect(plainAddress('/calendar/week?tag=%222026%22&zone=Europe%2FParis')).toBe(
    '/calendar/week?tag=2026&zone=Europe/Paris',
  )
  expect(plainAddress('/calendar/week')).toBe('/calendar/week')
})

test('a name that is there twice has both texts, and names of every object are nothing special', () => {
  expect(parseSearch('?tag=a&tag=b')).toEqual({ tag: ['a', 'b'] })
  expect(Object.entries(parseSearch('?__proto__=x&constructor=y'))).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})
