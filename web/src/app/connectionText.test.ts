// @vitest-environment node
import { expect, test } from 'vitest'
import { connectionText, dotText, isStale, isTold } from './connectionText.ts'

const at = Date.parse('2026-11-25T13:00:00Z')

test('what is shown looks old after 10 s, not before', () => {
  expect(isStale(null, at)).toBe(false)
  expect(isStale(at, at + 9_999)).toBe(false)
  expect(isStale(at, at + 10_000)).toBe(true)
})

test('a lost line is told once what is shown is old, a missing network at once', () => {
  const connection = { asOf: at, currentSince: 0 }

  expect(isTold({ ...connection, state: 'lost' }, at + 5_000)).toBe(false)
  expect(isTold({ ...connection, state: 'lost' }, at + 10_000)).toBe(true)
  expect(isTold({ ...connection, state: 'offline' }, at)).toBe(true)
  expect(isTold({ ...connection, state: 'live', asOf: null }, at)).toBe(false)
})

test('a page that has nothing to show says why at once', () => {
  expect(isTold({ state: 'failing', asOf: null, currentSince: 0 }, at)).toBe(true)
  expect(isTold({ state: 'connecting', asOf: null, currentSince: 0 }, at)).toBe(false)
})

test('each cause has its words', () => {
  const texts = (['offline', 'failing', 'lost', 'live'] as const).map(connectionText)

  expect(new Set(texts).size).toBe(4)
})

test('the dot says how long changes take where that is noticed', () => {
  expect(dotText('live', 0)).toBe('Live: changes show at once')
  expect(dotText('live', 10)).toBe('Live: changes take up to 10 seconds to show')
  expect(dotText('offline', 10)).toBe('Offline')
})
