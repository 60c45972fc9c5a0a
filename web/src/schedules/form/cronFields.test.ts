// @vitest-environment node
import { expect, test } from 'vitest'
import { cronFields, errorRange, withCronField } from './cronFields.ts'

const labels = (text: string) => cronFields(text).map(({ label, value }) => `${label} ${value}`)

test('five words are minute to weekday, six begin with the second', () => {
  expect(labels('30 2 * * 1')).toEqual(['Minute 30', 'Hour 2', 'Day *', 'Month *', 'Weekday 1'])
  expect(labels('5 30 2 * * 1')[0]).toBe('Second 5')
  expect(labels('5 30 2 * * 1')).toHaveLength(6)
})

test('what is not written yet is an empty field, and a macro has none', () => {
  expect(labels('30 2')).toEqual(['Minute 30', 'Hour 2', 'Day ', 'Month ', 'Weekday '])
  expect(cronFields('@daily')).toEqual([])
})

test('changing one field keeps the others and fills what is missing', () => {
  expect(withCronField('30 2 * * 1', 1, '4')).toBe('30 4 * * 1')
  expect(withCronField('30', 4, 'mon - fri')).toBe('30 * * * mon-fri')
  expect(withCronField('30 2 * * 1', 4, '')).toBe('30 2 * * *')
})

test('an error is about the word that it is in, or about the end', () => {
  expect('30 25 * * *'.slice(...errorRange('30 25 * * *', 4))).toBe('25')
  expect('30 25 * * *'.slice(...errorRange('30 25 * * *', 5))).toBe('25')
  expect(errorRange('30 2', 5)).toEqual([4, 5])
})
