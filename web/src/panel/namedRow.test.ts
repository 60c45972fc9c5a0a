import { expect, test } from 'vitest'
import { namedRow } from './namedRow.ts'

test('an address names a row by its number; anything else is a row that does not exist', () => {
  expect(namedRow('12')).toBe('12')
  expect(['0', 'abc', '-1', '1.5', '9'.repeat(19), '', undefined].map(namedRow)).toEqual(Array(7).fill('0'))
})
