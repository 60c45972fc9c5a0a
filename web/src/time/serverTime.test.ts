// @vitest-environment node
import { expect, test } from 'vitest'
import { createServerTime } from './serverTime.ts'

const at = (time: string) => Date.parse(`2026-11-25T${time}Z`)
const header = (time: string) => new Date(at(time)).toUTCString()

test('a clock that is minutes wrong is put right by the date of an answer', () => {
  let browser = at('12:10:00.000')
  const time = createServerTime(() => browser)
  expect(time.now()).toBe(at('12:10:00.000'))

  browser = at('12:10:00.200')
  time.note(header('12:00:00'), at('12:10:00.000'))

  expect(Math.abs(time.now() - at('12:00:00.200'))).toBeLessThan(1_000)
})

test('a clock that is right to a second or two is left alone', () => {
  const time = createServerTime(() => at('12:00:01.500'))

  time.note(header('12:00:00'), at('12:00:01.400'))

  expect(time.now()).toBe(at('12:00:01.500'))
})

test.each([
  ['without a date', null, at('12:10:00.000')],
  ['a date that cannot be read', 'soon', at('12:10:00.000')],
  ['that was long on its way', header('12:00:00'), at('12:09:50.000')],
  ['from before the browser’s clock was set back', header('12:00:00'), at('12:20:00.000')],
])('an answer %s says nothing', (_, date, askedAt) => {
  const time = createServerTime(() => at('12:10:00.000'))

  time.note(date, askedAt)

  expect(time.now()).toBe(at('12:10:00.000'))
})

test('a clock that is put right is believed again', () => {
  let browser = at('12:10:00.000')
  const time = createServerTime(() => browser)
  time.note(header('12:00:00'), browser)

  browser = at('12:00:10.000')
  time.note(header('12:00:10'), browser)

  expect(time.now()).toBe(browser)
})
