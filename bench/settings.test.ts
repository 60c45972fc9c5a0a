import { expect, test } from 'vitest'
import { readSettings } from './settings.ts'

const defaults = { count: 10, sizes: [1_000, 10_000], against: ['plain', 'bullmq'], sweep: false }

test('what is not given stays as it is', () => {
  expect(readSettings(defaults, {})).toEqual(defaults)
})

test('an option is read as its default is: a number, a list, names, a flag', () => {
  expect(
    readSettings(defaults, { count: '5', sizes: '100000', against: 'bullmq', sweep: true, json: true }),
  ).toEqual({ count: 5, sizes: [100_000], against: ['bullmq'], sweep: true })
})

test.each([
  [{ count: 'many' }, '--count takes a whole number above zero: --count=10'],
  [{ count: '0' }, '--count takes a whole number above zero: --count=10'],
  [{ count: true }, '--count takes a whole number above zero: --count=10'],
  [{ sizes: '10,x' }, '--sizes takes whole numbers above zero: --sizes=1000,10000'],
  [{ against: 'plain,cron' }, '--against takes some of plain, bullmq: --against=plain,bullmq'],
  [{ sweep: '1' }, '--sweep takes no value.'],
])('%j is refused', (options, message) => {
  expect(() => readSettings(defaults, options)).toThrow(message)
})
